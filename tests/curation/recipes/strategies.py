"""Made-up sources for property tests: shots in a row, tracks inside them, turns of tracks and unseen voices."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from curation.recipes import Shot, Track, Turn


@st.composite
def sources(draw):
    shots, tracks, turns, at = [], [], [], 0.0
    for n in range(draw(st.integers(1, 4))):
        at += draw(st.sampled_from([0.0, 0.0, 1.25]))
        end = at + draw(st.floats(0.2, 60, allow_nan=False).map(lambda x: round(x, 3)))
        shots.append(Shot(f"s{n}", at, end))
        for k in range(draw(st.integers(0, 4))):
            a = at + (end - at) * draw(st.floats(0, 0.6))
            b = a + (end - a) * draw(st.floats(0.2, 1))
            if round((b - a) * 1e6) > 0:
                tracks.append(Track(f"s{n}t{k}", a, b, shot_key=draw(st.sampled_from([f"s{n}", None]))))
        at = end
    for n in range(draw(st.integers(0, 12))):
        a = draw(st.floats(0, max(at - 0.1, 0.1)))
        b = a + draw(st.floats(0.05, 25))
        track = draw(st.sampled_from([None, *tracks]))
        turns.append(Turn(n, a, b, None if track is None else track.key))
    return shots, tracks, turns


def covered(spans, dropped, track_key):
    """Microseconds of one track's spans and dropped spans, and whether any two of them overlap."""
    items = sorted((i.start_us, i.end_us) for i in [*spans, *dropped] if i.track_key == track_key)
    overlap = any(b[0] < a[1] for a, b in itertools.pairwise(items))
    return sum(b - a for a, b in items), overlap
