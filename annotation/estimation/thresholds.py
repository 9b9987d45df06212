"""Threshold curves from design-weighted judgments, and suggestions that keep their word.

Curves: at each threshold of one rule, given that all other rules hold, precision, recall and the share
kept, pointwise. Suggestions: A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan, L. Lei, "Learn then
Test" (Ann. Appl. Stat. 2025; arXiv 2110.01052): each threshold is a hypothesis "precision is below the
target", tested in fixed sequence from several strict starts, so that any threshold that passes has the
wanted precision, all at once, with the stated confidence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
import scipy

from annotation.estimation.values import InputError, Measure, Undefined, check_confidence
from annotation.estimation.weighted import weighted_share
from annotation.sampling.prn import hashed_bits
from annotation.sampling.split import Split

_STARTS = 5


class Direction(Enum):
    """Whether the rule keeps clips with a score of at least, or at most, its threshold."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


@dataclass(frozen=True, slots=True)
class ScoredJudgment:
    """A settled clip: its score on the rule's metric, what people said, and how it was drawn.

    ``passes_others``: whether every other rule lets it through; ``probability`` in (0, 1]; ``stratum`` of the draw,
    empty where it had none.
    """

    score: float
    accepted: bool
    passes_others: bool
    probability: float
    split: Split
    source: str = ""
    item: str = ""
    stratum: str = ""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One threshold: ``precision`` and ``recall`` in [0, 1], ``kept`` the share of clips kept of those
    passing other rules.

    ``grey``: no judged clip has a score between the neighbouring thresholds, so the point is drawn from
    afar.
    """

    threshold: float
    precision: Measure
    recall: Measure
    kept: Measure
    judged: int
    grey: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The loosest threshold whose precision reaches ``target`` with ``confidence``, among all that pass.

    ``warning`` says what to mind: few judgments, a grey threshold, unequal weights.
    """

    threshold: float
    target: float
    confidence: float
    judged: int
    passing: tuple[float, ...]
    warnings: tuple[str, ...]


def threshold_curve(
    judgments: Iterable[ScoredJudgment],
    thresholds: Sequence[float],
    direction: Direction = Direction.AT_LEAST,
    *,
    confidence: float = 0.95,
) -> tuple[CurvePoint, ...]:
    """A point per threshold (in rising order), each with its own interval."""
    check_confidence(confidence)
    edges = _edges(thresholds)
    rows = [row for row in judgments if row.passes_others]
    score, accepted, pi = _columns(rows)
    strata = [row.stratum for row in rows]
    empty = Undefined("no clip that passes the other rules was judged")
    points = []
    for place, threshold in enumerate(edges):
        if not rows:
            points.append(CurvePoint(threshold, empty, empty, empty, 0, True))
            continue
        kept = _kept(score, threshold, direction)
        below = edges[place - 1] if place else -math.inf
        above = edges[place + 1] if place + 1 < len(edges) else math.inf
        grey = not ((score >= below) & (score <= above)).any()
        outside = not (score.min() <= threshold <= score.max())
        points.append(
            CurvePoint(
                threshold=threshold,
                precision=_share(
                    accepted, kept, pi, strata, confidence, "no judged clip is kept at this threshold"
                ),
                recall=_share(kept, accepted, pi, strata, confidence, "people accepted no judged clip"),
                kept=_share(kept, np.ones_like(kept), pi, strata, confidence, "nothing was judged"),
                judged=int(kept.sum()),
                grey=grey or outside,
            )
        )
    return tuple(points)


def suggest_threshold(
    judgments: Iterable[ScoredJudgment],
    thresholds: Sequence[float],
    target: float,
    direction: Direction = Direction.AT_LEAST,
    *,
    confidence: float = 0.95,
) -> Suggestion | Undefined:
    """The loosest of ``thresholds`` whose precision is at least ``target``, learned on tune items only.

    Certify items among ``judgments`` are set aside. Not defined, with the warning as its reason, when the
    judgments support no threshold. Where to start is chosen from scores alone, never from answers. Items
    are taken as independent draws.
    """
    check_confidence(confidence)
    if not 0.0 < target < 1.0:
        raise InputError(f"the target precision must lie strictly between 0 and 1, got {target}")
    edges = _edges(thresholds)
    rows = [row for row in judgments if row.passes_others and row.split is Split.TUNE]
    # Bets are laid one after another: in an order of the items' own, which neither answers nor callers know.
    rows.sort(key=lambda row: hashed_bits("bet", "", row.item))
    if not rows:
        return Undefined("no tune item that passes the other rules was judged")
    score, accepted, pi = _columns(rows)
    strict_first = edges[::-1] if direction is Direction.AT_LEAST else edges
    kept = [_kept(score, threshold, direction) for threshold in strict_first]
    sizes = [int(mask.sum()) for mask in kept]
    needed = math.ceil(math.log((1 - confidence) / _STARTS) / math.log(target))
    starts = _starts(sizes, needed)
    if not starts:
        return Undefined(
            f"these judgments cannot support a suggestion: {max(sizes)} tune items are kept by the loosest "
            f"threshold, and {needed} without a single failure are the least that could show "
            f"a precision of {target:g}"
        )
    level = (1.0 - confidence) / len(starts)
    equal = bool(np.ptp(pi) <= 1e-12 * pi.max())
    passing: set[int] = set()
    for start in starts:
        for place in range(start, len(strict_first)):
            if place in passing:
                continue
            if _p_value(accepted[kept[place]], pi[kept[place]], target, level, equal) > level:
                break
            passing.add(place)
    if not passing:
        return Undefined(
            f"no threshold shows a precision of {target:g} with {confidence:.0%} confidence: "
            "judge more tune items, or ask for less"
        )
    best = max(passing)
    warnings = []
    threshold = strict_first[best]
    inside = score[kept[best]]
    if not score.min() <= threshold <= score.max():
        warnings.append("the threshold lies outside the scores that were judged")
    if sizes[best] < 2 * needed:
        warnings.append(f"it rests on {sizes[best]} judgments only")
    if not equal:
        warnings.append("clips were drawn with unequal probabilities, which makes the test cautious")
    named = [row.source for row in rows if row.source]
    if len(set(named)) < len(named):
        warnings.append("several clips share a source; the test takes clips as independent")
    assert len(inside) == sizes[best]
    return Suggestion(
        threshold=threshold,
        target=target,
        confidence=confidence,
        judged=sizes[best],
        passing=tuple(sorted(strict_first[place] for place in passing)),
        warnings=tuple(warnings),
    )


