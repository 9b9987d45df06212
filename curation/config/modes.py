"""The ways Rushes runs, and what production refuses."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from curation.config.env import Environment, EnvironmentProblem

MODES = ("development", "demo", "test", "production")
_SHORTEST_KEY = 32


def production_refusals(env: Environment, *, mode: str, debug: bool) -> None:
    """Raise EnvironmentProblem for the first thing that would make production unsafe."""
    if mode != "production":
        return
    if debug:
        raise EnvironmentProblem(
            "DEBUG",
            "is on in production, which would show settings to visitors",
            "Remove it, or set it to 0.",
        )
    new_key = "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(64))'"
    key = env.required("SECRET_KEY", f"Production does not start without one. {new_key}")
    if len(key) < _SHORTEST_KEY:
        raise EnvironmentProblem("SECRET_KEY", f"is shorter than {_SHORTEST_KEY} characters", new_key)
    env.required("ALLOWED_HOSTS", "Name the hosts that this site answers to, with commas between them.")
    env.required(
        "DATABASE_URL",
        "Production uses its own PostgreSQL: postgresql://rushes_app:password@host:5432/rushes.",
    )
    env.required("CELERY_BROKER_URL", "Production uses its own broker: redis://host:6379/0 or amqp://….")


def session_secret(var: Path) -> str:
    """The key of this folder, made once; only its owner can read it. Sessions survive a restart."""
    path = var / "secret-key"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    except PermissionError:
        # Another user's folder: what opens it says so with the mend. Nothing is signed across restarts meanwhile.
        return secrets.token_urlsafe(64)
    try:
        var.mkdir(parents=True, exist_ok=True)
        temporary = var / f".secret-key.{os.getpid()}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64))
    except OSError:
        return secrets.token_urlsafe(64)
    try:
        # Linking fails where another process was first, and then its key is the one.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_text(encoding="ascii").strip()
