"""Who may sign in, and invitations: for admins."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from curation.forms_signin import InviteForm
from curation.models import Invitation, User
from curation.services.invitations import invitation_make, invitation_revoke
from curation.services.users import user_active_set


def people(request: HttpRequest) -> HttpResponse:
    """Everybody with a login, and the open invitations; a POST makes an invitation and shows its link once."""
    by: Any = request.user
    form = InviteForm(request.POST or None)
    link = None
    if request.method == "POST" and form.is_valid():
        _, token = invitation_make(role=form.cleaned_data["role"], by=by)
        link = request.build_absolute_uri(reverse("invitation", args=[token]))
    response = render(
        request,
        "registration/people.html",
        {
            "form": form,
            "link": link,
            "people": User.objects.order_by("username")[:500],
            "invitations": Invitation.objects.filter(used_at=None, expires_at__gt=timezone.now())
            .select_related("made_by")
            .order_by("-made_at"),
        },
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def invitation_revoke_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    by: Any = request.user
    if invitation_revoke(invitation_id=pk, by=by):
        messages.success(request, "The invitation is taken back; its link works no more.")
    return redirect("people")


def person_active(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a login (its sessions end at once) or open it again; not one's own."""
    by: Any = request.user
    user = User.objects.filter(pk=pk).exclude(pk=by.pk).first()
    if user is not None:
        user_active_set(user=user, active=request.POST.get("active") == "yes", by=by)
        messages.success(
            request,
            f"{user.username} {'may sign in again' if user.is_active else 'is signed out and may not sign in'}.",
        )
    return redirect("people")
