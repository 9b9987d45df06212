"""A wrong variable is named, with what is wrong and the mend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curation.config.env import Environment, EnvironmentProblem
from curation.config.modes import production_refusals, session_secret

READERS: list[tuple[Callable[[Environment], Any], str]] = [
    (lambda env: env.boolean("NAME", default=False), "perhaps"),
    (lambda env: env.integer("NAME", 1, least=1, most=9), "ten"),
    (lambda env: env.integer("NAME", 1, least=1, most=9), "10"),
    (lambda env: env.choice("NAME", "a", ("a", "b")), "c"),
    (lambda env: env.folder("NAME", Path("/var")), "relative/folder"),
    (lambda env: env.folders("NAME"), "/fine:relative"),
    (lambda env: env.database("NAME"), "mysql://user@host/name"),
    (lambda env: env.database("NAME"), "postgresql://user@host:port/name"),
    (lambda env: env.database("NAME"), "postgresql://user@host"),
]


@pytest.mark.parametrize(("read", "value"), READERS)
def test_a_wrong_value_names_the_variable_and_the_mend(
    read: Callable[[Environment], Any], value: str
) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        read(Environment({"NAME": value}))
    assert caught.value.name == "NAME"
    assert str(caught.value).startswith("NAME ")
    assert caught.value.mend


def test_an_empty_value_counts_as_absent() -> None:
    env = Environment({"NAME": " "})
    assert env.boolean("NAME", default=True) is True
    assert env.integer("NAME", 3, least=1, most=9) == 3
    assert env.words("NAME", ["x"]) == ["x"]
    assert env.database("NAME") is None


def test_values_are_read_as_typed() -> None:
    env = Environment({"YES": "On", "N": "7", "LIST": "a, b,", "FOLDERS": "/a:/b"})
    assert env.boolean("YES", default=False) is True
    assert env.integer("N", 1, least=1, most=9) == 7
    assert env.words("LIST") == ["a", "b"]
    assert env.folders("FOLDERS") == [Path("/a"), Path("/b")]


def test_a_database_address_with_escaped_password_and_options() -> None:
    env = Environment({"DB": "postgresql://app:p%40ss%2Fword@db.example:6432/rushes?sslmode=require"})
    found = env.database("DB")
    assert found is not None
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "app",
        "p@ss/word",
        "db.example",
        "6432",
        "rushes",
    )
    assert found["OPTIONS"] == {"sslmode": "require"}


def test_a_database_address_with_a_socket() -> None:
    found = Environment({"DB": "postgresql://app@/rushes?host=/run/postgresql"}).database("DB")
    assert found is not None
    assert found["HOST"] == "/run/postgresql"


PRODUCTION = {
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "rushes.example",
    "DATABASE_URL": "postgresql://a@b/c",
    "CELERY_BROKER_URL": "redis://b",
}


def test_production_starts_with_everything_given() -> None:
    production_refusals(Environment(PRODUCTION), mode="production", debug=False)


@pytest.mark.parametrize("missing", sorted(PRODUCTION))
def test_production_refuses_to_start_without(missing: str) -> None:
    given = {name: value for name, value in PRODUCTION.items() if name != missing}
    with pytest.raises(EnvironmentProblem, match=f"^{missing} is not set"):
        production_refusals(Environment(given), mode="production", debug=False)


def test_production_refuses_debug_and_a_short_key() -> None:
    with pytest.raises(EnvironmentProblem, match=r"^DEBUG is on in production"):
        production_refusals(Environment(PRODUCTION), mode="production", debug=True)
    with pytest.raises(EnvironmentProblem, match=r"^SECRET_KEY is shorter"):
        production_refusals(
            Environment({**PRODUCTION, "SECRET_KEY": "short"}), mode="production", debug=False
        )


def test_elsewhere_nothing_is_demanded() -> None:
    production_refusals(Environment({}), mode="development", debug=True)


def test_the_secret_of_a_folder_is_made_once_and_private(tmp_path: Path) -> None:
    first = session_secret(tmp_path / "var")
    assert len(first) >= 64
    assert session_secret(tmp_path / "var") == first
    assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o077 == 0
    assert session_secret(tmp_path / "other") != first
