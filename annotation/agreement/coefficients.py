"""Coefficients that take any number of raters an item: raw and specific agreement, α, AC1.

All of them read the counts matrix n[i, k] (people who gave item i the answer k), possibly with a weight
an item, which is how the item bootstrap enters.

Sources: raw and specific agreement: D. V. Cicchetti and A. R. Feinstein, J. Clin. Epidemiol. 43 (1990), in
the form for several raters of J. L. Fleiss, "Statistical Methods for Rates and Proportions" (1981), ch. 13.
α: K. Krippendorff, "Content Analysis" (2004), ch. 11, computed by the ``krippendorff`` package.
AC1: K. L. Gwet, "Computing inter-rater reliability and its variance in the presence of high agreement",
Br. J. Math. Stat. Psychol. 61 (2008).
"""

from __future__ import annotations

import krippendorff
import numpy as np
import numpy.typing as npt

from annotation.estimation.values import Undefined

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
NO_PAIR = "no item was judged by two people"


def raw_agreement(counts: Counts) -> float | Undefined:
    """The share of pairs of answers on the same item that are alike, in [0, 1]."""
    alike, pairs = _pairs(counts)
    return float(alike.sum() / pairs.sum()) if pairs.sum() else Undefined(NO_PAIR)


def specific_agreement(counts: Counts, category: int) -> float | Undefined:
    """Given that one person gave this answer, the chance that another did too, in [0, 1]."""
    total = counts.sum(axis=1)
    possible = int((counts[:, category] * (total - 1)).sum())
    if not total.max(initial=0) > 1:
        return Undefined(NO_PAIR)
    if possible == 0:
        return Undefined("nobody gave this answer")
    return float((counts[:, category] * (counts[:, category] - 1)).sum() / possible)


def krippendorff_alpha(counts: Counts) -> float | Undefined:
    """Krippendorff's α for nominal answers; 1 is perfect, 0 is chance, and it can be negative."""
    used = counts[counts.sum(axis=1) > 1]
    if not len(used):
        return Undefined(NO_PAIR)
    if np.count_nonzero(used.sum(axis=0)) < 2:
        return Undefined("everyone gave the same answer, so α has no disagreement by chance to compare with")
    return float(krippendorff.alpha(value_counts=used, level_of_measurement="nominal"))


def gwet_ac1(counts: Counts) -> float | Undefined:
    """Gwet's AC1; stays defined when everyone answers the same, if the possible answers are known.

    Items with one answer inform the chance term only, as in Gwet's own treatment of missing answers.
    """
    total = counts.sum(axis=1)
    if not (total > 1).any():
        return Undefined(NO_PAIR)
    if counts.shape[1] < 2:
        return Undefined("AC1 needs to know at least two possible answers")
    return float(ac1_of_weights(counts, np.ones((1, len(counts))))[0])


def ac1_of_weights(counts: Counts, weights: Floats) -> Floats:
    """AC1 for each row of item ``weights``, shape (draws, items) → (draws,)."""
    total = counts.sum(axis=1)
    rated, paired = total > 0, total > 1
    alike, pairs = _pairs(counts)
    share = np.divide(alike, pairs, out=np.zeros(len(counts)), where=pairs > 0)
    answered = counts / np.maximum(total, 1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = (weights @ share) / (weights @ paired)
        prevalence = (weights @ answered) / (weights @ rated)[:, None]
        chance = (prevalence * (1 - prevalence)).sum(axis=1) / (counts.shape[1] - 1)
        return np.asarray((observed - chance) / (1 - chance), dtype=np.float64)


def alpha_of_weights(counts: Counts, weights: Floats) -> Floats:
    """α for each row of item ``weights``, shape (draws, items) → (draws,); the items' sum must be a count.

    The same coefficient as :func:`krippendorff_alpha`, from the coincidences, for many weightings at once.
    """
    total = counts.sum(axis=1)
    paired = total > 1
    alike, pairs = _pairs(counts)
    differing = np.where(paired, (pairs - alike) / np.maximum(total - 1, 1), 0.0)
    values = weights @ np.where(paired[:, None], counts, 0)
    n = values.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (n**2 - (values**2).sum(axis=1)) / (n - 1)
        return np.asarray(1 - (weights @ differing) / expected, dtype=np.float64)


def raw_of_weights(counts: Counts, weights: Floats) -> Floats:
    """Raw agreement for each row of item ``weights``."""
    alike, pairs = _pairs(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((weights @ alike) / (weights @ pairs), dtype=np.float64)


def specific_of_weights(counts: Counts, category: int, weights: Floats) -> Floats:
    """Specific agreement on ``category`` for each row of item ``weights``."""
    total = counts.sum(axis=1)
    alike = counts[:, category] * (counts[:, category] - 1)
    possible = counts[:, category] * np.maximum(total - 1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((weights @ alike) / (weights @ possible), dtype=np.float64)


def _pairs(counts: Counts) -> tuple[Counts, Counts]:
    """Ordered pairs of answers an item: those alike, and all of them."""
    total = counts.sum(axis=1)
    return (counts * (counts - 1)).sum(axis=1), total * (total - 1)
