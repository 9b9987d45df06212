"""Erasing a person: who they were goes, what they judged stays under the pseudonym, and the audit chain stays whole."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from annotation.models import Draft, JudgmentNote, Rater, RaterIdentity, Report
from curation.errors import RushesError
from curation.models import AuditEvent, AuditOrigin, User, UserSession
from curation.services.audit import audit_write
from curation.services.signin import sessions_end


class NobodyToErase(RushesError):
    """No such pseudonym, or it has been erased already."""

    code = "nobody_to_erase"


@dataclass(frozen=True, slots=True)
class Erased:
    """What erasing came to: judgments kept, and how many notes, drafts and addresses are gone."""

    pseudonym: str
    judgments: int
    notes: int
    drafts: int
    addresses: int


@transaction.atomic
def rater_erase(*, pseudonym: str = "", username: str = "", by: User | None = None) -> Erased:
    """Forget who is behind a pseudonym, or what pseudonym a login had. Raises ``NobodyToErase``.

    Gone: the login's name, address, mail and password, its sessions, the addresses in the audit log, free text beside
    judgments and in reports, drafts. Kept: judgments and audit events, under a pseudonym and a number that lead to nobody.
    """
    found = RaterIdentity.objects.select_for_update().select_related("user", "rater")
    identity = (
        found.filter(rater__pseudonym=pseudonym).first()
        if pseudonym
        else found.filter(user__username=username).first()
    )
    if identity is None:
        raise NobodyToErase(
            f"nobody is known behind {(pseudonym or username)!r}: it is no such name, or it was erased before"
        )
    rater, user = identity.rater, identity.user
    notes, _ = JudgmentNote.objects.filter(judgment__rater=rater).delete()
    drafts, _ = Draft.objects.filter(rater=rater).delete()
    Report.objects.filter(rater=rater).exclude(note="").update(note="")
    Rater.objects.filter(pk=rater.pk).update(languages=[])
    identity.delete()
    addresses = login_erase(user=user)
    audit_write(actor=by, action="rater.erase", object=rater)
    return Erased(rater.pseudonym, rater.judgments.count(), notes, drafts, addresses)


@transaction.atomic
def login_erase(*, user: User) -> int:
    """Make a login nobody's; it keeps its number, so that events and settings still have an author. Returns how many
    addresses were erased."""
    sessions_end(user=user)
    UserSession.objects.filter(user=user).delete()
    own = AuditEvent.objects.filter(actor_id=user.pk).values("pk")
    about = AuditEvent.objects.filter(object_type="user", object_id=str(user.pk)).values("pk")
    addresses, _ = AuditOrigin.objects.filter(event_id__in=own.union(about)).delete()
    user.username = f"erased-{user.pk}"
    user.first_name = user.last_name = user.email = ""
    user.is_active = False
    user.last_login = None
    user.set_unusable_password()
    user.save()
    return addresses
