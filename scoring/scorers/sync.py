"""How far sound and mouth are apart, and whether that can be told at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.runner.series import Series
from scoring.scorers.lr_asd import RATE_HZ
from scoring.scorers.mouth_motion import smoothed

REACH = 15
LEAST = 50
SMOOTH = 3
CHANCE_Z = 3.4
"""One-sided 1 % over 31 shifts (Bonferroni): how far a peak must stand out before it says anything."""
_QUIET_DB = 60.0
_LAGS = 40

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SyncCurve:
    """Correlation of mouth motion with the voice's level, the sound 15 frames early (first) to 15 late: (31,).

    ``effective``: how many independent frames the compared ones are worth (Bartlett), the fewer, the smoother
    mouth and voice change.
    """

    curve: Floats
    effective: float

    @property
    def peak(self) -> int:
        """The index of the best shift; 15 is none."""
        return int(np.argmax(self.curve))

    @property
    def in_place(self) -> float:
        """The correlation without any shift."""
        return float(np.clip(self.curve[REACH], -1, 1))

    @property
    def confidence(self) -> float:
        """Best correlation minus the median over the shifts."""
        return float(max(0.0, self.curve[self.peak] - np.median(self.curve)))

    @property
    def peak_z(self) -> float:
        """The best correlation in standard errors (Fisher's z over the effective frames)."""
        highest = float(np.clip(self.curve[self.peak], -0.999, 0.999))
        return float(np.arctanh(highest) * np.sqrt(max(1.0, self.effective - 3)))

    def unsure(self) -> str:
        """Why the best shift says nothing; empty where it does."""
        if self.peak_z < CHANCE_Z:
            return "the best shift may be chance: a longer clip, or one in which one person speaks, may tell"
        if self.peak in (0, len(self.curve) - 1):
            return f"the agreement still rises at {REACH} frames: the sound may be further off"
        return ""


def sync_curve(times_s: Floats, motion: Floats, levels: Series) -> SyncCurve | None:
    """Compare a mouth's ``motion`` at ``times_s`` (n,) with the series ``levels``, shift by shift.

    The voice's level: dB above −60 of full scale, times the voice's probability. Only frames for which there is
    sound at every shift are compared. ``None`` where they are fewer than 50, or mouth or sound does not change.
    """
    reach_s = REACH / RATE_HZ
    if not len(levels):
        return None
    inside = (times_s >= levels.times_s[0] + reach_s) & (times_s <= levels.times_s[-1] - reach_s)
    if inside.sum() < LEAST:
        return None
    loud = np.clip(levels["level"] / 100.0 + _QUIET_DB, 0, None) / _QUIET_DB * (levels["voice"] / 255.0)
    voice = smoothed(loud, SMOOTH)
    mouth = smoothed(motion, SMOOTH)[inside]
    curve, effective = [], np.inf
    for shift in range(-REACH, REACH + 1):
        at = np.interp(times_s[inside] + shift / RATE_HZ, levels.times_s, voice)
        if at.std() < 1e-3 or mouth.std() < 1e-6:
            return None
        curve.append(float(np.corrcoef(mouth, at)[0, 1]))
        if curve[-1] == max(curve):
            effective = effective_count(mouth, at)
    return SyncCurve(np.array(curve), float(effective))


def effective_count(a: Floats, b: Floats) -> float:
    """Independent samples that two series (n,) of smooth values are worth when they are correlated (Bartlett 1946)."""
    n = len(a)
    lags = range(1, min(_LAGS, n // 3))
    own = sum(max(0.0, _at_lag(a, lag) * _at_lag(b, lag)) for lag in lags)
    return n / (1 + 2 * own)


def _at_lag(values: Floats, lag: int) -> float:
    centred = values - values.mean()
    return float(np.dot(centred[:-lag], centred[lag:]) / np.dot(centred, centred))
