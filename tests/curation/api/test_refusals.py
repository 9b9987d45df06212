"""The API says what it refuses and what broke, as its document has it; what is no filter is never passed over."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from curation.api import facts, tokens
from curation.api.filters import PARAMETERS
from curation.metrics import clip_metrics
from tests import factories
from tests.curation.api.test_api import Program

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"teir": "sft"}, "'teir' is no filter; there are tier, branch"),
        ({"user__password__startswith": "a"}, "'user__password__startswith' is no filter"),
        ({"held": "true"}, "held: write 1"),
        ({"only": "yes", "rule": 0}, "only: write 1"),
        ({"only": 1}, "only: name the rule"),
        ({"low": 5}, "low, high: name the metric"),
        ({"verdict": ["sft", "pretrain"]}, "verdict is there 2 times"),
        ({"tier": ["sft", "x"]}, "'x' is no tier"),
    ],
)
def test_what_is_no_filter_is_refused_not_answered_with_every_clip(query: dict[str, Any], said: str) -> None:
    world, ask = factories.world(sft=1), Program("curator")
    answer = ask.get(f"/corpora/{world.corpus.slug}/clips", 400, **query)
    assert answer["error"] == "bad_filter" and said in answer["message"]


def test_every_filter_stands_in_the_document_and_works() -> None:
    world, ask = factories.world(sft=2, reject=1), Program("curator")
    document = Client().get("/api/v1/openapi.json").json()
    told = document["paths"]["/api/v1/corpora/{corpus}/clips"]["get"]["parameters"]
    assert [each["name"] for each in told if each["in"] == "query"] == [
        "after",
        "limit",
        *(each["name"] for each in PARAMETERS),
    ]
    values = {"low": 0, "high": 10**9, "rule": 0, "source": world.source.pk, "person": 1, "language": "en"}
    more: dict[str, dict[str, Any]] = {
        "low": {"metric": "movement_min"},
        "high": {"metric": "movement_min"},
        "only": {"rule": 0},
    }
    for each in PARAMETERS:
        name, schema = each["name"], each["schema"]
        words = schema.get("enum") or schema.get("items", {}).get("enum") or [values.get(name, "x")]
        for word in words if name != "metric" else [spec.name for spec in clip_metrics()][:3]:
            page = ask.get(f"/corpora/{world.corpus.slug}/clips", **{name: word, **more.get(name, {})})
            assert set(page) == {"items", "next"}
    assert len(ask.get(f"/corpora/{world.corpus.slug}/clips", tier=["sft", "reject"])["items"]) == 3
    responses = document["paths"]["/api/v1/corpora"]["get"]["responses"]
    assert {"400", "401", "403", "429", "500", "503"} <= set(responses)


def test_a_nul_in_an_address_is_refused_as_the_api_refuses() -> None:
    ask = Program("curator")
    assert ask.get("/corpora", 400, after="\0")["error"] == "bad_address"


def test_what_broke_stands_in_the_log_and_not_in_the_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ask = Program("curator")

    def broken(*_: Any) -> None:
        raise ValueError("where the secret lies")

    monkeypatch.setattr(facts, "page_of", broken)
    with caplog.at_level(logging.ERROR):
        answer = ask.get("/corpora", 500)
    assert answer["error"] == "broken" and "secret" not in str(answer)
    assert "where the secret lies" in caplog.text


@pytest.mark.parametrize("place", ["token", "answer"])
def test_a_database_that_is_away_is_said_with_when_to_come_again(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    ask = Program("curator")

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("no route to 10.0.0.7")

    monkeypatch.setattr(tokens, "token_use", away) if place == "token" else monkeypatch.setattr(
        facts, "page_of", away
    )
    answer = ask.client.get("/api/v1/corpora")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["error"] == "database_away" and "10.0.0.7" not in answer.content.decode()
