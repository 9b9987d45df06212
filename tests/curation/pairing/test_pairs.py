import random

from hypothesis import given, settings
from hypothesis import strategies as st

from curation.metrics import pair_metrics
from curation.pairing import candidate_pairs
from curation.recipes import Turn
from tests.curation.recipes.strategies import sources


def named(pairs):
    return [(p.initiator.key, p.responder.key) for p in pairs]


def test_an_answer_within_the_bounds_is_a_candidate_and_its_metrics_are_those_of_the_catalogue():
    [pair] = candidate_pairs([Turn(1, 0, 4, "a", talk_share=0.9), Turn(2, 4.5, 9, "b")])
    assert set(pair.metrics) == {spec.name for spec in pair_metrics()}
    assert pair.metrics == {
        "pair_gap_s": 0.5,
        "pair_initiator_turn_s": 4.0,
        "pair_responder_turn_s": 4.5,
        "pair_overlap_s": 0.0,
        "pair_initiator_talk_share": 0.9,
        "pair_responder_talk_share": None,
        "pair_turns_between": 0.0,
    }


def test_the_bounds_are_included_and_nothing_beyond_them():
    first = Turn(1, 0, 10, "a")
    for start, is_pair in [(7.999, False), (8, True), (15, True), (15.001, False)]:
        assert bool(candidate_pairs([first, Turn(2, start, start + 3, "b")])) is is_pair


def test_nobody_answers_themselves_and_an_answer_starts_later():
    assert candidate_pairs([Turn(1, 0, 4, "a"), Turn(2, 5, 9, "a")]) == []
    assert candidate_pairs([Turn(1, 0, 1, "a"), Turn(2, 0, 1.5, "b")]) == []


def test_one_person_over_two_tracks_is_one_voice():
    turns = [Turn(1, 0, 4, "a1", speaker="Ann"), Turn(2, 5, 9, "a2", speaker="Ann")]
    assert candidate_pairs(turns) == []


def test_talking_over_each_other_is_counted_over_the_whole_exchange():
    turns = [Turn(1, 0, 6, "a"), Turn(2, 2, 3, "b"), Turn(3, 5, 9, "b")]
    pair = next(p for p in candidate_pairs(turns) if p.responder.key == 3)
    assert pair.metrics["pair_overlap_s"] == 2.0
    assert pair.metrics["pair_gap_s"] == -1.0
    assert pair.turns_between == 1


def test_unseen_speakers_form_no_pair_unless_asked_for():
    turns = [Turn(1, 0, 4, "a"), Turn(2, 5, 6, None), Turn(3, 7, 9, "b")]
    assert named(candidate_pairs(turns)) == [(1, 3)]
    assert candidate_pairs(turns)[0].turns_between == 1
    assert named(candidate_pairs(turns, with_unseen=True)) == [(1, 2), (1, 3), (2, 3)]


@given(sources(), st.randoms())
@settings(max_examples=80, deadline=None)
def test_a_second_run_in_another_order_gives_the_same_pairs_and_keys(source, rng: random.Random):
    turns = list(source[2])
    first = candidate_pairs(turns)
    rng.shuffle(turns)
    again = candidate_pairs(turns)
    assert again == first
    same_time_and_voice = {(t.voice, t.interval()) for t in turns}
    if len(same_time_and_voice) == len(turns):
        assert len({pair.key for pair in first}) == len(first)


@given(sources())
@settings(max_examples=60, deadline=None)
def test_it_finds_what_a_look_at_every_two_turns_finds(source):
    turns = source[2]
    expected = {
        (a.key, b.key)
        for a in turns
        for b in turns
        if a.track_key and b.track_key and a.voice != b.voice
        and b.interval()[0] > a.interval()[0]
        and -2_000_000 <= b.interval()[0] - a.interval()[1] <= 5_000_000
    }  # fmt: skip
    assert set(named(candidate_pairs(turns))) == expected
