"""Benchmarks: from what people settled, the same by the same seed, every shortfall and every leak told."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from curation.benchmarks.plan import BenchmarkPlan, Part
from curation.models import AuditEvent, Benchmark, BenchmarkLeak, Clip, Subset, Track
from curation.services.benchmarks import NoName, NothingDrawn, benchmark_make, benchmark_try
from curation.services.subsets import subset_freeze
from tests import factories
from tests.curation.services import benchmarkroom as room

pytestmark = pytest.mark.django_db

AGE = Part(("age_group",), 6)


def make(corpus: Any, plan: BenchmarkPlan, *, seed: str = "s", **more: Any) -> Benchmark:
    return benchmark_make(corpus=corpus, name="bench", plan=plan, seed=seed, **more)


def leaks(benchmark: Benchmark, kind: str) -> dict[int, BenchmarkLeak]:
    return {leak.clip_id: leak for leak in benchmark.leaks.filter(kind=kind)}


def taken(benchmark: Benchmark) -> list[int]:
    return list(benchmark.subset.members.order_by("position").values_list("clip_id", flat=True))


def test_only_validated_clips_are_drawn_equally_and_frozen_with_their_stratum() -> None:
    corpus = factories.corpus()
    settled = {clip.pk for clips in room.people(corpus, 6) for clip in clips}
    room.spoken(corpus, room.person(corpus, age_group="19-30"), 9, settled=0)
    held = Clip.objects.filter(pk__in=sorted(settled)[:1])
    held.update(held_at=timezone.now())
    benchmark = make(corpus, BenchmarkPlan((AGE,)))
    assert set(taken(benchmark)) <= settled - {sorted(settled)[0]}
    strata = {each["stratum"]: each["taken"] for each in benchmark.report["strata"]}
    assert strata == {"0-19": 2, "19-30": 2, "31-45": 2} and benchmark.report["short"] == 0
    for member in benchmark.subset.members.select_related("clip__person"):
        assert member.evidence["split"] == "benchmark" and member.verdict is not None
        assert member.evidence["stratum"] == f"age_group: {member.clip.person.age_group}"
    assert benchmark.subset.filter["benchmark"]["plan"] == benchmark.plan == BenchmarkPlan((AGE,)).as_dict()
    assert AuditEvent.objects.get(action="benchmark.make").detail["units"] == 6


def test_the_same_seed_draws_the_same_and_another_draws_others() -> None:
    corpus = factories.corpus()
    list(room.people(corpus, 6, clips=5))
    plan = BenchmarkPlan((AGE,))
    tried = benchmark_try(corpus=corpus, plan=plan, seed="s").drawn
    first, again = make(corpus, plan), make(corpus, plan)
    assert taken(first) == taken(again) == sorted(c for t in tried.taken for c in t.candidate.clips)
    assert any(taken(make(corpus, plan, seed=seed)) != taken(first) for seed in "abcdef")


def test_strata_that_cannot_be_filled_are_reported_with_what_there_was() -> None:
    corpus = factories.corpus()
    room.spoken(corpus, room.person(corpus, age_group="19-30"), 5)
    room.spoken(corpus, room.person(corpus, age_group="0-19"), 4, settled=1)
    room.spoken(corpus, room.person(corpus, age_group="60+"), 4, settled=0)
    room.spoken(corpus, None, 2)
    report = make(corpus, BenchmarkPlan((AGE,))).report
    told = {each["stratum"]: (each["wanted"], each["available"], each["taken"]) for each in report["strata"]}
    assert told == {"19-30": (2, 5, 2), "0-19": (2, 1, 1), "60+": (2, 0, 0), "unknown": (0, 2, 0)}
    assert (report["wanted"], report["taken"], report["short"]) == (6, 3, 3)
    assert all(each["reason"] for each in report["strata"] if each["stratum"] != "19-30")
    refilled = make(corpus, BenchmarkPlan((AGE,), refill=True)).report
    assert refilled["taken"] == 6 and refilled["short"] == 3


def test_persons_and_sources_shared_with_the_training_tiers_are_leaks() -> None:
    corpus = factories.corpus()
    who = room.person(corpus)
    (bench, same_source), (elsewhere,) = room.spoken(corpus, who, 2), room.spoken(corpus, who, 1)
    linked = room.person(corpus, same_as=who)
    (as_other,) = room.spoken(corpus, linked, 1)
    behind, stranger = room.spoken(corpus, None, 2)
    Track.objects.create(source=behind.source, person=linked, number=1, start_s=0.0, end_s=6.0)
    for clip in (same_source, elsewhere, as_other, behind, stranger):
        factories.verdict(clip, "pretrain", supersedes=clip.verdicts.get())
    benchmark = make(corpus, BenchmarkPlan((Part((), 1),)))
    assert taken(benchmark) == [bench.pk]
    assert leaks(benchmark, "source")[bench.pk].others == 1
    leak = leaks(benchmark, "person")[bench.pk]
    assert leak.others == 4 and leak.other == same_source, "two sources, a linked name, and one seen behind"
    assert benchmark.report["leaks"]["person"] == 1 and benchmark.report["training"]["clips"] == 5
    assert benchmark.report["training"]["person_not_known"] == 2
    gone = make(corpus, BenchmarkPlan((Part((), 1),), training_tiers=("reject",)))
    assert not gone.leaks.filter(kind__in=["person", "source"]).exists()


def test_near_duplicates_are_found_within_so_many_bits_and_no_further() -> None:
    corpus = factories.corpus()
    (bench,) = room.spoken(corpus, room.person(corpus), 1)
    near, far, nearer = (room.spoken(corpus, room.person(corpus), 1)[0] for _ in range(3))
    for clip in (near, far, nearer):
        factories.verdict(clip, "pretrain", supersedes=clip.verdicts.get())
    room.hashed(bench, 0, 2**62 - 1)
    room.hashed(near, 0b11111111 << 20)
    room.hashed(far, 0b111111111 << 30)
    room.hashed(nearer, (2**62 - 1) ^ 0b101)
    benchmark = make(corpus, BenchmarkPlan((Part((), 1),)))
    leak = leaks(benchmark, "picture")[bench.pk]
    assert (leak.other, leak.distance, leak.others) == (nearer, 2, 2)
    stricter = make(corpus, BenchmarkPlan((Part((), 1),), near=7))
    assert leaks(stricter, "picture")[bench.pk].others == 1
    assert not leaks(make(corpus, BenchmarkPlan((Part((), 1),), near=1)), "picture")


def test_what_nobody_could_check_is_listed_with_the_reason_and_never_clean() -> None:
    corpus = factories.corpus()
    (nobody, flat), (own,) = room.spoken(corpus, None, 2), room.spoken(corpus, None, 1)
    Clip.objects.filter(pk=own.pk).update(person=room.person(corpus, source=own.source))
    room.hashed(flat, problem="the pictures show no detail to compare")
    room.hashed(own, 5)
    benchmark = make(corpus, BenchmarkPlan((Part((), 3),)))
    persons, pictures = leaks(benchmark, "no_person"), leaks(benchmark, "no_picture")
    assert set(persons) == {nobody.pk, flat.pk, own.pk} and set(pictures) == {nobody.pk, flat.pk}
    assert "nobody has said" in persons[nobody.pk].reason and "this source only" in persons[own.pk].reason
    assert pictures[flat.pk].reason == "the pictures show no detail to compare"
    assert "no preview" in pictures[nobody.pk].reason
    assert benchmark.report["leaks"] == {
        "person": 0, "source": 0, "picture": 0, "no_person": 3, "no_picture": 2,
    }  # fmt: skip


def test_holding_out_leaves_no_person_and_no_source_in_what_is_called_training() -> None:
    corpus = factories.corpus()
    sets = list(room.people(corpus, 5))
    room.spoken(corpus, sets[0][0].person, 2)
    room.spoken(corpus, None, 2)
    benchmark = make(corpus, BenchmarkPlan((Part((), 2),), unseen="hold_out"))
    assert benchmark.report["left_out"] == {
        "nobody has said whom they show, so they cannot be called unseen": 2
    }
    assert benchmark.report["leaks"]["person"] == benchmark.report["leaks"]["source"] == 0
    held = benchmark.report["held_out"]
    everything = Clip.objects.filter(corpus=corpus).count()
    assert held["clips"] > 0 and benchmark.report["training"]["clips"] + held["clips"] + 2 == everything


def test_strictly_unseen_takes_only_whom_a_frozen_training_list_does_not_show() -> None:
    corpus = factories.corpus()
    sets = list(room.people(corpus, 4))
    shown = [clip.pk for clip in sets[0] + sets[1]]
    training = subset_freeze(corpus=corpus, name="released", tiers=["sft"])
    with pytest.raises(NothingDrawn, match="12 left out: their persons or sources are seen"):
        make(corpus, BenchmarkPlan((Part((), 2),), unseen="strict", training_subset=training.pk))
    for clip in sets[0] + sets[1]:
        factories.verdict(clip, "pretrain", supersedes=clip.verdicts.get())
    released = subset_freeze(corpus=corpus, name="pretrain", tiers=["pretrain"])
    benchmark = make(
        corpus,
        BenchmarkPlan(
            (Part((), 4),), tiers=("sft", "pretrain"), unseen="strict", training_subset=released.pk
        ),
    )
    assert set(taken(benchmark)).isdisjoint(shown) and len(taken(benchmark)) == 4
    assert benchmark.report["leaks"]["person"] == benchmark.report["leaks"]["source"] == 0


def test_pairs_are_drawn_whole_from_validated_clips_and_none_that_people_refused() -> None:
    corpus = factories.corpus()
    one, other = room.person(corpus), room.person(corpus, gender="f")
    clips = room.spoken(corpus, one, 10, settled=9)
    Clip.objects.filter(pk__in=[clip.pk for clip in clips[1::2]]).update(person=other)
    good, refused = room.pair(clips[0], clips[1], "yes"), room.pair(clips[2], clips[3], "no")
    plain, unsettled = room.pair(clips[4], clips[5]), room.pair(clips[8], clips[9])
    benchmark = make(corpus, BenchmarkPlan((Part(("gender",), 3),), unit="pair"))
    assert taken(benchmark) == [clips[n].pk for n in (0, 1, 4, 5)]
    told = [
        (m.evidence["pair"], m.evidence["pair_role"]) for m in benchmark.subset.members.order_by("position")
    ]
    assert [role for _, role in told] == ["initiator", "responder"] * 2
    assert told[0][0] == told[1][0] != told[2][0] == told[3][0]
    assert {m.evidence["stratum"] for m in benchmark.subset.members.all()} == {"gender: f"}
    answered = make(corpus, BenchmarkPlan((Part((), 1),), unit="pair", answered_only=True))
    assert (
        taken(answered) == [clips[0].pk, clips[1].pk] and good.pk and refused.pk and plain.pk and unsettled.pk
    )


def test_what_cannot_be_made_says_why_and_leaves_nothing() -> None:
    corpus = factories.corpus()
    with pytest.raises(NothingDrawn, match="settled by people"):
        make(corpus, BenchmarkPlan((AGE,)))
    room.spoken(corpus, None, 1)
    with pytest.raises(NothingDrawn, match="not known"):
        make(corpus, BenchmarkPlan((AGE,)))
    for name, seed in ((" ", "s"), ("x", " "), ("x", "s" * 121)):
        with pytest.raises(NoName):
            benchmark_make(corpus=corpus, name=name, plan=BenchmarkPlan((AGE,)), seed=seed)
    assert not Subset.objects.exists() and not Benchmark.objects.exists()
