from __future__ import annotations

import time

import pytest

from curation.analytics.engine import Engine
from curation.analytics.errors import NoSnapshot
from curation.analytics.store import Words
from curation.analytics.whatif import what_if
from tests.curation.analytics.worlds import RULES, build_world


def test_the_first_answer_and_the_quick_ones_after_it_are_the_same(tmp_path):
    build_world(tmp_path, seed=5)
    explorer = Engine(tmp_path).explorer(RULES)
    slow = what_if(explorer.index, RULES.with_threshold(0, low=55))
    assert explorer.one(0, low=55) == slow
    deadline = time.monotonic() + 20
    while 0 not in explorer._curves and time.monotonic() < deadline:
        time.sleep(0.01)
    assert explorer.one(0, low=55) == slow == explorer.curve(0).at(low=55)
    assert explorer.one(3, low=0.0) == what_if(explorer.index, RULES.with_threshold(3, low=0.0))
    assert explorer.funnel()[0].entered.clips == sum(
        amount.clips for amount in explorer.index.amounts.values()
    )
    assert set(explorer.histogram("luminance", 5)) == set(explorer.index.amounts)


def test_an_engine_follows_what_is_published(tmp_path):
    engine = Engine(tmp_path)
    with pytest.raises(NoSnapshot):
        engine.table()
    assert engine.age_s() is None
    build_world(tmp_path, seed=5)
    first = engine.explorer(RULES)
    assert engine.explorer(RULES) is first
    chunk = engine.table().chunks[0]
    one = {name: chunk.column(name)[:1] for name in ("clip_id", "length_us", "usable")}
    with engine.store.writing():
        engine.store.publish([one], words=Words(engine.table().words), watermark={})
    second = engine.explorer(RULES)
    assert second is not first
    assert second.index.table.generation == 2
    assert engine.age_s() < 60
