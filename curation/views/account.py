"""One's own account: who one is here, where one is signed in, and a new password."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from curation.config.addresses import client_address
from curation.services.audit import audit_write
from curation.services.signin import session_end, session_note, sessions_end, sessions_of


def account(request: HttpRequest) -> HttpResponse:
    """Show the account; a POST changes the password and keeps this session, ending all others."""
    user: Any = request.user
    form = PasswordChangeForm(user, request.POST or None)
    # The sessions come first on the page: the cursor must not pull them out of view.
    form.fields["old_password"].widget.attrs.pop("autofocus", None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, form.user)
        sessions_end(user=user, except_key=request.session.session_key)
        session_note(
            user=user,
            session_key=request.session.session_key or "",
            address=client_address(request),
            browser=request.headers.get("User-Agent", ""),
        )
        audit_write(actor=user, action="user.password", object=user, request=request)
        messages.success(request, "Your password is changed. Other sessions of yours have ended.")
        return redirect("account")
    sessions = [(one, one.session_key == request.session.session_key) for one in sessions_of(user)]
    return render(request, "registration/account.html", {"form": form, "sessions": sessions})


def account_session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own sessions; another's is as if it were not there."""
    user: Any = request.user
    if session_end(user=user, session_id=pk):
        audit_write(actor=user, action="session.end", object=user, request=request)
        messages.success(request, "That session has ended.")
    return redirect("account")