def check_threshold(
    judgments: Iterable[ScoredJudgment],
    threshold: float,
    direction: Direction = Direction.AT_LEAST,
    *,
    confidence: float = 0.95,
) -> Measure:
    """Precision at ``threshold`` on certify items, which no tuning has seen."""
    rows = [row for row in judgments if row.passes_others and row.split is Split.CERTIFY]
    if not rows:
        return Undefined("no certify item that passes the other rules was judged")
    score, accepted, pi = _columns(rows)
    kept = _kept(score, threshold, direction)
    strata = [row.stratum for row in rows]
    return _share(accepted, kept, pi, strata, confidence, "no judged certify item is kept at this threshold")


Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def _edges(thresholds: Sequence[float]) -> list[float]:
    edges = sorted({float(value) for value in thresholds})
    if not edges or not all(math.isfinite(value) for value in edges):
        raise InputError("give at least one threshold, all of them finite")
    return edges


def _columns(rows: Sequence[ScoredJudgment]) -> tuple[Floats, Bools, Floats]:
    score = np.array([row.score for row in rows], dtype=float)
    if not np.isfinite(score).all():
        raise InputError("a judgment without a finite score cannot be placed: leave unmeasured clips out")
    pi = np.array([row.probability for row in rows], dtype=float)
    if not ((pi > 0) & (pi <= 1)).all():
        raise InputError("inclusion probabilities must lie in (0, 1]")
    return score, np.array([row.accepted for row in rows], dtype=bool), pi


def _kept(score: Floats, threshold: float, direction: Direction) -> Bools:
    return score >= threshold if direction is Direction.AT_LEAST else score <= threshold


def _share(top: Bools, base: Bools, pi: Floats, strata: list[str], confidence: float, empty: str) -> Measure:
    if not base.any():
        return Undefined(empty)
    inside = base.astype(bool)
    chances = pi[inside]
    # Equal chances need no strata: the plain interval is exact, and on the wide side for a draw within strata.
    plain = len(set(strata)) < 2 or np.ptp(1.0 / chances) <= 1e-12 / chances.min()
    return weighted_share(
        top[inside].astype(float),
        np.ones(int(inside.sum())),
        chances,
        strata=None if plain else [name for name, here in zip(strata, inside, strict=True) if here],
        confidence=confidence,
    )


def _starts(sizes: list[int], needed: int) -> list[int]:
    """Up to five places in the strict-to-loose order, spread evenly over those with enough judged clips."""
    able = [place for place, size in enumerate(sizes) if size >= needed]
    if not able:
        return []
    return sorted({able[round(step)] for step in np.linspace(0, len(able) - 1, _STARTS)})


def _p_value(accepted: Bools, pi: Floats, target: float, level: float, equal: bool) -> float:
    """P-value of "precision is at most the target" among kept clips."""
    n = len(accepted)
    if n == 0:
        return 1.0
    if equal:
        return float(scipy.stats.binom.sf(int(accepted.sum()) - 1, n, target))
    # w·(accepted − target) has mean at most 0 under the hypothesis and is bounded below: bet against that.
    # The bets must not know what comes, so a list sorted by answer is shuffled first, always the same way.
    order = np.random.default_rng(0).permutation(n)
    gain = ((accepted - target) * (pi.min() / pi))[order]
    step = np.arange(1, n + 1)
    spread = (0.25 + np.cumsum(gain**2)) / (step + 1)
    before = np.concatenate([[0.25], spread[:-1]])
    bet = np.minimum(np.sqrt(2 * math.log(1 / level) / (before * n)), 0.75 / target)
    wealth = float(np.cumsum(np.log1p(bet * gain)).max())
    return min(1.0, math.exp(-wealth))
