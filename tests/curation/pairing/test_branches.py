from curation.pairing import (
    Branch,
    ListenKind,
    UnpairedReason,
    branch_of,
    candidate_pairs,
    chained_turns,
    listen_kind,
    pair_clips,
    paired_spans,
    sequential_chains,
)
from curation.recipes import Shot, SpanKind, Track, Turn, derive_joint, derive_turns

SHOT = [Shot(1, 0, 60)]
TWO = [Track("a", 0, 60), Track("b", 0, 60)]
TURNS = [
    Turn(1, 0, 5, "a"),
    Turn(2, 5.5, 10, "b"),
    Turn(3, 10.2, 11, "a"),
    Turn(4, 30, 36, "a"),
    Turn(5, 40, 46, None),
]


def world():
    spans = derive_turns(SHOT, TWO, TURNS).spans
    pairs = candidate_pairs(TURNS)
    made, left = pair_clips(pairs, spans)
    return spans, pairs, made, left


def test_a_pair_of_turns_becomes_a_pair_of_the_clips_that_show_them():
    _, _, made, left = world()
    assert [(m.initiator_clip.turns, m.responder_clip.turns) for m in made] == [((1,), (2,))]
    assert [(p.responder.key, reason) for p, reason in left] == [(3, UnpairedReason.RESPONDER_HAS_NO_CLIP)]


def test_of_a_long_turn_the_clips_next_to_the_gap_are_paired():
    turns = [Turn(1, 0, 20, "a"), Turn(2, 21, 45, "b")]
    [pair], _ = pair_clips(candidate_pairs(turns), derive_turns(SHOT, TWO, turns).spans)
    assert (pair.initiator_clip.start_s, pair.initiator_clip.end_s) == (10, 20)
    assert (pair.responder_clip.start_s, pair.responder_clip.end_s) == (21, 33)


def test_branches_are_single_dialogue_and_listening():
    spans, _, made, _ = world()
    read = {(s.track_key, s.start_s, s.kind): branch_of(s, TURNS, paired_spans(made)) for s in spans}
    assert read["a", 0, SpanKind.TALK].branch is Branch.DIALOGUE
    assert read["b", 5.5, SpanKind.TALK].branch is Branch.DIALOGUE
    assert read["a", 30, SpanKind.TALK].branch is Branch.SINGLE
    assert read["a", 5.5, SpanKind.LISTEN].branch is Branch.LISTENING
    assert read["a", 5.5, SpanKind.LISTEN].listens is ListenKind.CO_PRESENT
    assert read["a", 40, SpanKind.LISTEN].listens is ListenKind.OFF_SCREEN


def test_a_clip_of_a_chain_is_multi_turn_and_still_meets_dialogue():
    spans, pairs, made, _ = world()
    chained = chained_turns(sequential_chains(pairs, gap_below_s=1))
    reading = branch_of(spans[0], TURNS, paired_spans(made), chained)
    assert reading.branch is Branch.MULTI_TURN
    assert reading.meets == {Branch.MULTI_TURN, Branch.DIALOGUE}


def test_a_whole_frame_clip_with_two_voices_is_a_dialogue():
    spans = derive_joint(SHOT, TWO).spans
    assert [branch_of(s, TURNS, frozenset()).branch for s in spans] == [Branch.DIALOGUE, Branch.SINGLE]


def test_whoever_speaks_longer_than_they_hear_others_does_not_listen():
    assert listen_kind((0, 4_000_000), "a", TURNS) is None
    assert listen_kind((50_000_000, 55_000_000), "a", TURNS) is None
