"""What single judgments would say if raters' errors on golds were everywhere: a sensitivity analysis.

Sources: W. J. Rogan and B. Gladen, "Estimating prevalence from the results of a screening test",
Am. J. Epidemiol. 107 (1978); interval: Z. Lang and J. Reiczigel, "Confidence limits for prevalence of
disease adjusted for estimated sensitivity and specificity", Prev. Vet. Med. 113 (2014).
"""

from __future__ import annotations

import math

import scipy

from annotation.estimation.values import (
    Estimate,
    InputError,
    Interval,
    Measure,
    Undefined,
    check_confidence,
    check_count,
)

LANG_REICZIGEL = "Lang–Reiczigel"
MIN_GOLDS = 50
MIN_YOUDEN = 1.5
SENSITIVITY_ONLY = "a sensitivity analysis, never a certificate"


def rogan_gladen(
    *,
    accepted: int,
    n: int,
    good_golds_accepted: int,
    good_golds: int,
    bad_golds_refused: int,
    bad_golds: int,
    confidence: float = 0.95,
) -> Measure:
    """(p + Sp − 1) / (Se + Sp − 1), cut to [0, 1], from ``accepted`` of ``n`` single judgments.

    Se is ``good_golds_accepted / good_golds`` and Sp ``bad_golds_refused / bad_golds``. Refused (not
    defined) below 50 golds a class or when Se + Sp < 1.5: the division would then blow errors up.
    """
    check_confidence(confidence)
    counts = {
        "accepted": (accepted, n),
        "good golds accepted": (good_golds_accepted, good_golds),
        "bad golds refused": (bad_golds_refused, bad_golds),
    }
    for name, (part, whole) in counts.items():
        if check_count(name, part) > check_count(name, whole):
            raise InputError(f"{name}: {part} of {whole} cannot be")
    if n == 0:
        return Undefined("nothing was judged")
    if good_golds < MIN_GOLDS or bad_golds < MIN_GOLDS:
        return Undefined(
            f"refused: {good_golds} acceptable and {bad_golds} unacceptable golds, "
            f"{MIN_GOLDS} of each are needed"
        )
    se, sp = good_golds_accepted / good_golds, bad_golds_refused / bad_golds
    if se + sp < MIN_YOUDEN:
        return Undefined(f"refused: sensitivity {se:.2f} + specificity {sp:.2f} is below {MIN_YOUDEN}")
    apparent = accepted / n
    raw = (apparent + sp - 1) / (se + sp - 1)
    value = min(max(raw, 0.0), 1.0)
    notes = [SENSITIVITY_ONLY]
    if raw != value:
        notes.append(f"the formula gives {raw:.3f}, cut to what a share can be")
    interval = _lang_reiczigel(apparent, n, se, good_golds, sp, bad_golds, confidence)
    interval = Interval(
        min(interval.lower, value), max(interval.upper, value), confidence, LANG_REICZIGEL, approximate=True
    )
    return Estimate(value, interval, n, tuple(notes))


def _lang_reiczigel(
    apparent: float, n: int, se: float, n_se: int, sp: float, n_sp: int, confidence: float
) -> Interval:
    z = float(scipy.stats.norm.ppf(0.5 + confidence / 2.0))
    se1, sp1 = (n_se * se + 1) / (n_se + 2), (n_sp * sp + 1) / (n_sp + 2)
    m_se, m_sp, m = n_se + 2, n_sp + 2, n + z * z
    p1 = (n * apparent + z * z / 2) / m
    youden = se1 + sp1 - 1
    middle = (p1 + sp1 - 1) / youden
    shift = 2 * z * z * (middle * se1 * (1 - se1) / m_se - (1 - middle) * sp1 * (1 - sp1) / m_sp)
    variance = (
        p1 * (1 - p1) / m + middle**2 * se1 * (1 - se1) / m_se + (1 - middle) ** 2 * sp1 * (1 - sp1) / m_sp
    ) / youden**2
    half = z * math.sqrt(variance)
    low, high = (min(max(middle + shift + sign * half, 0.0), 1.0) for sign in (-1, 1))
    return Interval(low, high, confidence, LANG_REICZIGEL, approximate=True)
