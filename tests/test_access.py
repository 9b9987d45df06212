"""Who may do what, tried on every address of the site against the one table."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import get_converters

from curation.config.access import ACCESS, PUBLIC, roles_for
from curation.services.tokens import SCOPES, token_create
from tests import factories

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ROLES = ("annotator", "curator", "auditor", "admin")
_SAMPLES = {
    "int": 987654321,
    "slug": "no-such",
    "str": "no-such",
    "uuid": uuid.UUID(int=7),
    "path": "no/such",
}


def _routes(
    resolver: URLResolver, names: tuple[str, ...] = (), prefix: str = ""
) -> Iterator[tuple[str, str]]:
    """``(route name, an address that leads there)`` of every pattern."""
    for entry in resolver.url_patterns:
        pattern: Any = entry.pattern
        text = getattr(pattern, "_route", None)
        assert text is not None, (
            f"{entry} is a regular expression: write it with path() so that it can be tried"
        )
        for name, converter in pattern.converters.items():
            kind = next(
                k for k, v in get_converters().items() if v is converter or isinstance(converter, type(v))
            )
            value = converter.to_url(_SAMPLES[kind])
            text = text.replace(f"<{kind}:{name}>", value).replace(f"<{name}>", value)
        if isinstance(entry, URLResolver):
            namespace = (entry.namespace,) if entry.namespace else ()
            yield from _routes(entry, (*names, *namespace), prefix + text)
        else:
            assert isinstance(entry, URLPattern)
            yield ":".join([*names, entry.name or f"(nameless {prefix + text})"]), "/" + prefix + text


ROUTES = sorted(set(_routes(get_resolver())))


def test_every_route_has_its_line_in_the_table() -> None:
    missing = sorted({name for name, _ in ROUTES} - set(ACCESS))
    assert not missing, f"say in curation/config/access.py who may use: {', '.join(missing)}"


def test_the_table_holds_no_route_that_is_gone() -> None:
    gone = sorted(set(ACCESS) - {name for name, _ in ROUTES})
    assert not gone, f"no such route any more: {', '.join(gone)}"


def test_every_line_names_known_roles_and_methods() -> None:
    for route, methods in ACCESS.items():
        assert methods, f"{route} answers nothing"
        assert set(methods) <= set(METHODS) - {"HEAD"}, f"{route}: HEAD follows GET, others are not used"
        for roles in methods.values():
            assert roles is PUBLIC or (roles and roles <= set(ROLES)), f"{route}: {roles}"


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, *ROLES], ids=lambda role: role or "anonymous")
def test_every_route_method_and_role_meets_exactly_what_the_table_says(role: str | None) -> None:
    client = Client(raise_request_exception=False)
    headers = {}
    if role:
        client.force_login(user := factories.user(role))
        secret = token_create(user=user, name="all", scopes=list(SCOPES), days=1)[1]
        headers = {"authorization": f"Bearer {secret}"}
    wrong = []
    for name, address in ROUTES:
        for method in METHODS:
            roles = roles_for(name, method)
            response = client.generic(method, address, headers=headers if address.startswith("/api/") else {})
            if role and name == "logout" and method == "POST":
                client.force_login(factories.user(role))
            status, refused = response.status_code, getattr(response, "refused_by_table", False)
            if roles is PUBLIC:
                fits = not refused
            elif role is None and address.startswith("/api/"):
                fits = refused and status == 401
            elif role is None:
                fits = refused and status == 302 and response.headers["Location"].startswith("/login/?next=")
            elif roles is None:
                fits = refused and status == 405
            elif role == "admin" or role in roles:
                fits = not refused and status != 500
            else:
                fits = refused and status == 403
            if not fits:
                wrong.append(f"{method} {address} ({name}) as {role or 'anonymous'}: {status}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, "annotator"], ids=lambda role: role or "anonymous")
def test_fragments_and_scripts_are_refused_in_their_own_language(role: str | None) -> None:
    client = Client()
    if role:
        client.force_login(factories.user(role))
    staff = [(n, a) for n, a in ROUTES if not {"annotator", "public"} & (roles_for(n, "GET") or PUBLIC)]
    if not staff:
        pytest.skip("no page is closed to annotators yet")
    route, address = staff[0]
    as_json = client.get(address, headers={"accept": "application/json"})
    fragment = client.get(
        address, headers={"hx-request": "true", "hx-current-url": "http://testserver/corpora/"}
    )
    video = client.get(address, headers={"sec-fetch-dest": "video"})
    expected = 403 if role else 401
    assert {as_json.status_code, fragment.status_code, video.status_code} == {expected}, route
    assert as_json.json()["error"] == ("wrong_role" if role else "not_signed_in")
    if role is None:
        assert fragment.headers["HX-Redirect"] == "/login/?next=%2Fcorpora%2F"
        assert "Location" not in video.headers


@pytest.mark.django_db
def test_signing_in_returns_to_where_one_was_going() -> None:
    made = factories.user("curator")
    client = Client()
    response = client.get("/account/")
    assert response.headers["Location"] == "/login/?next=%2Faccount%2F"
    signed_in = client.post(
        "/login/", {"username": made.username, "password": factories.PASSWORD, "next": "/account/"}
    )
    assert signed_in.headers["Location"] == "/account/"


@pytest.mark.django_db
def test_signing_in_never_leads_to_another_site() -> None:
    made = factories.user("curator")
    response = Client().post(
        "/login/",
        {"username": made.username, "password": factories.PASSWORD, "next": "https://elsewhere.example/"},
    )
    assert response.headers["Location"] == "/"
