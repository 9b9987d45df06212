"""A command that has nothing to list says so, and what makes the first; one that did something says what."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("queue", "list"), "manage.py queue create"),
        (("certificate", "list"), "manage.py certificate plan"),
        (("user", "list"), "manage.py user add"),
        (("withdraw", "list", "--corpus", "evening"), "Nothing was withdrawn from evening."),
    ],
)
def test_nothing_yet(command: tuple[str, ...], told: str) -> None:
    factories.corpus(slug="evening")
    out = StringIO()
    call_command(*command, stdout=out)
    assert told in out.getvalue()


def test_a_login_is_closed_and_opened() -> None:
    user, out = factories.user("annotator", username="nadia"), StringIO()
    for word, told in (("close", "nadia is signed out everywhere"), ("open", "nadia may sign in again")):
        call_command("user", word, "nadia", stdout=out)
        user.refresh_from_db()
        assert told in out.getvalue() and user.is_active == (word == "open")
