"""The draw: the same from the same, nothing twice, every shortfall told."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from curation.benchmarks.draw import Candidate, draw
from curation.benchmarks.plan import BenchmarkPlan, Part, plan_from_dict, talkvid_bench, vidchat_bench

AGES = ("", "0-19", "19-30", "31-45")


def _clip(number: int, *, source: int = 0, person: int | None = None, **attributes: str) -> Candidate:
    persons = frozenset() if person is None else frozenset({person})
    return Candidate(f"{number:05d}", (number,), frozenset({source}), persons, attributes)


@st.composite
def clips(draw_: st.DrawFn) -> list[Candidate]:
    rows = draw_(
        st.lists(
            st.tuples(
                st.integers(0, 4), st.none() | st.integers(0, 5), st.sampled_from(AGES), st.sampled_from("fm")
            ),
            max_size=40,
        )
    )
    return [
        _clip(n, source=source, person=person, age_group=age, gender=gender)
        for n, (source, person, age, gender) in enumerate(rows)
    ]  # fmt: skip


plans = st.builds(
    BenchmarkPlan,
    parts=st.lists(
        st.builds(
            Part, st.sampled_from([(), ("age_group",), ("gender",), ("age_group", "gender")]), st.integers(1, 20)
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda part: part.by,
    ).map(tuple),
    allocation=st.sampled_from(["equal", "proportional"]),
    refill=st.booleans(),
    unknown=st.booleans(),
    per_person=st.integers(0, 3),
    per_source=st.integers(0, 4),
    expected=st.sampled_from([{}, {"age_group": ("60+",)}]),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(clips(), plans, st.text(max_size=4), st.randoms())
def test_the_same_candidates_in_any_order_give_the_same(
    candidates: list[Candidate], plan: BenchmarkPlan, seed: str, random: object
) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert draw(candidates, plan, seed=seed) == draw(shuffled, plan, seed=seed)


@settings(max_examples=40, deadline=None)
@given(clips(), plans)
def test_nothing_is_drawn_twice_and_no_limit_is_passed(
    candidates: list[Candidate], plan: BenchmarkPlan
) -> None:
    taken = [each.candidate for each in draw(candidates, plan, seed="s").taken]
    assert len({one.key for one in taken}) == len(taken)
    persons = Counter(person for one in taken for person in one.persons)
    sources = Counter(source for one in taken for source in one.sources)
    assert not plan.per_person or max(persons.values(), default=0) <= plan.per_person
    assert not plan.per_source or max(sources.values(), default=0) <= plan.per_source


@settings(max_examples=40, deadline=None)
@given(clips(), plans)
def test_every_stratum_reports_what_was_taken_and_no_shortfall_is_silent(
    candidates: list[Candidate], plan: BenchmarkPlan
) -> None:
    drawn = draw(candidates, plan, seed="s")
    for part in plan.parts:
        strata = [each for each in drawn.strata if each.part == part.name]
        assert sum(each.wanted for each in strata) == part.size
        for each in strata:
            mine = [t for t in drawn.taken if (t.part, t.stratum) == (each.part, each.stratum)]
            assert len(mine) == each.taken <= each.available
            assert all(part.stratum(t.candidate.attributes) == each.stratum for t in mine)
            assert each.taken == each.wanted or each.reason
            assert plan.refill or each.taken <= each.wanted


def test_a_group_that_exists_without_a_validated_clip_is_reported_empty() -> None:
    candidates = [_clip(n, age_group="19-30") for n in range(5)]
    plan = BenchmarkPlan((Part(("age_group",), 4),), expected={"age_group": ("60+",)})
    drawn = draw(candidates, plan, seed="s", groups={"age_group": ["0-19", "19-30"]})
    told = {each.stratum: (each.wanted, each.available, each.taken) for each in drawn.strata}
    assert sum(wanted for wanted, _, _ in told.values()) == 4
    assert told["0-19"][1:] == told["60+"][1:] == (0, 0)
    assert all(each.reason == "nothing validated in it" for each in drawn.strata if each.stratum != "19-30")


def test_unknown_attributes_are_left_out_and_counted_unless_wanted() -> None:
    candidates = [_clip(n, gender="" if n % 2 else "f") for n in range(10)]
    left_out = draw(candidates, BenchmarkPlan((Part(("gender",), 4),)), seed="s").strata[-1]
    assert (left_out.stratum, left_out.available, left_out.taken) == ("unknown", 5, 0) and left_out.reason
    wanted = draw(candidates, BenchmarkPlan((Part(("gender",), 4),), unknown=True), seed="s")
    assert {each.stratum: each.taken for each in wanted.strata} == {"f": 2, "unknown": 2}


def test_pairs_that_share_a_clip_are_not_both_drawn() -> None:
    chain = [Candidate(str(n), (n, n + 1), frozenset({1}), frozenset(), {}) for n in range(6)]
    drawn = draw(chain, BenchmarkPlan((Part((), 6),), unit="pair"), seed="s")
    clips = [clip for each in drawn.taken for clip in each.candidate.clips]
    assert len(set(clips)) == len(clips) and len(drawn.taken) <= 3
    assert "passed over: drawn before" in drawn.strata[0].reason


def test_another_seed_draws_others() -> None:
    candidates = [_clip(n) for n in range(1000)]
    plan = BenchmarkPlan((Part((), 20),))
    first, second = (
        {each.candidate.key for each in draw(candidates, plan, seed=seed).taken} for seed in ("a", "b")
    )
    assert first != second and len(first) == len(second) == 20


def test_the_presets_ask_for_what_the_papers_hold() -> None:
    talkvid, vidchat = talkvid_bench(), vidchat_bench()
    assert talkvid.size == vidchat.size == 500
    assert {part.name: part.size for part in talkvid.parts} == {
        "age_group": 105, "gender": 100, "ethnicity": 100, "language": 195,
    }  # fmt: skip
    assert vidchat.unit == "pair" and vidchat.unseen == "hold_out"
    for plan in (talkvid, vidchat):
        assert plan_from_dict(plan.as_dict()) == plan
