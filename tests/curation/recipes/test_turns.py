from curation.recipes import DropReason, Shot, SpanKind, Track, Turn, TurnsParams, derive_turns

SHOT = [Shot(1, 0, 30)]
TWO = [Track("a", 0, 30), Track("b", 0, 30)]


def of(made, track, kind):
    return [(s.start_s, s.end_s) for s in made.spans if s.track_key == track and s.kind is kind]


def test_one_talks_while_the_other_listens():
    made = derive_turns(SHOT, TWO, [Turn(1, 2, 8, "a"), Turn(2, 9, 14, "b")])
    assert of(made, "a", SpanKind.TALK) == [(2, 8)]
    assert of(made, "a", SpanKind.LISTEN) == [(9, 14)]
    assert of(made, "b", SpanKind.TALK) == [(9, 14)]
    assert of(made, "b", SpanKind.LISTEN) == [(2, 8)]


def test_a_pause_within_a_turn_does_not_cut_it_but_another_voice_does():
    turns = [Turn(1, 0, 4, "a"), Turn(2, 4.4, 8, "a"), Turn(3, 8.2, 12, "a"), Turn(4, 8.05, 8.15, "b")]
    made = derive_turns(SHOT, TWO, turns)
    assert of(made, "a", SpanKind.TALK) == [(0, 8), (8.2, 12)]
    assert [s.turns for s in made.spans if s.track_key == "a" and s.kind is SpanKind.TALK] == [(1, 2), (3,)]


def test_a_long_turn_is_cut_in_its_silence():
    made = derive_turns(SHOT, TWO[:1], [Turn(1, 0, 20, "a")], speech=[(0, 8), (8.1, 11), (12, 20)])
    assert of(made, "a", SpanKind.TALK) == [(0, 11.5), (11.5, 20)]


def test_without_voice_activity_a_long_turn_is_cut_evenly():
    made = derive_turns(SHOT, TWO[:1], [Turn(1, 0, 20, "a")])
    assert of(made, "a", SpanKind.TALK) == [(0, 10), (10, 20)]


def test_an_unseen_voice_makes_no_talking_clip_but_a_listening_one():
    made = derive_turns(SHOT, [Track("a", 0, 20)], [Turn(1, 5, 12, None), Turn(2, 22, 27, None)])
    assert of(made, "a", SpanKind.TALK) == []
    assert of(made, "a", SpanKind.LISTEN) == [(5, 12)]
    assert [(d.start_s, d.end_s) for d in made.dropped if d.reason is DropReason.OFF_SCREEN_VOICE] == [
        (22, 27)
    ]


def test_silence_and_short_turns_are_kept_as_dropped():
    made = derive_turns(SHOT, TWO[:1], [Turn(1, 5, 7, "a")], TurnsParams(listening=False))
    assert [(d.start_s, d.end_s, str(d.reason)) for d in made.dropped] == [
        (0, 5, "nobody_speaks"),
        (5, 7, "too_short"),
        (7, 30, "nobody_speaks"),
    ]
