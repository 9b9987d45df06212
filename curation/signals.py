"""What signing in and out leaves behind: the list of sessions, and lines in the audit log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from curation.config.addresses import client_address
from curation.models import User, UserSession
from curation.services.audit import audit_write
from curation.services.signin import session_note


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    if request.session.session_key is None:
        request.session.save()
    session_note(
        user=user,
        session_key=request.session.session_key or "",
        address=client_address(request),
        browser=request.headers.get("User-Agent", ""),
    )
    audit_write(actor=user, action="session.begin", object=user, request=request)


@receiver(user_logged_out)
def signed_out(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        UserSession.objects.filter(session_key=request.session.session_key or "").delete()
        audit_write(actor=user, action="session.leave", object=user, request=request)


@receiver(user_login_failed)
def refused(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    # The name that was typed may be anything, a password even: only a login that exists is named, by its number.
    known = User.objects.filter(username=credentials.get("username", "")).first()
    audit_write(action="session.refuse", object=known, request=request)
