"""Faces to tracks: each person one track through a shot.

Detections of one moment are assigned to the tracks at hand at once (Hungarian method) by overlap, distance of
centres and change of size; distance is measured in face sizes, so near and far people are treated alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy

from scoring.scorers.base import Box, Floats

BRIDGE_S = 1.0
"""A face missed for up to this long is taken to have moved straight from where it was to where it is found."""
REMEMBER_S = 5.0
"""A face that comes back to its place within this time, in the same shot, is the same track."""
HOLD_S = 0.1
"""A track reaches this far beyond its first and last detection, within its shot: the detector looks in steps."""
CONFIRM = 3
"""Detections that make a track; fewer are taken for a false alarm."""
REACH_SIZES = 0.6
"""How far, in face sizes, a face may be from where it was expected …"""
REACH_SIZES_S = 2.0
"""… plus so many for each second since it was seen …"""
REACH_LIMIT = 1.5
"""… and never more than this."""
SIZE_CHANGE = 1.8
"""A face doesn't grow or shrink by more than this factor."""
_FORBIDDEN = 1e6


@dataclass(slots=True)
class Track:
    """One face's way through a shot. ``times`` (n) and ``boxes`` (n, 4) of detections; ``scores`` (n)."""

    number: int
    shot: int
    times: list[float] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    dropped: int = 0
    first_s: float = 0.0
    _table: tuple[Floats, Floats] | None = field(default=None, repr=False, compare=False)

    def add(self, time_s: float, box: Box, score: float) -> None:
        if not self.times and not self.dropped:
            self.first_s = time_s
        self.times.append(time_s)
        self.boxes.append(box)
        self.scores.append(score)
        self._table = None

    @property
    def confirmed(self) -> bool:
        return self.dropped + len(self.times) >= CONFIRM

    @property
    def last_s(self) -> float:
        return self.times[-1]

    def forget_before(self, time_s: float) -> None:
        """Drop old detections, all but the last before ``time_s``, so that memory stays bounded."""
        keep = 0
        while keep + 1 < len(self.times) and self.times[keep + 1] < time_s:
            keep += 1
        if keep:
            self.dropped += keep
            del self.times[:keep], self.boxes[:keep], self.scores[:keep]
            self._table = None

    def boxes_at(self, moments: Floats) -> Floats:
        """(m, 4) boxes at ``moments`` (m,); NaN rows where the track is not: before, after, in long gaps."""
        times, sides = self._arrays()
        out = np.empty((len(moments), 4))
        for side in range(4):
            out[:, side] = np.interp(moments, times, sides[side])
        after = np.searchsorted(times, moments, side="left").clip(0, len(times) - 1)
        before = (np.searchsorted(times, moments, side="right") - 1).clip(0, len(times) - 1)
        away_after = times[after] - moments
        away_before = moments - times[before]
        gap = times[after] - times[before]
        bridged = (gap <= BRIDGE_S) & (away_after >= -1e-9) & (away_before >= -1e-9)
        held = (np.abs(away_after) <= HOLD_S) | (np.abs(away_before) <= HOLD_S)
        out[~(bridged | held)] = np.nan
        return out

    def _arrays(self) -> tuple[Floats, Floats]:
        """``times`` (n,) and the sides of ``boxes`` (4, n), made once for all frames between two detections."""
        if self._table is None:
            self._table = np.asarray(self.times), np.ascontiguousarray(np.asarray(self.boxes).T)
        return self._table


