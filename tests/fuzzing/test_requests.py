"""Whatever a browser or a script sends, the site answers: no 500, no hang, and nothing that it then cannot show."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from tests.fuzzing.harness import fuzz
from tests.fuzzing.pages import Form, addresses, forms_of
from tests.fuzzing.site import Site
from tests.fuzzing.strategies import as_json, documents, nearly, nearly_bytes, texts

pytestmark = pytest.mark.django_db


@st.composite
def filled(draw: Any, forms: list[Form]) -> tuple[Form, list[tuple[str, str]]]:
    """A form with most fields as they stand, some changed, dropped or doubled, and now and then one too many."""
    form = draw(st.sampled_from(forms))
    by_name: dict[str, list[str]] = {}
    for name, value in form.fields:
        by_name.setdefault(name, []).append(value)
    sent: list[tuple[str, str]] = []
    for name, values in by_name.items():
        how = draw(st.integers(0, 5))
        own = st.sampled_from(values)
        sent += [(name, draw(own if how < 3 else texts)) for _ in range(0 if how == 5 else 1 + (how == 4))]
    if draw(st.integers(0, 5)) == 0:
        sent.append((draw(texts), draw(texts)))
    return form, sent


def test_every_form(site: Site) -> None:
    start = ["/", *(address for _, address in addresses({"GET"}, site.known))]
    forms = forms_of(site.client, start)
    assert len({form.route for form in forms}) >= 12, sorted({form.route for form in forms})

    def fill(one: tuple[Form, list[tuple[str, str]]]) -> None:
        form, sent = one
        data: dict[str, list[str]] = {}
        for name, value in sent:
            data.setdefault(_sendable(name), []).append(_sendable(value))
        site.send("GET" if form.method == "GET" else "POST", form.action, data)

    assert fuzz("forms", filled(forms), fill, short=40)


def test_every_address_that_takes_a_message(site: Site) -> None:
    """JSON, forms and bytes at every address that takes a POST, whatever it expects."""
    found = sorted(set(addresses({"POST", "PUT", "PATCH", "DELETE"}, site.known)))
    fields = sorted(
        [
            "name",
            "kind",
            "rubric",
            "tiers",
            "size",
            "blind",
            "format",
            "to",
            "why",
            "answers",
            "token",
            "slot",
            "id",
            "shown",
            "content",
            "items",
            "have",
        ]
    )
    bodies = st.one_of(
        st.tuples(st.just("application/json"), documents.map(as_json)),
        st.tuples(
            st.just("application/json"),
            st.dictionaries(st.sampled_from(fields), documents, max_size=8).map(as_json),
        ),
        st.tuples(
            st.just("application/x-www-form-urlencoded"), nearly_bytes(b"name=a&tiers=sft&kind=verify")
        ),
        st.tuples(st.just("multipart/form-data; boundary=x"), nearly_bytes(b"--x\r\n\r\n--x--")),
        st.tuples(
            texts.map(lambda text: _sendable(text)[:60].encode("ascii", "ignore").decode()), st.binary()
        ),
    )

    def send(one: tuple[tuple[str, str], tuple[str, bytes]]) -> None:
        (_, address), (kind, body) = one
        kind = "".join(character for character in kind if character.isprintable())
        site.send("POST", address, body, content_type=kind)

    assert len({route for route, _ in found}) > 30
    assert fuzz("messages to every address", st.tuples(st.sampled_from(found), bodies), send, short=40)


def test_messages_of_the_review_page(site: Site) -> None:
    """What the review page sends, with places changed, dropped and doubled."""
    item = site.item
    judgment = {
        "id": "0b5f7f0e-6f5c-4f0e-9a3b-1f2e3d4c5b6a",
        "slot": item["slot"],
        "token": item["token"],
        "kind": "answer",
        "answers": dict.fromkeys(item["questions"], "sft"),
        "reasons": ["blur"],
        "note": "a word",
        "active_ms": 1000,
        "watched_share": 1.0,
        "shown": item["shown"],
        "details": {"spans": [[0.0, 1.0]]},
        "supersedes": None,
    }
    messages = {
        "/review/judgments": judgment,
        f"/review/{site.queue.pk}/claim": {"have": [item["slot"]]},
        "/review/leases": {"slots": [{"slot": item["slot"], "token": item["token"]}]},
        "/review/report": {"slot": item["slot"], "token": item["token"], "reason": "broken", "text": "why"},
        f"/review/items/{item.get('item', 1)}/draft": {"content": {"answers": {"tier": "sft"}, "note": "n"}},
        f"/review/judgments/{site.known['judgment'][0]}/retract": {"id": judgment["id"]},
    }
    inputs = st.sampled_from(sorted(messages)).flatmap(
        lambda address: st.tuples(st.just(address), nearly(messages[address]).map(as_json))
    )

    def send(one: tuple[str, bytes]) -> None:
        site.send(
            "POST", one[0], one[1], content_type="application/json", headers={"accept": "application/json"}
        )

    assert fuzz("messages of the review page", inputs, send, short=40)


def test_filters_and_queries_of_every_page(site: Site) -> None:
    found = sorted(set(addresses({"GET"}, site.known)))
    names = [
        "q",
        "tier",
        "tiers",
        "metric",
        "low",
        "high",
        "sort",
        "order",
        "after",
        "before",
        "page",
        "limit",
        "branch",
        "language",
        "person",
        "verdict",
        "by",
        "action",
        "since",
        "until",
        "from",
        "to",
        "base",
        "low0",
        "number",
        "state",
        "origin",
        "split",
        "luminance",
        "luminance__gte",
        "kind",
        "group",
        "corpus",
        "cursor",
    ]
    queries = st.dictionaries(
        st.one_of(st.sampled_from(names), texts.map(_sendable)),
        st.one_of(
            texts.map(_sendable), st.sampled_from(("sft", "luminance", "-luminance", "1", "yes", "0.5:1e9"))
        ),
        max_size=5,
    )

    def ask(one: tuple[tuple[str, str], dict[str, str]]) -> None:
        (_, address), query = one
        site.send("GET", address, query)

    assert fuzz("queries of every page", st.tuples(st.sampled_from(found), queries), ask, short=40)


def _sendable(text: str) -> str:
    """What a client can put on the wire at all: no half characters."""
    return text.encode("utf-8", "replace").decode()
