"""Logins: made by an admin or on the command line, never by the visitor."""

from __future__ import annotations

import secrets

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from curation.errors import RushesError
from curation.models import Role, User
from curation.services.audit import audit_write
from curation.services.signin import sessions_end

# No letter or figure that could be taken for another when read from a screen or a slip of paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class BadLogin(RushesError):
    """The name is taken or unusable, the role unknown, or the password too weak."""


def password_random(*, groups: int = 4, letters: int = 4) -> str:
    """A random password such as `k7pm-x3qd-v9ta-h2we`: 79 bits, easy to type."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(letters)) for _ in range(groups))


@transaction.atomic
def user_create(*, username: str, role: str, password: str) -> User:
    """A new login. Raises BadLogin."""
    if role not in Role.values:
        raise BadLogin(f"{role!r} is no role; there are {', '.join(Role.values)}")
    user = User(username=username, role=role)
    longest = User._meta.get_field("username").max_length or 0
    if len(username) > longest:
        raise BadLogin(f"a login has at most {longest} characters, not {len(username)}")
    try:
        User.username_validator(username)
        validate_password(password, user)
    except ValidationError as error:
        raise BadLogin(" ".join(error.messages)) from error
    if User.objects.filter(username__iexact=username).exists():
        raise BadLogin(f"there is a login called {username!r} already")
    user.set_password(password)
    user.save()
    return user


@transaction.atomic
def user_password_set(*, username: str, password: str) -> User:
    """Another password for a login. Raises BadLogin."""
    user = User.objects.select_for_update().filter(username=username).first()
    if user is None:
        raise BadLogin(f"there is no login called {username!r}")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadLogin(" ".join(error.messages)) from error
    user.set_password(password)
    user.save(update_fields=["password"])
    return user


@transaction.atomic
def user_active_set(*, user: User, active: bool, by: User | None = None) -> None:
    """Open a login, or close it: its sessions end at once."""
    user.is_active = active
    user.save(update_fields=["is_active"])
    if not active:
        sessions_end(user=user)
    audit_write(actor=by, action="user.open" if active else "user.close", object=user)
