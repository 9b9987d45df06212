"""One's own API tokens."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from curation.api.site import document
from curation.errors import RushesError
from curation.models import ApiToken
from curation.services.tokens import SCOPES, token_create, token_revoke

DAYS = (7, 30, 90, 366)


def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens that hold; a POST makes another and shows its secret this once."""
    secret, problem, chosen, lasting = "", "", ["read"], 30
    if request.method == "POST":
        days, chosen = request.POST.get("days", ""), request.POST.getlist("scopes")
        lasting = int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0
        try:
            _, secret = token_create(
                user=request.user,
                name=request.POST.get("name", ""),
                scopes=chosen,
                days=lasting,
                request=request,
            )
            chosen, lasting = ["read"], 30
        except RushesError as error:
            problem = error.sentence
    own = ApiToken.objects.filter(user=request.user.pk, revoked_at=None, expires_at__gt=timezone.now())
    context = {
        "tokens": own.order_by("-id"),
        "secret": secret,
        "problem": problem,
        "scopes": SCOPES.items(),
        "days": DAYS,
        "typed": request.POST.get("name", "") if problem else "",
        "chosen": chosen,
        "lasting": lasting,
    }
    response = render(request, "registration/tokens.html", context, status=400 if problem else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def token_revoke_view(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own tokens; another's is as if it were not there."""
    token = get_object_or_404(ApiToken, pk=pk, user=request.user.pk)
    if token_revoke(token=token, by=request.user, request=request):
        messages.success(request, f"“{token.name}” does not hold any more.")
    return redirect("tokens")


def openapi(request: HttpRequest) -> HttpResponse:
    """The API described in OpenAPI's form."""
    return JsonResponse(document())
