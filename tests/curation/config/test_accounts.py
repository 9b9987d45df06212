"""The session and the user behind each request are what Django's own reading finds, and nothing where that finds nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from curation.config.sessions import SessionStore
from curation.models import User
from tests import factories

pytestmark = pytest.mark.django_db


def behind(session: SessionStore) -> object:
    request = HttpRequest()
    request.session = session
    return get_user(request)


@pytest.fixture
def signed_in() -> tuple[User, str]:
    user, client = factories.user("curator"), Client()
    client.force_login(user)
    return user, client.cookies[settings.SESSION_COOKIE_NAME].value


def test_a_session_finds_its_user_whole(signed_in: tuple[User, str]) -> None:
    user, key = signed_in
    found = behind(SessionStore(key))
    assert found == user and not found.get_deferred_fields()  # type: ignore[attr-defined]
    assert {name: getattr(found, name) for name in ("username", "role", "password", "email")} == {
        name: getattr(user, name) for name in ("username", "role", "password", "email")
    }


def test_a_session_that_ran_out_or_was_ended_finds_nobody(signed_in: tuple[User, str]) -> None:
    _, key = signed_in
    Session.objects.filter(pk=key).update(expire_date=timezone.now() - dt.timedelta(seconds=1))
    assert behind(SessionStore(key)).is_anonymous  # type: ignore[attr-defined]
    Session.objects.filter(pk=key).delete()
    assert behind(SessionStore(key)).is_anonymous  # type: ignore[attr-defined]


def test_a_login_that_was_closed_or_has_another_password_is_nobody(signed_in: tuple[User, str]) -> None:
    user, key = signed_in
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert behind(SessionStore(key)).is_anonymous  # type: ignore[attr-defined]
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert not behind(SessionStore(key)).is_anonymous  # type: ignore[attr-defined]
    User.objects.filter(pk=user.pk).update(password="another")
    assert behind(SessionStore(key)).is_anonymous  # type: ignore[attr-defined]


@pytest.mark.parametrize("key", ["", "nobody's", "with\0in it", "'; DROP TABLE django_session; --" * 3])
def test_a_key_that_nobody_was_given_is_an_empty_session_and_no_error(key: str) -> None:
    session = SessionStore(key)
    assert behind(session).is_anonymous and session.is_empty()  # type: ignore[attr-defined]


def test_a_cookie_with_a_made_up_key_gets_the_sign_in_page() -> None:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "made\0up"
    assert client.get("/").status_code == 302
