"""How much of the picture lies under lettering that stays: captions, logos with names, burnt-in subtitles.

Lettering is a row of strokes: many strong left-right steps, up and down in turn, in a band that is wider than
high. Two looks half a second apart must agree on it, which takes out waving leaves and moving crowds.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from scoring.scorers.base import Pixels

STROKE_STEP = 45
LINE_HEIGHT = (7, 60)
"""Pixels of 360 lines that a line of lettering is high."""
LEAST_CROSSINGS = 0.06
"""Strong steps per pixel of width that lettering has in the rows through it, at least …"""
MOST_CROSSINGS = 0.5
"""… and at most: finer patterns are weave or noise."""
LEAST_ASPECT = 1.6
AGREEMENT = 0.5


class TextFinder:
    """Feed grey pictures (h, w) at 360 lines in order; :meth:`shares` gives one share a picture."""

    def __init__(self) -> None:
        self._last: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None = None
        self._shares: list[float] = []

    def add(self, grey: Pixels) -> None:
        edges, boxes = text_boxes(grey)
        steady = np.zeros(grey.shape, bool)
        if self._last is None or self._last[0].shape != edges.shape:
            # Nothing to agree with yet: the next look speaks for this one too.
            self._shares.append(float("nan"))
        else:
            for left, top, right, bottom in boxes:
                here = edges[top:bottom, left:right]
                before = self._last[0][top:bottom, left:right]
                if (here & before).sum() >= AGREEMENT * max(1, here.sum()):
                    steady[top:bottom, left:right] = True
            self._shares.append(float(steady.mean()))
        # Edges are widened by a pixel, so that coding noise does not count as movement.
        self._last = (cv2.dilate(edges.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0, steady)

    def shares(self) -> list[float]:
        """One share of the frame a picture; a lone picture's is NaN."""
        out = list(self._shares)
        for i in range(len(out) - 2, -1, -1):
            if np.isnan(out[i]):
                out[i] = out[i + 1]
        return out


def text_boxes(grey: Pixels) -> tuple[np.ndarray[Any, Any], list[tuple[int, int, int, int]]]:
    """Strong vertical strokes' edges (h, w) bool, and boxes (left, top, right, bottom) that look like lettering."""
    slope = cv2.Sobel(grey, cv2.CV_16S, 1, 0, ksize=3)
    edges = np.abs(slope) > STROKE_STEP * 4
    mask = edges.astype(np.uint8)
    # Strokes of a word stand closer than a letter's height: close the gaps, then drop what is thin.
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 13), np.uint8))
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((5, 9), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    boxes = []
    for left, top, width, height, area in stats[1:count]:
        if not (LINE_HEIGHT[0] <= height <= LINE_HEIGHT[1]) or width < LEAST_ASPECT * height:
            continue
        if area < 0.5 * width * height:
            continue
        patch = slope[top : top + height, left : left + width]
        if _is_lettering(patch):
            boxes.append((int(left), int(top), int(left + width), int(top + height)))
    return edges, boxes


def _is_lettering(slope: np.ndarray[Any, Any]) -> bool:
    """Rising and falling steps in turn, about as many of each, at the density of strokes."""
    middle = slope[slope.shape[0] // 4 : max(1, slope.shape[0] * 3 // 4)]
    strong = np.where(middle > STROKE_STEP * 4, 1, np.where(middle < -STROKE_STEP * 4, -1, 0))
    turns = []
    for row in strong:
        signs = row[row != 0]
        turns.append((np.diff(signs) != 0).sum() if len(signs) > 1 else 0)
    density = float(np.median(turns)) / slope.shape[1]
    up, down = (strong > 0).sum(), (strong < 0).sum()
    balanced = min(up, down) >= 0.5 * max(up, down, 1)
    return bool(LEAST_CROSSINGS <= density <= MOST_CROSSINGS and balanced)
