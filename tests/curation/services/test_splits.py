"""Training splits: no person and no source on two sides, nothing of a benchmark on any, sizes as counted."""

from __future__ import annotations

from typing import Any

import pytest

from curation.benchmarks.plan import BenchmarkPlan, Part
from curation.benchmarks.sides import SplitPlan
from curation.models import Clip, Corpus, SplitSource, Subset, TrainingSplit, Turn
from curation.services.benchmarks import NothingDrawn, benchmark_make
from curation.services.splits import split_make
from tests import factories
from tests.curation.services import benchmarkroom as room

pytestmark = pytest.mark.django_db
PLAN = SplitPlan(validated_only=True)


@pytest.fixture
def corpus() -> Corpus:
    """Twenty persons with a source each; the first two share a third source, the last is heard in another's."""
    made = factories.corpus()
    sets = list(room.people(made, 20, clips=2))
    shared = room.spoken(made, sets[0][0].person, 1) + room.spoken(made, None, 1)
    Turn.objects.create(source=shared[0].source, person=sets[1][0].person, start_s=0.0, end_s=2.0)
    Turn.objects.create(source=sets[5][0].source, person=sets[19][0].person, start_s=0.0, end_s=2.0)
    return made


def make(corpus: Corpus, **more: Any) -> TrainingSplit:
    return split_make(**{"corpus": corpus, "name": "split", "plan": PLAN, "seed": "s", **more})


def sides(split: TrainingSplit) -> dict[int, str]:
    return dict(split.subset.members.values_list("clip_id", "evidence__split"))


def test_no_person_and_no_source_is_on_two_sides(corpus: Corpus) -> None:
    split = make(corpus)
    by_source: dict[int, set[str]] = {}
    by_person: dict[int, set[str]] = {}
    for member in split.subset.members.select_related("clip"):
        side = member.evidence["split"]
        by_source.setdefault(member.clip.source_id, set()).add(side)
        for turn in Turn.objects.filter(source=member.clip.source_id):
            by_person.setdefault(turn.person_id, set()).add(side)
        if member.clip.person_id:
            by_person.setdefault(member.clip.person_id, set()).add(side)
    assert all(len(each) == 1 for each in (*by_source.values(), *by_person.values()))
    kept = dict(SplitSource.objects.filter(split=split).values_list("source_id", "side"))
    assert {source: {side} for source, side in kept.items()} == by_source


def test_sizes_are_those_of_the_rows_and_near_the_shares(corpus: Corpus) -> None:
    split = make(corpus)
    told = split.report["sides"]
    found = list(sides(split).values())
    assert {side: told[side]["clips"] for side in told} == {side: found.count(side) for side in told}
    assert sum(each["clips"] for each in told.values()) == split.subset.clip_count == 42
    assert sum(each["seconds"] for each in told.values()) == split.subset.total_seconds
    assert told["train"]["clips"] > 28 and min(told["validation"]["clips"], told["test"]["clips"]) >= 2
    assert split.report["person_not_known"] == 1 and split.report["empty"] == []


def test_the_same_seed_splits_the_same_and_unknown_persons_can_be_left_out(corpus: Corpus) -> None:
    first = sides(make(corpus))
    assert sides(make(corpus)) == first
    assert any(sides(make(corpus, seed=seed)) != first for seed in "abcdef")
    known = make(corpus, plan=SplitPlan(validated_only=True, unknown_persons=False))
    assert known.subset.clip_count == 41 and not known.subset.members.filter(clip__person=None).exists()


def test_what_a_benchmark_shows_is_on_no_side(corpus: Corpus) -> None:
    plan = BenchmarkPlan((Part((), 3),), unseen="hold_out")
    benchmark = benchmark_make(corpus=corpus, name="bench", plan=plan, seed="s")
    first = benchmark.subset.members.select_related("clip").order_by("position")[0].clip
    like = next(clips[0] for clips in [room.spoken(corpus, room.person(corpus), 2)])
    room.hashed(first, 77)
    room.hashed(like, 79)
    split = make(corpus, benchmark=benchmark)
    clips = set(sides(split))
    for member in benchmark.subset.members.select_related("clip"):
        assert not clips & set(member.clip.source.clips.values_list("pk", flat=True))
        assert not clips & set(member.clip.person.clips.values_list("pk", flat=True))
    assert like.pk not in clips, "its picture is nearly one of the benchmark's"
    held = split.report["held_out"]
    assert held["clips"] + len(clips) == 44
    assert SplitSource.objects.filter(split=split, side="held_out").count() == held["sources"] >= 2


def test_near_duplicate_pictures_between_sides_are_reported_with_the_nearest(corpus: Corpus) -> None:
    side_of = sides(make(corpus))
    train, test, validation = (
        [clip for clip, side in side_of.items() if side == name] for name in ("train", "test", "validation")
    )
    words = [0x0123456789ABCDEF, 0x7EDCBA9876543210, 0x5555555555555555]
    room.hashed(Clip.objects.get(pk=test[0]), words[0], words[1])
    room.hashed(Clip.objects.get(pk=train[0]), words[0] ^ 0b111)
    room.hashed(Clip.objects.get(pk=train[1]), words[2], words[1] ^ 1)
    room.hashed(Clip.objects.get(pk=train[2]), words[2] ^ 1)  # like one of its own side only
    room.hashed(Clip.objects.get(pk=validation[0]), problem="the pictures show no detail to compare")
    split = make(corpus)
    assert sides(split) == side_of
    told = split.report["pictures"]
    assert told["between"] == {"test": {"train": 1}, "train": {"test": 2}} and told["reason"] == ""
    assert {side: each["hashed"] for side, each in told["clips"].items()} == {
        "train": 3, "validation": 0, "test": 1,
    }  # fmt: skip
    assert told["clips"]["validation"]["no_picture"] == 1
    assert sum(each["not_hashed"] for each in told["clips"].values()) == 42 - 5
    first = {"clip": test[0], "side": "test", "bits": 1, "other": train[1], "other_side": "train"}
    assert first | {"others": 2} in told["found"] and len(told["found"]) == 3
    stricter = make(corpus, plan=SplitPlan(validated_only=True, near=0)).report["pictures"]
    assert stricter["between"] == {} and stricter["found"] == []


def test_sides_that_nobody_can_compare_are_said_not_measured(corpus: Corpus) -> None:
    split = make(corpus)
    assert "fewer than two sides" in split.report["pictures"]["reason"]
    side_of = sides(split)
    for side in ("train", "test"):
        room.hashed(
            Clip.objects.get(pk=next(clip for clip, name in side_of.items() if name == side)), 0x1234567
        )
    assert "too many" in make(corpus, most=0.001).report["pictures"]["reason"]
    assert make(corpus, most=None).report["pictures"]["between"] == {
        "test": {"train": 1}, "train": {"test": 1},
    }  # fmt: skip


def test_a_side_that_got_nothing_is_named_and_nothing_to_split_is_refused() -> None:
    corpus = factories.corpus()
    room.spoken(corpus, room.person(corpus), 5)
    assert make(corpus).report["empty"] == ["validation", "test"]
    plan = BenchmarkPlan((Part((), 1),), unseen="hold_out")
    benchmark = benchmark_make(corpus=corpus, name="b", plan=plan, seed="s")
    before = Subset.objects.count()
    with pytest.raises(NothingDrawn, match="held out"):
        make(corpus, benchmark=benchmark)
    assert Subset.objects.count() == before
