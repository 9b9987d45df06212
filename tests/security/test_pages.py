"""Every page: user text comes out escaped, headers are strict, filters walk nowhere, posts need the token."""

from __future__ import annotations

import re
import socket
import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import NoReverseMatch, reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.config.access import ACCESS, PUBLIC
from curation.models import Clip, Person, Source, User
from curation.services.audit import audit_write
from curation.services.subsets import subset_freeze
from curation.storage import stored
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db
OPEN = ("login", "healthz", "readyz", "metrics", "api", "openapi.json")
HARM = """"><script>alert('x')</script><img src=x onerror=alert(1)>{{7*7}}"""


@pytest.fixture
def world(settings: Any, tmp_path: Path) -> factories.World:
    """A corpus in which everything that a person or a file can name is named so as to do harm."""
    settings.STORAGE = str(tmp_path)
    made = factories.world(name=HARM)
    Source.objects.update(name=f"{HARM}.mp4", language=HARM[:16], category=HARM[:40], failure=HARM)
    person = Person.objects.create(corpus=made.corpus, label=HARM[:60])
    Clip.objects.filter(pk=made.sft[0].pk).update(person=person)
    subset_freeze(corpus=made.corpus, name=HARM, tiers=["sft"], validated_only=False)
    queue = rooms.verify_queue(made)
    type(queue).objects.filter(pk=queue.pk).update(name=HARM)
    audit_write(action="thing.do", detail={HARM: HARM})
    User.objects.filter(pk=factories.user("curator").pk).update(username=HARM)
    return made


def addresses(corpus: Any) -> list[str]:
    """Every GET address that can be made of what there is."""
    numbers = sorted(
        {pk for model in (Clip, Source, Person) for pk in model.objects.values_list("pk", flat=True)} | {1}
    )
    found = []
    for route, methods in ACCESS.items():
        if "GET" not in methods or route == "logout":
            continue
        tries: list[dict[str, Any]] = [{}, {"corpus": corpus.slug}]
        for number in numbers:
            tries += [{name: number} for name in ("pk", "number", "queue", "item", "id")]
            tries += [{"corpus": corpus.slug, "number": number}, {"corpus": corpus.slug, "pk": number}]
        for kwargs in tries:
            try:
                found.append(reverse(route, kwargs=kwargs))
            except NoReverseMatch:
                continue
    return sorted(set(found))


def body(response: Any) -> str:
    data = b"".join(response.streaming_content) if response.streaming else response.content
    return data.decode("utf-8", "replace")


def test_text_of_others_is_never_markup_and_every_answer_is_locked_down(world: factories.World) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(factories.user("admin"))
    shown = pages = 0
    for address in addresses(world.corpus):
        response = client.get(address)
        assert response.status_code != 500, address
        assert response.headers["X-Content-Type-Options"] == "nosniff", address
        assert response.headers["X-Frame-Options"] == "DENY", address
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe-eval" not in policy and "object-src 'none'" in policy, address
        assert "'unsafe-inline'" not in policy.split("script-src", 1)[1].split(";", 1)[0], address
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            continue
        text = body(response)
        pages += 1
        shown += "&lt;script&gt;alert" in text
        assert "<script>alert" not in text and "<img src=x" not in text, address
        assert "{{7*7}}" in text or "49" not in re.findall(r"&gt;(\d+)", text), address
    assert pages > 15 and shown > 5, (pages, shown)


def test_filters_lead_nowhere_but_where_they_are_meant_to(world: factories.World) -> None:
    """Names of fields, look-ups and joins in an address change nothing and leak nothing."""
    curator = factories.user("curator")
    client = Client(raise_request_exception=False)
    client.force_login(curator)
    attempts = {
        "user__password__startswith": "md5",
        "judgments__rater__identity__user__password__contains": "a",
        "order_by": "password",
        "sort": "source__corpus__created_by__password",
        "fields": "password",
        "_connector": "OR 1=1 --",
        "q": "') OR 1=1 --",
    }
    for address in addresses(world.corpus):
        plain = client.get(address)
        response = client.get(address, attempts)
        assert response.status_code < 500, address
        assert plain.status_code < 500, address
        text = body(response)
        assert curator.password not in text and "md5$" not in text, address


