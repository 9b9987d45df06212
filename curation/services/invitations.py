"""Invitations: an admin chooses the role, the invited person the name and the password, by a link that works once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from curation.errors import RushesError
from curation.models import Invitation, Role, User
from curation.services.audit import audit_write
from curation.services.users import BadLogin, user_create

LASTS = timedelta(days=7)


class InvitationGone(RushesError):
    """The link was used, taken back, has run out, or never was one."""

    code = "invitation_gone"


@transaction.atomic
def invitation_make(*, role: str, by: User | None = None) -> tuple[Invitation, str]:
    """An invitation and the token of its link, which is shown once and kept nowhere. Raises ``BadLogin``."""
    if role not in Role.values:
        raise BadLogin(f"{role!r} is no role; there are {', '.join(Role.values)}")
    token = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        token_sha256=_digest(token), role=role, made_by=by, expires_at=timezone.now() + LASTS
    )
    audit_write(actor=by, action="invitation.make", object=made, detail={"role": role})
    return made, token


def invitation_find(*, token: str, lock: bool = False) -> Invitation:
    """The open invitation behind a link. Raises ``InvitationGone``."""
    rows = Invitation.objects.select_for_update() if lock else Invitation.objects
    found = rows.filter(token_sha256=_digest(token), used_at=None, expires_at__gt=timezone.now()).first()
    if found is None:
        raise InvitationGone("This invitation was used, taken back or has run out. Ask an admin for another.")
    return found


@transaction.atomic
def invitation_take(*, token: str, username: str, password: str) -> User:
    """Make the login. Of two at once, one gets it. Raises ``InvitationGone`` or ``BadLogin``."""
    found = invitation_find(token=token, lock=True)
    user = user_create(username=username, role=found.role, password=password)
    Invitation.objects.filter(pk=found.pk).update(used_at=timezone.now(), used_by=user)
    audit_write(actor=user, action="invitation.take", object=found, detail={"role": found.role})
    return user


@transaction.atomic
def invitation_revoke(*, invitation_id: int, by: User | None = None) -> bool:
    """Take an open invitation back; False if it is not open."""
    found = Invitation.objects.filter(pk=invitation_id, used_at=None).first()
    if found is None:
        return False
    audit_write(actor=by, action="invitation.revoke", object=found, detail={"role": found.role})
    found.delete()
    return True


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
