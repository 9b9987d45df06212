"""API tokens: made once, shown once, known afterwards by their hash only; counted as they are used."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from curation.errors import RushesError
from curation.models import ApiToken
from curation.services.audit import audit_write

SCOPES: dict[str, str] = {
    "read": "read what this login may see",
    "ingest": "ask for footage to be taken in",
    "export": "ask for exports",
}
PREFIX = "rushes_"
MOST_DAYS = 366
MOST_TOKENS = 50


class BadToken(RushesError):
    """A token that cannot be made as asked."""

    code = "bad_token"


@dataclass(frozen=True, slots=True)
class Used:
    """A token that holds, after counting this use; ``wait_s`` is not None where its minute is used up."""

    token: ApiToken
    wait_s: int | None


@transaction.atomic
def token_create(
    *, user: Any, name: str, scopes: Sequence[str], days: int, request: Any = None
) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret, which is nowhere else. Raises ``BadToken``."""
    name = " ".join(name.split())[:80]
    if not name:
        raise BadToken("name: say what the token is for, so that it can be told from others")
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise BadToken(f"scopes: choose among {', '.join(SCOPES)}")
    if not 1 <= days <= MOST_DAYS:
        raise BadToken(f"days: a token holds for 1 to {MOST_DAYS} days")
    if user.api_tokens.filter(revoked_at=None, expires_at__gt=timezone.now()).count() >= MOST_TOKENS:
        raise BadToken(f"there are {MOST_TOKENS} tokens that hold; revoke one that is not used")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        digest=_digest(secret),
        hint=secret[: len(PREFIX) + 6],
        scopes=[scope for scope in SCOPES if scope in scopes],
        expires_at=timezone.now() + timedelta(days=days),
    )
    audit_write(
        actor=user, action="token.create", object=token, detail={"scopes": token.scopes}, request=request
    )
    return token, secret


@transaction.atomic
def token_revoke(*, token: ApiToken, by: Any = None, request: Any = None) -> bool:
    """End a token at once. False if it had ended already."""
    changed = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    if changed:
        audit_write(actor=by, action="token.revoke", object=token, request=request)
    return bool(changed)


def token_use(*, secret: str) -> Used | None:
    """The token of this secret, its use counted; None if there is none that holds, or its login is switched off.

    Counting is one statement by the database's clock, so that all web processes share one limit.
    """
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE curation_apitoken t SET last_used_at = now(),
                used = CASE WHEN t.window_at > now() - interval '1 minute' THEN t.used + 1 ELSE 1 END,
                window_at = CASE WHEN t.window_at > now() - interval '1 minute' THEN t.window_at ELSE now() END
            FROM curation_user u
            WHERE t.digest = %s AND t.revoked_at IS NULL AND t.expires_at > now() AND u.id = t.user_id AND u.is_active
            RETURNING t.id, t.used, ceil(extract(epoch FROM t.window_at + interval '1 minute' - now()))::int
            """,
            [_digest(secret)],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    token = ApiToken.objects.select_related("user").get(pk=row[0])
    return Used(token, max(1, row[2]) if row[1] > settings.API_PER_MINUTE else None)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
