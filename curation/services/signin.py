"""Signing in: guesses are slowed by account and by address, sessions are listed and ended.

Counting happens in PostgreSQL, so that every process of every machine sees the same attempts. An attempt is written
down before the password is looked at: of any number of requests at once, no more than the limit get that far.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

from curation.errors import RushesError
from curation.models import SignInAttempt, User, UserSession

WINDOW = timedelta(minutes=15)
# Failures in a window: of an account from one address, of an account from anywhere, of an address.
LIMITS = {"pair": 5, "account": 20, "address": 50}
_KEPT = timedelta(days=1)


class TooManyAttempts(RushesError):
    """Too many failures lately; ``wait_s`` is when the next attempt is looked at."""

    code = "too_many_attempts"

    def __init__(self, wait_s: int) -> None:
        self.wait_s = wait_s
        minutes = max(1, math.ceil(wait_s / 60))
        super().__init__(
            f"Too many attempts have failed. Wait {minutes} minute{'s' if minutes > 1 else ''}, then try again; "
            "an admin can give you a new password meanwhile."
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt under way: its rows, and the keys of its account."""

    rows: tuple[int, ...]
    account_keys: tuple[str, ...]


def attempt_begin(*, account: str, address: str | None) -> Attempt:
    """Note an attempt before it is made. Raises ``TooManyAttempts``; then it does not count itself."""
    keys = _keys(account, address)
    made = SignInAttempt.objects.bulk_create([SignInAttempt(key=key) for key in keys.values()])
    rows = tuple(row.pk for row in made)
    wait_s = max(_wait(key, LIMITS[kind]) for kind, key in keys.items())
    if wait_s > 0:
        SignInAttempt.objects.filter(pk__in=rows).delete()
        raise TooManyAttempts(wait_s)
    SignInAttempt.objects.filter(at__lt=Now() - _KEPT).delete()
    return Attempt(rows, (keys["pair"], keys["account"]))


def attempt_succeed(*, attempt: Attempt) -> None:
    """The right password forgets the failures of its account, and this attempt; other failures of the address stay."""
    SignInAttempt.objects.filter(key__in=attempt.account_keys).delete()
    SignInAttempt.objects.filter(pk__in=attempt.rows).delete()


def _keys(account: str, address: str | None) -> dict[str, str]:
    name, where = account.strip().casefold(), address or "unknown"

    def key(*parts: str) -> str:
        return salted_hmac("curation.signin", "\0".join(parts), algorithm="sha256").hexdigest()

    return {
        "pair": key("pair", name, where),
        "account": key("account", name),
        "address": key("address", where),
    }


def _wait(key: str, limit: int) -> int:
    """Seconds until fewer than ``limit`` other failures lie in the window; 0 where that is so now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT extract(epoch FROM at + make_interval(secs => %s) - now()) FROM curation_signinattempt
            WHERE key = %s AND at > now() - make_interval(secs => %s) ORDER BY at DESC OFFSET %s LIMIT 1
            """,
            [WINDOW.total_seconds(), key, WINDOW.total_seconds(), limit],
        )
        row = cursor.fetchone()
    return 0 if row is None else max(1, math.ceil(row[0]))


@transaction.atomic
def session_note(*, user: User, session_key: str, address: str | None, browser: str) -> UserSession:
    """Remember where a login is signed in; forget sessions of it that have ended by themselves."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    UserSession.objects.filter(user=user).exclude(session_key__in=live).exclude(
        session_key=session_key
    ).delete()
    noted, _ = UserSession.objects.update_or_create(
        session_key=session_key,
        defaults={"user": user, "address": address, "browser": browser[:200]},
    )
    return noted


@transaction.atomic
def session_end(*, user: User, session_id: int) -> bool:
    """End one session of ``user``; False if there is no such session of theirs."""
    found = UserSession.objects.filter(user=user, pk=session_id).first()
    if found is None:
        return False
    Session.objects.filter(session_key=found.session_key).delete()
    found.delete()
    return True


@transaction.atomic
def sessions_end(*, user: User, except_key: str | None = None) -> int:
    """End every session of ``user`` but one. Returns how many were ended."""
    keys = list(
        UserSession.objects.filter(user=user)
        .exclude(session_key=except_key)
        .values_list("session_key", flat=True)
    )
    ended, _ = Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    return ended


def sessions_of(user: User) -> list[UserSession]:
    """The live sessions of ``user``, the newest first."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return list(UserSession.objects.filter(user=user, session_key__in=live).order_by("-began_at"))
