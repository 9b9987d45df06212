"""Laws that hold for every recipe, whatever the source looks like."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from curation.recipes import JointParams, ShotsParams, TurnsParams, derive
from tests.curation.recipes.strategies import covered, sources

recipes = st.sampled_from(
    [
        ShotsParams(min_s=1),
        ShotsParams(min_s=0.5, max_s=4, trim_s=0.1, scope="frame"),
        TurnsParams(min_s=0.5, max_s=6),
        TurnsParams(listening=False, trim_s=0.2),
        JointParams(min_s=0.5, max_s=None),
        JointParams(min_people=1, max_people=2),
    ]
)


@given(sources(), recipes)
@settings(max_examples=150, deadline=None)
def test_clips_lie_inside_their_shot_and_track_and_keep_to_the_bounds(source, params):
    shots, tracks, turns = source
    by_shot = {s.key: s.interval() for s in shots}
    by_track = {t.key: t.interval() for t in tracks}
    for span in derive(params, shots=shots, tracks=tracks, turns=turns).spans:
        low, high = by_shot[span.shot_key]
        assert low <= span.start_us < span.end_us <= high
        if span.track_key is not None:
            assert by_track[span.track_key][0] <= span.start_us < span.end_us <= by_track[span.track_key][1]
        assert span.duration_s >= params.min_s
        assert params.max_s is None or span.duration_s <= params.max_s


@given(sources(), recipes)
@settings(max_examples=150, deadline=None)
def test_spans_of_one_track_never_overlap_and_with_the_dropped_ones_leave_nothing_out(source, params):
    shots, tracks, turns = source
    made = derive(params, shots=shots, tracks=tracks, turns=turns)
    for track in tracks:
        _, overlap = covered(made.spans, made.dropped, track.key)
        assert not overlap
    accounted = {(i.start_us, i.end_us, i.shot_key) for i in [*made.spans, *made.dropped]}
    for shot in shots:
        parts = sorted((a, b) for a, b, key in accounted if key == shot.key)
        at = shot.interval()[0]
        for start, end in parts:
            assert start <= at, "a stretch of the shot is neither a clip nor dropped"
            at = max(at, end)
        assert at == shot.interval()[1]


@given(sources(), recipes, st.randoms())
@settings(max_examples=80, deadline=None)
def test_the_order_of_the_facts_does_not_matter(source, params, rng: random.Random):
    shots, tracks, turns = (list(part) for part in source)
    first = derive(params, shots=shots, tracks=tracks, turns=turns)
    for part in (shots, tracks, turns):
        rng.shuffle(part)
    assert derive(params, shots=shots, tracks=tracks, turns=turns) == first
