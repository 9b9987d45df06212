"""The demo's logins: one a role, random, the same from start to start."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth import authenticate

from curation.demologins import demo_logins
from curation.models import Role, User
from curation.services.users import BadLogin, password_random, user_create, user_password_set

pytestmark = pytest.mark.django_db


def test_every_role_can_sign_in_with_what_is_printed(tmp_path: Path) -> None:
    logins = demo_logins(tmp_path / "logins.txt")
    assert [login.role for login in logins] == list(Role.values)
    for login in logins:
        user = authenticate(username=login.role, password=login.password)
        assert isinstance(user, User)
        assert user.role == login.role
        assert not user.is_superuser
    assert len({login.password for login in logins}) == len(logins)


def test_a_second_start_prints_the_same(tmp_path: Path) -> None:
    file = tmp_path / "logins.txt"
    assert demo_logins(file) == demo_logins(file)
    assert file.stat().st_mode & 0o077 == 0


def test_a_password_that_was_changed_is_neither_printed_nor_undone(tmp_path: Path) -> None:
    file = tmp_path / "logins.txt"
    demo_logins(file)
    user_password_set(username="curator", password="my own long words")
    told = {login.role: login.password for login in demo_logins(file)}
    assert told["curator"] is None
    assert authenticate(username="curator", password="my own long words")


def test_lost_passwords_are_made_anew(tmp_path: Path) -> None:
    before = demo_logins(tmp_path / "logins.txt")
    (tmp_path / "logins.txt").unlink()
    after = demo_logins(tmp_path / "logins.txt")
    assert before != after
    assert authenticate(username="admin", password=after[-1].password)


def test_a_login_needs_a_role_a_free_name_and_a_strong_password() -> None:
    password = password_random()
    user_create(username="ada", role="curator", password=password)
    with pytest.raises(BadLogin, match="there is a login called 'ADA' already"):
        user_create(username="ADA", role="curator", password=password)
    with pytest.raises(BadLogin, match="no role"):
        user_create(username="bob", role="superuser", password=password)
    with pytest.raises(BadLogin, match="too short"):
        user_create(username="bob", role="curator", password="short")
    with pytest.raises(BadLogin, match="no login"):
        user_password_set(username="nobody", password=password)
