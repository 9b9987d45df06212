"""How far people agree among themselves, each figure with its interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from annotation.agreement import coefficients as co
from annotation.agreement.kappa import cohen_kappa, kappa_max
from annotation.agreement.ratings import Answer, Rating, RatingGrid, rating_grid
from annotation.agreement.table import dice
from annotation.estimation.binomial import CLOPPER_PEARSON, proportion
from annotation.estimation.multinomial import multinomial_interval
from annotation.estimation.values import Estimate, Interval, Measure, Undefined, check_confidence

ITEM_BOOTSTRAP = "bootstrap over items"
MIN_ITEMS, MIN_DISPUTED, MIN_RARER = 20, 5, 5
_DRAWS = 2000
_TINY = 1e-300

Weighted = Callable[[npt.NDArray[np.int64], npt.NDArray[np.float64]], npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two raters on the items that both judged."""

    first: str
    second: str
    n: int
    raw: Measure
    kappa: Measure
    kappa_max: float | Undefined


@dataclass(frozen=True, slots=True)
class PeopleAgreement:
    """Agreement among people on one question.

    ``items`` with at least two answers, of which ``disputed`` are not unanimous. ``positive`` and
    ``negative`` are the specific agreements on True and False; κ is for exactly two raters, and ``pairs``
    has every two of them, where they were asked for.
    """

    items: int
    disputed: int
    raters: tuple[str, ...]
    raw: Measure
    positive: Measure
    negative: Measure
    kappa: Measure
    kappa_max: float | Undefined
    alpha: Measure
    ac1: Measure
    pairs: tuple[PairAgreement, ...]

    def metrics(self) -> dict[str, Measure]:
        """The figures by name, in the order in which pages show them."""
        return {
            "raw": self.raw,
            "positive": self.positive,
            "negative": self.negative,
            "kappa": self.kappa,
            "alpha": self.alpha,
            "ac1": self.ac1,
        }


def people_agreement(
    ratings: Iterable[Rating],
    *,
    categories: Sequence[Answer] | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    pairs: bool = True,
) -> PeopleAgreement:
    """Raw, positive and negative agreement, Cohen's κ, Krippendorff's α and Gwet's AC1.

    For yes-or-no questions intervals are smoothed ones, and exact for raw and specific agreement where no
    item has more than two answers; with three or more people, α and specific agreement keep theirs back
    while the rarer answer has the majority on fewer than 5 items. For other questions items are resampled
    from ``seed``, and the interval is withheld below 20 items or 5 disputed ones, where resampling knows
    too little. ``pairs``: every two raters too, which of a hundred people takes seconds.
    """
    check_confidence(confidence)
    grid = rating_grid(ratings, categories)
    counts = grid.counts()
    total = counts.sum(axis=1)
    paired = counts[total > 1]
    disputed = int((paired.max(axis=1, initial=0) < paired.sum(axis=1)).sum())
    kappa, ceiling = _kappa(grid, confidence)
    binary = set(grid.categories) == {True, False}
    if binary and len(paired):
        raw, positive, negative, alpha, ac1 = _yes_or_no(grid, counts, confidence)
    else:
        raw, positive, negative, alpha, ac1 = _resampled(counts, disputed, binary, confidence, seed)
    return PeopleAgreement(
        items=len(paired),
        disputed=disputed,
        raters=grid.raters,
        raw=raw,
        positive=positive,
        negative=negative,
        kappa=kappa,
        kappa_max=ceiling,
        alpha=alpha,
        ac1=ac1,
        pairs=_pairs(grid, confidence) if pairs else (),
    )


def _kappa(grid: RatingGrid, confidence: float) -> tuple[Measure, float | Undefined]:
    if len(grid.raters) != 2:
        reason = (
            "no one has judged yet"
            if not grid.raters
            else "one rater cannot agree with anyone"
            if len(grid.raters) == 1
            else f"κ compares two raters and there are {len(grid.raters)}; α and AC1 take any number"
        )
        return Undefined(reason), Undefined(reason)
    if len(grid.categories) < 2:
        reason = "everyone gave the same answer and no other possible answer is known"
        return Undefined(reason), Undefined(reason)
    table = grid.pair_table(*grid.raters)
    return cohen_kappa(table.tolist(), confidence), kappa_max(table.tolist())


def _pairs(grid: RatingGrid, confidence: float) -> tuple[PairAgreement, ...]:
    tables = grid.pair_tables()
    nothing = np.zeros((len(grid.categories),) * 2, dtype=np.int64)
    found = []
    for first, second in combinations(grid.raters, 2):
        table = tables.get((first, second), nothing)
        rows = tuple(tuple(row) for row in table.tolist())
        found.append(PairAgreement(first, second, int(table.sum()), *_pair_figures(rows, confidence)))
    return tuple(found)


# Of a hundred raters there are 4,950 pairs, most of them with few items in common and so with the same table.
@lru_cache(maxsize=4096)
def _pair_figures(
    table: tuple[tuple[int, ...], ...], confidence: float
) -> tuple[Measure, Measure, float | Undefined]:
    n = sum(map(sum, table))
    same = sum(row[place] for place, row in enumerate(table))
    raw = proportion(same, n, confidence, empty="no item was judged by both")
    if len(table) < 2:
        only = Undefined("everyone gave the same answer and no other possible answer is known")
        return raw, only, only
    return raw, cohen_kappa(table, confidence), kappa_max(table)


