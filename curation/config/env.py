"""Typed readers of the environment.

Every reader names the variable, says what was wrong with its value and how to mend it. An empty value counts as
absent, since that is what `VAR= command` and most service managers produce.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_POSTGRES_SCHEMES = frozenset({"postgres", "postgresql"})


class EnvironmentProblem(ImproperlyConfigured):
    """A variable is absent or unusable: which one, what was wrong, and the mend."""

    def __init__(self, name: str, problem: str, mend: str) -> None:
        self.name = name
        self.problem = problem
        self.mend = mend
        super().__init__(f"{name} {problem}. {mend}")


class Environment:
    """Reads typed settings out of a mapping, the process's environment by default."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables: Mapping[str, str] = os.environ if variables is None else variables

    def text(self, name: str, default: str = "") -> str:
        value = self._variables.get(name, "").strip()
        return value or default

    def required(self, name: str, mend: str) -> str:
        value = self.text(name)
        if not value:
            raise EnvironmentProblem(name, "is not set", mend)
        return value

    def boolean(self, name: str, default: bool) -> bool:
        value = self.text(name).lower()
        if not value:
            return default
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
        raise EnvironmentProblem(name, f"is {value!r}, which is neither yes nor no", "Set it to 1 or 0.")

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        value = self.text(name)
        if not value:
            return default
        try:
            number = int(value)
        except ValueError:
            number = None
        if number is None or not least <= number <= most:
            raise EnvironmentProblem(
                name, f"is {value!r}", f"Set it to a whole number from {least} to {most}, or leave it out."
            )
        return number

    def choice(self, name: str, default: str, allowed: Collection[str]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise EnvironmentProblem(name, f"is {value!r}", f"Set it to one of: {', '.join(allowed)}.")
        return value

    def words(self, name: str, default: list[str] | None = None) -> list[str]:
        """A list written with commas."""
        value = self.text(name)
        if not value:
            return list(default or [])
        return [word.strip() for word in value.split(",") if word.strip()]

    def folder(self, name: str, default: Path) -> Path:
        """An absolute folder; whether it exists is for the system checks to say."""
        value = self.text(name)
        if not value:
            return default
        path = Path(value).expanduser()
        if not path.is_absolute():
            raise EnvironmentProblem(
                name, f"is {value!r}, a relative path", "Give the whole path, from / on."
            )
        return path

    def folders(self, name: str) -> list[Path]:
        """Absolute folders written with colons, as in PATH."""
        paths = [Path(part).expanduser() for part in self.text(name).split(os.pathsep) if part]
        for path in paths:
            if not path.is_absolute():
                raise EnvironmentProblem(
                    name, f"holds {str(path)!r}, a relative path", "Give whole paths, from / on."
                )
        return paths

    def database(self, name: str) -> dict[str, Any] | None:
        """`postgresql://user:password@host:port/name?sslmode=require` as Django's connection settings.

        `?host=/folder` names a unix socket. None where the variable is absent.
        """
        value = self.text(name)
        return None if not value else database_settings(name, value)


def database_settings(name: str, address: str) -> dict[str, Any]:
    """Django's settings for one PostgreSQL address; `name` is the variable to blame."""
    shape = "Write it as postgresql://user:password@host:5432/name."
    parts = urlsplit(address)
    if parts.scheme not in _POSTGRES_SCHEMES:
        raise EnvironmentProblem(
            name, f"begins with {parts.scheme or 'nothing'!r}: only PostgreSQL is supported", shape
        )
    try:
        port = parts.port
    except ValueError as error:
        raise EnvironmentProblem(name, "has a port that is no number", shape) from error
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    host = options.pop("host", "") or parts.hostname or ""
    database = unquote(parts.path.lstrip("/"))
    if not database:
        raise EnvironmentProblem(name, "names no database", shape)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database,
        "USER": unquote(options.pop("user", "") or parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host),
        "PORT": str(options.pop("port", "") or port or ""),
        "OPTIONS": options,
    }
