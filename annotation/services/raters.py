"""Raters: the pseudonym that a login judges under."""

from __future__ import annotations

import secrets

from django.db import IntegrityError, transaction

from annotation.models import Rater, RaterIdentity
from curation.models import User
from curation.prepared import objects_of

# Written out: every request of the review page asks it.
_BEHIND = """
SELECT r.id, r.pseudonym, r.languages, r.created_at
FROM annotation_rater r JOIN annotation_rateridentity i ON i.rater_id = r.id WHERE i.user_id = %s
"""


def rater_for_user(*, user: User) -> Rater:
    """The rater behind a login, made on first use. Two requests at once get the same one."""
    for found in objects_of(Rater, _BEHIND, [user.pk]):
        return found
    try:
        with transaction.atomic():
            rater = Rater.objects.create(pseudonym=_pseudonym())
            RaterIdentity.objects.create(rater=rater, user=user)
            return rater
    except IntegrityError:
        return Rater.objects.get(identity__user=user)


def _pseudonym() -> str:
    """Says nothing of the person: neither name, order nor time of joining."""
    return f"rater-{secrets.token_hex(4)}"