def _yes_or_no(
    grid: RatingGrid, counts: npt.NDArray[np.int64], confidence: float
) -> tuple[Measure, Measure, Measure, Measure, Measure]:
    """Smoothed intervals for yes-or-no questions, exact ones where no item has more than two answers.

    Items are alike if as many people judged them and as many said yes; with m people there are C(m, j) ways
    of j yeses, and the prior counts each way as a cell.
    """
    yes_column = grid.categories.index(True)
    n = int((counts.sum(axis=1) > 1).sum())
    # Counted by the answer that comes first this way: calling yes no must not draw other numbers.
    patterns, seen, pseudo = min(
        (_patterns(counts, column) for column in (0, 1)), key=lambda found: found[1].tolist()
    )
    scale = float(seen.sum())

    paired = counts[counts.sum(axis=1) > 1]
    rarer = min(int((paired[:, column] * 2 > paired.sum(axis=1)).sum()) for column in (0, 1))
    many = bool(counts.sum(axis=1).max() > 2)

    def smoothed(value: float | Undefined, function: Weighted, *, needs_both: bool = False) -> Measure:
        if isinstance(value, Undefined):
            return value
        if many and needs_both and rarer < MIN_RARER:
            reason = f"withheld: the rarer answer has the majority on {rarer} items, {MIN_RARER} are needed"
            return Estimate(value, Undefined(reason), n)
        interval = multinomial_interval(
            seen.tolist(),
            lambda shares: function(patterns, shares * scale),
            value,
            confidence,
            pseudo=pseudo.tolist(),
        )
        return Estimate(value, interval, n)

    alpha = smoothed(co.krippendorff_alpha(counts), co.alpha_of_weights, needs_both=True)
    ac1 = smoothed(co.gwet_ac1(counts), co.ac1_of_weights)
    if many:
        specific = [
            smoothed(
                co.specific_agreement(counts, column),
                lambda c, w, column=column: co.specific_of_weights(c, column, w),  # type: ignore[misc]
                needs_both=True,
            )
            for column in (yes_column, 1 - yes_column)
        ]
        return smoothed(co.raw_agreement(counts), co.raw_of_weights), specific[0], specific[1], alpha, ac1
    yes = int((counts[:, yes_column] == 2).sum())
    no = int((counts[:, 1 - yes_column] == 2).sum())
    split = n - yes - no
    method = f"{CLOPPER_PEARSON} (of both among either)"
    return (
        proportion(yes + no, n, confidence, empty=co.NO_PAIR),
        dice(yes, split, confidence, empty="nobody answered yes", method=method),
        dice(no, split, confidence, empty="nobody answered no", method=method),
        alpha,
        ac1,
    )


def _patterns(
    counts: npt.NDArray[np.int64], column: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Every possible (people, answers in ``column``) for the numbers of people seen, how often it was, and its prior
    weight.
    """
    total, yes = counts.sum(axis=1), counts[:, column]
    rated = int((total > 0).sum())
    patterns, seen, pseudo = [], [], []
    for people in np.unique(total[total > 0]):
        share = float((total == people).sum()) / rated
        for yeses in range(int(people) + 1):
            row = [int(people) - yeses] * 2
            row[column] = yeses
            patterns.append(row)
            seen.append(float(((total == people) & (yes == yeses)).sum()))
            pseudo.append(share * max(4 * comb(int(people), yeses) / 2 ** int(people), _TINY))
    return np.array(patterns), np.array(seen), np.array(pseudo)


def _resampled(
    counts: npt.NDArray[np.int64],
    disputed: int,
    binary: bool,
    confidence: float,
    seed: int,
) -> tuple[Measure, Measure, Measure, Measure, Measure]:
    """The item bootstrap, for questions with several answers."""
    items = int((counts.sum(axis=1) > 1).sum())
    withheld: Undefined | None = None
    if items < MIN_ITEMS:
        withheld = Undefined(
            f"withheld: {items} items with two answers, {MIN_ITEMS} are needed to resample them"
        )
    elif disputed < MIN_DISPUTED:
        withheld = Undefined(
            f"withheld: {disputed} disputed items, {MIN_DISPUTED} are needed to resample them"
        )
    # Items judged alike are drawn together: little memory for many items, and the same draws in whatever order the
    # items and the answers came.
    order = np.lexsort(((counts**3).sum(axis=0), (counts**2).sum(axis=0), counts.sum(axis=0)))
    kinds, seen = np.unique(counts[:, order], axis=0, return_counts=True)
    weights = np.zeros((0, len(kinds)))
    if withheld is None:
        drawn_kinds = np.random.default_rng(seed).multinomial(len(counts), seen / len(counts), size=_DRAWS)
        weights = drawn_kinds.astype(float)

    def measured(value: float | Undefined, function: Weighted) -> Measure:
        if isinstance(value, Undefined):
            return value
        if withheld is not None:
            return Estimate(value, withheld, items)
        drawn = function(kinds, weights)
        drawn = drawn[np.isfinite(drawn)]
        if len(drawn) < 0.9 * _DRAWS:
            return Estimate(value, Undefined("withheld: too few resamples have a value"), items)
        tail = (1.0 - confidence) / 2.0
        low, high = (float(bound) for bound in np.quantile(drawn, [tail, 1.0 - tail]))
        interval = Interval(min(low, value), max(high, value), confidence, ITEM_BOOTSTRAP, approximate=True)
        return Estimate(value, interval, items)

    nothing = Undefined(
        co.NO_PAIR if binary else "positive and negative agreement are for yes-or-no questions"
    )
    return (
        measured(co.raw_agreement(counts), co.raw_of_weights),
        nothing,
        nothing,
        measured(co.krippendorff_alpha(counts), co.alpha_of_weights),
        measured(co.gwet_ac1(counts), co.ac1_of_weights),
    )
