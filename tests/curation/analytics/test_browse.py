from __future__ import annotations

import pytest

from curation.analytics import browse
from curation.analytics.browse import Browser, Cursor, Sorting
from curation.analytics.errors import BadFilter
from curation.analytics.filters import ClipFilter
from curation.analytics.index import build_index
from curation.policies.tiers import Tier
from tests.curation.analytics.worlds import RULES, build_world


@pytest.fixture(scope="module", params=[0, 3])
def world(request, tmp_path_factory):
    return build_world(tmp_path_factory.mktemp("snapshot"), seed=11, deltas=request.param)


@pytest.fixture(autouse=True, params=[1, 16, 512])
def sample_of_keys(request, monkeypatch):
    """The sample that bounds a page may be fine or coarse: pages are the same."""
    monkeypatch.setattr(browse._Keys, "STRIDE", request.param)


@pytest.fixture
def browser(world):
    return Browser(build_index(world.table, RULES))


def usable(world):
    return {key: row for key, row in world.rows.items() if row["usable"]}


FILTERS = {
    "all": (ClipFilter(), lambda row, decision: True),
    "tier": (
        ClipFilter(tiers=frozenset({Tier.SFT, Tier.UNDECIDED})),
        lambda r, d: d.tier in (Tier.SFT, Tier.UNDECIDED),
    ),
    "words": (
        ClipFilter.of({"language": ["en", ""], "branch": ["dialogue"]}),
        lambda r, d: r["language"] in ("en", "") and r["branch"] == "dialogue",
    ),
    "unknown word": (ClipFilter.of({"language": ["xx"]}), lambda r, d: False),
    "source": (ClipFilter(ids=(("source_id", 2),)), lambda r, d: r["source_id"] == 2),
    "range": (
        ClipFilter(ranges=(("luminance", 0.6, 60.0),)),
        lambda r, d: r["luminance"] is not None and 0.59 < r["luminance"] <= 60,
    ),
    "missing": (ClipFilter(missing=frozenset({"snr_db"})), lambda r, d: r["snr_db"] is None),
    "fails": (ClipFilter(fails=frozenset({0, 4})), lambda r, d: d.failing & 0b10001 == 0b10001),
    "lacks": (ClipFilter(lacks=frozenset({1})), lambda r, d: bool(d.missing & 2)),
    "only": (ClipFilter(only_fails=0), lambda r, d: d.failing & 15 == 1 and d.missing & 15 == 0),
    "length": (ClipFilter(min_s=3, max_s=10), lambda r, d: 3e6 <= r["length_us"] <= 10e6),
}


@pytest.mark.parametrize("name", list(FILTERS))
def test_a_filter_finds_and_counts_what_it_says(world, browser, name):
    wanted, good = FILTERS[name]
    decisions = world.decisions(RULES)
    expected = sorted(key for key, row in usable(world).items() if good(row, decisions[key]))
    assert browser.count(wanted).clips == len(expected)
    assert browser.count(wanted).seconds == pytest.approx(
        sum(world.rows[key]["length_us"] for key in expected) / 1e6
    )
    assert list(browser.page(wanted, size=10_000).clip_ids) == expected


@pytest.mark.parametrize("metric", [None, "luminance", "snr_db"])
@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_following_the_cursor_meets_every_clip_once_in_order(world, browser, metric, order):
    sorting = Sorting(metric, order)
    rows = usable(world)
    sign = 1 if order == "ascending" else -1
    if metric is None:
        expected = sorted(rows, key=lambda key: sign * key)
    else:
        expected = sorted(
            rows, key=lambda key: (rows[key][metric] is None, sign * (rows[key][metric] or 0), key)
        )
    found, cursor, number = [], None, 0
    while True:
        page = browser.page(ClipFilter(), sorting=sorting, after=cursor, size=37)
        number += 1
        assert browser.numbered_page(ClipFilter(), number, sorting=sorting, size=37) == page
        found += page.clip_ids
        if page.next is None:
            break
        cursor = page.next
    assert found == expected
    assert browser.numbered_page(ClipFilter(), number + 1, sorting=sorting, size=37).clip_ids == ()


def test_a_cursor_still_works_when_its_clip_is_gone(world, browser):
    ids = sorted(usable(world))
    gone = next(key for key in range(ids[5], ids[-1]) if key not in world.rows)
    assert (
        list(browser.page(ClipFilter(), after=Cursor(gone), size=3).clip_ids)
        == [k for k in ids if k > gone][:3]
    )


@pytest.mark.parametrize(
    "wanted",
    [
        ClipFilter(words=(("password", frozenset({"x"})),)),
        ClipFilter(ranges=(("nonsense", 0.0, 1.0),)),
        ClipFilter(ids=(("clip_id", 3),)),
        ClipFilter(fails=frozenset({99})),
        ClipFilter(missing=frozenset({"clip_id"})),
    ],
)
def test_only_listed_fields_can_be_filtered(browser, wanted):
    with pytest.raises(BadFilter):
        browser.count(wanted)


def test_only_metrics_can_be_sorted_by(browser):
    with pytest.raises(BadFilter):
        browser.page(ClipFilter(), sorting=Sorting("source_id"))
