"""What the thresholds page shows at once, and what its callbacks fill in: no figure twice, none in the wrong colours."""

from __future__ import annotations

from typing import Any

import pytest

from curation.services.snapshot import snapshot_engine, snapshot_refresh
from dashboards.figures.theme import palette
from tests import factories
from tests.dashboards.asking import ask, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
_CHOSEN = ("base.data", "evidence.value", "pane.value", "curve-of.options", "curve-of.value", "target.value")


@pytest.fixture
def slug(settings: Any, tmp_path: Any) -> str:
    settings.VAR = tmp_path
    snapshot_engine.cache_clear()
    made = factories.world()
    snapshot_refresh(corpus=made.corpus)
    return str(made.corpus.slug)


def places(part: Any) -> list[dict[str, Any]]:
    """The properties of every histogram's place in an answer, in the order of the page."""
    if isinstance(part, list):
        return [found for each in part for found in places(each)]
    if not isinstance(part, dict):
        return []
    properties = part.get("props", {})
    if isinstance(properties.get("id"), dict) and "figure" in properties["id"]:
        return [properties]
    return places(properties.get("children"))


def arrive(client: Any, slug: str) -> list[dict[str, Any]]:
    outputs = [("rules", "children"), *(tuple(one.split(".")) for one in _CHOSEN)]
    where = [("address", "pathname", f"/corpora/{slug}/thresholds/")]
    answer = ask(client, "thresholds", outputs, where, [("address", "search", "")])  # type: ignore[arg-type]
    return places(answer.json()["response"]["rules"]["children"])


def fill(client: Any, slug: str, which: Any, *, theme: str, drawn: str | None, changed: str) -> Any:
    inputs = [(which, "id", which), ("theme", "data", theme), ("redraw", "n_clicks", None)]
    state = [
        (which, "data-drawn", drawn),
        ("draft", "data", None),
        ("address", "pathname", f"/corpora/{slug}/thresholds/"),
        ("address", "search", ""),
    ]
    pattern = '{"figure":["MATCH"]}.children'
    return ask(client, "thresholds", [(which, "children")], inputs, state, changed, pattern)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_cards_in_view_come_with_their_histograms_in_the_theme_of_the_page(slug: str, theme: str) -> None:
    client = signed_in("curator")
    client.cookies["theme"] = theme
    first, second, *others = arrive(client, slug)
    for place in (first, second):
        assert place["data-drawn"] == theme
        figure = place["children"]["props"]["figure"]
        assert figure["data"][0]["marker"]["color"] == palette(theme).muted
        # It is what the callback would have drawn.
        filled = fill(client, slug, place["id"], theme=theme, drawn=None, changed="").json()
        (answered,) = filled["response"].values()
        assert answered["children"]["props"]["figure"] == figure
    assert others and not any(place.get("children") or "data-drawn" in place for place in others)


def test_a_histogram_that_came_with_its_card_is_drawn_again_when_something_changes_only(slug: str) -> None:
    client = signed_in("curator")
    place = arrive(client, slug)[0]
    which = place["id"]
    assert fill(client, slug, which, theme="dark", drawn="dark", changed="").status_code == 204
    for theme, changed in (("light", ""), ("dark", "theme.data"), ("dark", "redraw.n_clicks")):
        answer = fill(client, slug, which, theme=theme, drawn="dark", changed=changed)
        assert answer.status_code == 200 and "figure" in answer.text, (theme, changed)
