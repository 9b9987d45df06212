"""The part that all recipes share: trimming shots, splitting long spans, dropping short ones with a reason."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from curation.recipes.facts import (
    Derivation,
    DroppedSpan,
    DropReason,
    Key,
    Shot,
    Span,
    SpanKind,
    Track,
    by_time,
)
from curation.recipes.intervals import Interval, clip_to, split_at_silences, split_evenly, to_s, to_us
from curation.recipes.params import RecipeParams


class Assembly:
    """Collects the spans and dropped spans of one derivation under one set of parameters."""

    def __init__(self, params: RecipeParams) -> None:
        self._params = params
        self._min = to_us(params.min_s)
        self._max = None if params.max_s is None else to_us(params.max_s)
        self._spans: list[Span] = []
        self._dropped: list[DroppedSpan] = []

    def trim(self, shot: Shot) -> Interval | None:
        """The shot less ``trim_s`` at both ends; what is cut off is dropped as ``trimmed``."""
        start, end = shot.interval()
        trim = to_us(self._params.trim_s)
        if end - start <= 2 * trim:
            self.drop((start, end), DropReason.TRIMMED, shot_key=shot.key, detail="shorter than both trims")
            return None
        if trim:
            self.drop((start, start + trim), DropReason.TRIMMED, shot_key=shot.key)
            self.drop((end - trim, end), DropReason.TRIMMED, shot_key=shot.key)
        return start + trim, end - trim

    def add(
        self,
        interval: Interval,
        kind: SpanKind,
        *,
        track_key: Key | None = None,
        shot_key: Key | None = None,
        tracks: tuple[Key, ...] = (),
        turns: Sequence[tuple[Interval, Key]] = (),
        silences: Iterable[Interval] | None = None,
    ) -> None:
        """Take ``interval`` as one clip, as several where it is too long, or drop it where it is too short.

        ``turns`` are the turns that it was cut from; each part keeps those that it touches. ``silences``: cut a
        long one in silences where there are any, instead of evenly.
        """
        if silences is None or self._max is None:
            parts = list(split_evenly(interval, self._max))
        else:
            parts = split_at_silences(interval, silences, self._max, self._min)
        for part in parts:
            if part[1] - part[0] < self._min:
                seconds = to_s(part[1] - part[0])
                self.drop(
                    part,
                    DropReason.TOO_SHORT,
                    track_key=track_key,
                    shot_key=shot_key,
                    detail=f"{seconds:.3f} s, shorter than {self._params.min_s:g} s",
                )
                continue
            touched = tuple(key for turn, key in turns if clip_to(turn, part))
            self._spans.append(Span(part[0], part[1], kind, track_key, shot_key, tracks, touched))

    def drop(
        self,
        interval: Interval,
        reason: DropReason,
        *,
        track_key: Key | None = None,
        shot_key: Key | None = None,
        detail: str = "",
    ) -> None:
        """Record a stretch that becomes no clip."""
        if interval[0] < interval[1]:
            self._dropped.append(DroppedSpan(interval[0], interval[1], reason, track_key, shot_key, detail))

    def done(self) -> Derivation:
        """Everything collected, in order."""
        params = self._params
        return Derivation(
            params.recipe,
            params.version,
            params.fingerprint(),
            tuple(sorted(self._spans, key=by_time)),
            tuple(sorted(self._dropped, key=by_time)),
        )


def shots_in_order(shots: Sequence[Shot]) -> list[Shot]:
    """Shots by time, whatever order they came in; raises ``ValueError`` where two overlap."""
    ordered = sorted(shots, key=lambda shot: (shot.interval(), str(shot.key)))
    for before, after in itertools.pairwise(ordered):
        if after.interval()[0] < before.interval()[1]:
            raise ValueError(
                f"shot {after.key!r} starts at {after.start_s} s, before shot {before.key!r} ends at {before.end_s} s"
            )
    return ordered


def tracks_of_shot(tracks: Sequence[Track], shot: Shot, inside: Interval) -> list[tuple[Track, Interval]]:
    """The tracks that belong to ``shot`` with the part of each inside ``inside``, by time, then by key.

    A track that names another shot is left out; one that names none belongs wherever its time falls.
    """
    found = []
    for track in tracks:
        if track.shot_key is not None and track.shot_key != shot.key:
            continue
        part = clip_to(track.interval(), inside)
        if part:
            found.append((track, part))
    return sorted(found, key=lambda item: (item[1], str(item[0].key)))
