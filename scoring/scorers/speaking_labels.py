"""Talk or listen, from a speaking score: MIT's rule, plain and merged (arXiv 2508.03050)."""

from __future__ import annotations

import heapq
import itertools

import numpy as np
import numpy.typing as npt

KERNEL = 5
MERGE_FRAMES = 25
GAP_S = 0.1

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def median_filter(scores: npt.ArrayLike, kernel: int = KERNEL) -> Floats:
    """Each value (n,) replaced by the median of the ``kernel`` around it; fewer at the ends."""
    values = np.asarray(scores, np.float64)
    reach = kernel // 2
    out = values.copy()
    if len(values) >= kernel:
        windows = np.lib.stride_tricks.sliding_window_view(values, kernel)
        out[reach : len(values) - reach] = np.median(windows, axis=1)
    ends = (
        range(len(values))
        if len(values) < kernel
        else (*range(reach), *range(len(values) - reach, len(values)))
    )
    for at in ends:
        out[at] = np.median(values[max(0, at - reach) : at + reach + 1])
    return out


def talk_labels(times_s: npt.ArrayLike, scores: npt.ArrayLike, *, merge_frames: int = 0) -> Bools:
    """Whether each frame (n,) is talk: median filter of 5, split at zero crossings, a segment's mean above 0.

    ``merge_frames`` (MIT's merged variant: 25): shorter segments go to their neighbours, shortest first. Frames
    further apart than 0.1 s are not filtered or merged into each other. Ascending ``times_s``, equally spaced.
    """
    times = np.asarray(times_s, np.float64)
    values = np.asarray(scores, np.float64)
    labels = np.zeros(len(values), bool)
    edges = [0, *(np.flatnonzero(np.diff(times) > GAP_S) + 1).tolist(), len(values)]
    for first, after in itertools.pairwise(edges):
        part = _split(median_filter(values[first:after]))
        labels[first:after] = _merged(part, merge_frames) if merge_frames else part
    return labels


def segments(labels: Bools) -> list[tuple[int, int, bool]]:
    """Runs of equal labels as (first, after the last, label)."""
    if not len(labels):
        return []
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    return [(a, b, bool(labels[a])) for a, b in itertools.pairwise(edges)]


def _split(smooth: Floats) -> Bools:
    labels = np.zeros(len(smooth), bool)
    for first, after, _ in segments(smooth > 0):
        labels[first:after] = smooth[first:after].mean() > 0
    return labels


def _merged(labels: Bools, least: int) -> Bools:
    runs = segments(labels)
    length = [after - first for first, after, _ in runs]
    before = list(range(-1, len(runs) - 1))
    behind = [*range(1, len(runs)), -1]
    alive, left = [True] * len(runs), len(runs)
    waiting = [(size, at) for at, size in enumerate(length) if size < least]
    heapq.heapify(waiting)
    while waiting and left > 1:
        size, at = heapq.heappop(waiting)
        if not alive[at] or length[at] != size:
            continue
        # the run takes its neighbours' label: with them it becomes one run, which stands where the first stood
        for other in (before[at], behind[at]):
            if other >= 0:
                alive[other], left = False, left - 1
                length[at] += length[other]
        start, end = before[at], behind[at]
        keep = start if start >= 0 else at
        alive[at], alive[keep], length[keep] = False, True, length[at]
        before[keep] = before[start] if start >= 0 else -1
        behind[keep] = behind[end] if end >= 0 else -1
        if before[keep] >= 0:
            behind[before[keep]] = keep
        if behind[keep] >= 0:
            before[behind[keep]] = keep
        runs[keep] = (*runs[keep][:2], runs[start][2] if start >= 0 else not runs[at][2])
        if length[keep] < least:
            heapq.heappush(waiting, (length[keep], keep))
    out = labels.copy()
    at = 0
    while at >= 0 and runs:
        out[runs[at][0] : runs[at][0] + length[at]] = runs[at][2]
        at = behind[at]
    return out