def test_every_post_without_the_token_is_refused(world: factories.World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.user("admin"))
    tried = 0
    for route, methods in ACCESS.items():
        for method in set(methods) - {"GET"}:
            for kwargs in (
                {},
                {"corpus": "a"},
                {"pk": 1},
                {"corpus": "a", "number": 1},
                {"token": "a"},
                {"item": 1},
            ):
                try:
                    address = reverse(route, kwargs=kwargs)
                except NoReverseMatch:
                    continue
                response = client.generic(method, address)
                tried += 1
                if roles_by_token(route):
                    continue
                assert response.status_code == 403, (route, response.status_code)
    assert tried > 10


def roles_by_token(route: str) -> bool:
    """The programs' interface, which takes a bearer token and no cookie."""
    return route.startswith("api")


def test_cookies_are_kept_from_scripts_and_from_other_sites() -> None:
    user = factories.user("curator")
    response = Client().post("/login/", {"username": user.username, "password": factories.PASSWORD})
    session = response.cookies["sessionid"]
    assert session["httponly"] and session["samesite"] == "Lax"


def test_an_address_that_a_user_names_is_never_opened(tmp_path: Path, world: factories.World) -> None:
    """A listener on this machine stands for an inner service; nobody comes."""
    met: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        done = threading.Event()

        def wait() -> None:
            while not done.is_set():
                try:
                    met.append(server.accept())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=wait)
        thread.start()
        try:
            for named in (f"http://127.0.0.1:{port}/a", f"//127.0.0.1:{port}/a", f"s3://127.0.0.1:{port}/a"):
                with pytest.raises(CommandError):
                    call_command("ingest", named, corpus="t", stdout=StringIO(), stderr=StringIO())
            Source.objects.update(uri=f"http://127.0.0.1:{port}/a.mp4")
            client = Client(raise_request_exception=False)
            client.force_login(factories.user("admin"))
            for address in addresses(world.corpus):
                client.get(address, {"url": f"http://127.0.0.1:{port}/", "next": f"http://127.0.0.1:{port}/"})
        finally:
            done.set()
            thread.join()
    assert met == []


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["..", ".", "", "a", "~", "\x00", "%2e%2e", "..\\..", "/etc/passwd", "C:", "a" * 300, "…"]
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_stored_name_never_leaves_its_shelf(parts: list[str]) -> None:
    name = "/".join(parts)
    root = stored("exports", "x").parent
    try:
        path = stored("exports", name)
    except (ValueError, OSError):
        return
    assert path.is_relative_to(root) and path != root


def test_nothing_is_listed_and_nothing_beside_the_export_is_sent(world: factories.World) -> None:
    from curation.models import Subset
    from curation.services.exports import export_request, export_run

    subset = Subset.objects.get()
    record = export_run(job_id=export_request(subset=subset, format="talkvid-jsonl").pk)
    assert record is not None
    secret = stored("exports", "x").parent.parent / "secret.txt"
    secret.write_text("only for the owner's eyes")
    client = Client()
    client.force_login(factories.user("auditor"))
    good = client.get(f"/exports/{record.pk}/files/manifest.json")
    assert good.status_code == 200 and good.headers["X-Content-Type-Options"] == "nosniff"
    assert good.headers["Content-Disposition"].startswith("attachment")
    for name in (
        "../../secret.txt",
        "..%2f..%2fsecret.txt",
        "%2e%2e/%2e%2e/secret.txt",
        "./",
        "",
        "/etc/passwd",
        "..",
    ):
        response = client.get(f"/exports/{record.pk}/files/{name}")
        assert response.status_code in (301, 404), name
        assert "owner's eyes" not in body(response)


def test_no_page_but_the_public_few_answers_a_stranger(world: factories.World) -> None:
    public = {route for route, methods in ACCESS.items() if methods.get("GET") is PUBLIC}
    # What programs may ask says only which questions there are.
    assert public - {"openapi"} == {"login", "healthz", "readyz", "metrics", "invitation"}
    client = Client()
    for address in addresses(world.corpus):
        if client.get(address).status_code == 200:
            assert address.split("/")[1] in OPEN, address