class FaceTracker:
    """Feed moments in order; ``cut()`` between shots. Tracks are numbered from 0 as they appear."""

    def __init__(self) -> None:
        self.open: list[Track] = []
        self.shot = 0
        self._next = 0

    def cut(self) -> list[Track]:
        """A new shot begins: every track ends. Returns those that were open."""
        ended, self.open = self.open, []
        self.shot += 1
        return ended

    def update(self, time_s: float, boxes: Sequence[Box], scores: Sequence[float]) -> list[Track]:
        """Take in what was found at ``time_s``; returns tracks that ended because they were gone too long."""
        ended = [one for one in self.open if time_s - one.last_s > REMEMBER_S]
        self.open = [one for one in self.open if time_s - one.last_s <= REMEMBER_S]
        taken: set[int] = set()
        for row, column in self._assign(time_s, boxes):
            self.open[row].add(time_s, boxes[column], scores[column])
            taken.add(column)
        for column, box in enumerate(boxes):
            if column not in taken:
                track = Track(self._next, self.shot)
                self._next += 1
                track.add(time_s, box, scores[column])
                self.open.append(track)
        return ended

    def _assign(self, time_s: float, boxes: Sequence[Box]) -> list[tuple[int, int]]:
        if not self.open or not boxes:
            return []
        expected = np.array([self._expected(one, time_s) for one in self.open])
        reach = np.array(
            [min(REACH_LIMIT, REACH_SIZES + REACH_SIZES_S * (time_s - one.last_s)) for one in self.open]
        )
        cost = assignment_cost(expected, np.asarray(boxes, float), reach)
        rows, columns = scipy.optimize.linear_sum_assignment(cost)
        return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if cost[r, c] < _FORBIDDEN]

    @staticmethod
    def _expected(track: Track, time_s: float) -> Box:
        """Where it was, moved on by its last steady motion for a tenth of a second at most."""
        last = np.asarray(track.boxes[-1])
        if len(track.times) < 2 or track.times[-1] - track.times[-2] > 0.3:
            return track.boxes[-1]
        speed = (last - np.asarray(track.boxes[-2])) / (track.times[-1] - track.times[-2])
        move = speed * min(0.1, time_s - track.last_s)
        centre = (move[:2] + move[2:]) / 2
        return tuple(last + np.concatenate([centre, centre]))  # type: ignore[return-value]


def median_box(boxes: Floats) -> Floats:
    """(4,) the median of each side over the rows of ``boxes`` (n, 4) that are not NaN; at least one must not be."""
    there = np.sort(boxes[~np.isnan(boxes[:, 0])], axis=0)
    half = len(there) // 2
    return there[half] if len(there) % 2 else (there[half - 1] + there[half]) / 2


def assignment_cost(expected: Floats, found: Floats, reach: Floats) -> Floats:
    """(t, f) cost of giving found box f (f, 4) to expected box t (t, 4): distance of centres in face sizes
    + (1 − IoU) / 2 + |log of size ratio|; forbidden (1e6) beyond ``reach`` (t,) or the allowed size change."""
    size_t = np.sqrt(np.maximum(1e-9, (expected[:, 2] - expected[:, 0]) * (expected[:, 3] - expected[:, 1])))
    size_f = np.sqrt(np.maximum(1e-9, (found[:, 2] - found[:, 0]) * (found[:, 3] - found[:, 1])))
    centre_t = (expected[:, :2] + expected[:, 2:]) / 2
    centre_f = (found[:, :2] + found[:, 2:]) / 2
    distance = np.linalg.norm(centre_t[:, None] - centre_f[None], axis=2)
    distance = distance / np.maximum(size_t[:, None], size_f[None])
    growth = np.abs(np.log(size_t[:, None] / size_f[None]))
    cost = distance + (1 - iou(expected, found)) / 2 + growth
    return np.where((distance > reach[:, None]) | (growth > np.log(SIZE_CHANGE)), _FORBIDDEN, cost)


def iou(a: Floats, b: Floats) -> Floats:
    """(n, m) intersection over union of boxes (n, 4) and (m, 4)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a = np.prod(np.clip(a[:, 2:] - a[:, :2], 0, None), axis=1)
    area_b = np.prod(np.clip(b[:, 2:] - b[:, :2], 0, None), axis=1)
    return inter / np.maximum(1e-9, area_a[:, None] + area_b[None] - inter)
