"""What no page of ours would send is refused in words, never by falling over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboards.operations import OPERATIONS
from tests import factories
from tests.dashboards.asking import signed_in

pytestmark = pytest.mark.django_db
ADDRESS = "/dashboards/operations/_dash-update-component"


@pytest.fixture
def good() -> dict[str, Any]:
    slug = factories.world().corpus.slug
    return {
        "output": "answer.children",
        "outputs": {"id": "answer", "property": "children"},
        "inputs": [
            {"id": "clock", "property": "n_intervals", "value": None},
            {"id": "theme", "property": "data", "value": "dark"},
        ],
        "state": [{"id": "address", "property": "pathname", "value": f"/corpora/{slug}/operations/"}],
        "changedPropIds": ["theme.data"],
    }


def send(body: Any) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return signed_in("curator").post(ADDRESS, text, content_type="application/json")


def test_what_the_page_sends_is_answered(good: dict[str, Any]) -> None:
    assert send(good).status_code == 200


@pytest.mark.parametrize("output", ["nothing.children", "answer.title", "..a.b...c.d..", ""])
def test_an_unknown_callback_is_refused_in_words(good: dict[str, Any], output: str) -> None:
    answer = send({**good, "output": output})
    assert answer.status_code == 400 and answer.json()["message"] == "no callback has this output"


def test_the_first_request_of_a_process_knows_the_callbacks_already(
    good: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OPERATIONS, "_app", None)
    assert send(good).status_code == 200
    monkeypatch.setattr(OPERATIONS, "_app", None)
    assert send({**good, "output": "no.such"}).status_code == 400


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "3", '{"output": 3}', '{"output": ["a"]}'])
def test_what_is_no_callback_at_all_is_a_bad_request(body: str) -> None:
    assert send(body).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": []},
        {"inputs": None},
        {"inputs": [3, 4]},
        {"inputs": [{"id": "clock"}, {"id": "theme"}]},
        {"state": "all"},
        {"state": []},
        {"outputs": None},
        {"changedPropIds": 3},
        {"changedPropIds": [None]},
    ],
)
def test_parts_that_do_not_fit_are_a_bad_request(good: dict[str, Any], change: dict[str, Any]) -> None:
    assert send({**good, **change}).status_code == 400
