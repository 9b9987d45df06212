"""One login per role for the demo, with random passwords that stay the same from start to start."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from curation.models import Role, User
from curation.services.users import password_random, user_create, user_password_set


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """`password` is None where its owner has changed it since."""

    role: str
    password: str | None


def demo_logins(file: Path) -> list[DemoLogin]:
    """The demo's logins, made where they are missing; the passwords are kept in `file`, readable by its owner only."""
    known = _read(file)
    logins: list[DemoLogin] = []
    for role in Role.values:
        user = User.objects.filter(username=role).first()
        password: str | None = known.get(role)
        if user is None:
            password = password or password_random()
            user_create(username=role, role=role, password=password)
        elif password is None:
            # The file is gone, so nobody knows it.
            password = password_random()
            user_password_set(username=role, password=password)
        elif not user.check_password(password):
            password = None
        logins.append(DemoLogin(role, password))
    kept = {**known, **{login.role: login.password for login in logins if login.password}}
    if kept != known:
        _write(file, kept)
    return logins


def _read(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split() for line in lines if line.strip() and not line.startswith("#"))
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def _write(file: Path, passwords: dict[str, str]) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write("# Logins of the demo, name and password\n")
        out.writelines(f"{role} {password}\n" for role, password in passwords.items())
    temporary.replace(file)
