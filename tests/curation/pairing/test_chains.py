from hypothesis import given, settings

from curation.pairing import candidate_pairs, context_before, sequential_chains
from curation.recipes import Turn
from tests.curation.recipes.strategies import sources

TALK = [Turn(1, 0, 4, "a"), Turn(2, 4.5, 8, "b"), Turn(3, 8.2, 12, "a"), Turn(4, 14.5, 18, "b")]


def test_neighbours_with_gaps_below_the_bound_form_a_chain():
    [chain] = sequential_chains(candidate_pairs(TALK), gap_below_s=1.0)
    assert [turn.key for turn in chain.turns] == [1, 2, 3]
    assert len(chain.pairs) == 2


def test_a_wider_bound_makes_a_longer_chain_and_a_minimum_a_shorter_list():
    [chain] = sequential_chains(candidate_pairs(TALK), gap_below_s=3.0)
    assert [turn.key for turn in chain.turns] == [1, 2, 3, 4]
    assert sequential_chains(candidate_pairs(TALK), gap_below_s=3.0, turns_at_least=5) == []


@given(sources())
@settings(max_examples=60, deadline=None)
def test_no_turn_lies_in_two_chains_and_chains_follow_time(source):
    chains = sequential_chains(candidate_pairs(source[2]), gap_below_s=5)
    keys = [turn.key for chain in chains for turn in chain.turns]
    assert len(keys) == len(set(keys))
    for chain in chains:
        assert all(
            a.interval()[0] < b.interval()[0] for a, b in zip(chain.turns, chain.turns[1:], strict=False)
        )


def test_context_is_what_was_said_within_the_window_before():
    assert [t.key for t in context_before(TALK[3], TALK, window_s=3)] == [3]
    assert [t.key for t in context_before(TALK[3], TALK, window_s=10.1)] == [2, 3]
    assert context_before(TALK[0], TALK, window_s=60) == ()
