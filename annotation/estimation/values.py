"""What a calculation answers: a number with its interval, or "not defined" with the reason.

Nothing here ever holds a NaN, an infinity or a sentinel; a measure that cannot be computed is
:class:`Undefined`, and an interval that cannot be trusted is withheld the same way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any


class InputError(ValueError):
    """The caller's numbers cannot be what they claim to be; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Undefined:
    """No number can honestly be given; ``reason`` is a short sentence to be shown to people."""

    reason: str

    def __str__(self) -> str:
        return f"not defined: {self.reason}"


@dataclass(frozen=True, slots=True)
class Interval:
    """Two bounds that hold the truth with at least (or, if ``approximate``, about) ``confidence``.

    ``method`` is the name to print beside it. Bounds are in the unit of the estimate.
    """

    lower: float
    upper: float
    confidence: float
    method: str
    approximate: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lower) and math.isfinite(self.upper)):
            raise InputError(
                f"an interval needs finite bounds, got [{self.lower}, {self.upper}] ({self.method})"
            )
        if self.lower > self.upper:
            raise InputError(f"lower bound {self.lower} above upper bound {self.upper} ({self.method})")

    @property
    def width(self) -> float:
        """Upper minus lower."""
        return self.upper - self.lower

    def __contains__(self, value: float) -> bool:
        return self.lower <= value <= self.upper


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, what it is based on, and its interval (or why there is none).

    ``n`` counts the observations that the number rests on (its denominator, not its numerator);
    ``notes`` are caveats that belong beside the number.
    """

    value: float
    interval: Interval | Undefined
    n: int
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise InputError(f"an estimate must be finite, got {self.value}; use Undefined with a reason")


Measure = Estimate | Undefined


def check_confidence(confidence: float) -> float:
    """Return ``confidence`` if it lies strictly between 0 and 1, else raise :class:`InputError`."""
    if not 0.0 < confidence < 1.0:
        raise InputError(
            f"confidence must lie strictly between 0 and 1, got {confidence}; write 0.95 for 95 %"
        )
    return confidence


def check_count(name: str, value: int) -> int:
    """Return ``value`` as an int if it is a whole number of at least 0, else raise :class:`InputError`."""
    try:
        whole = -1 if isinstance(value, bool) else int(value)
    except (TypeError, ValueError, OverflowError):  # a text, nothing, NaN, infinity
        whole = -1
    if whole < 0 or whole != value:
        raise InputError(f"{name} must be a whole number of at least 0, got {value!r}")
    return whole


def as_plain(measure: Measure | Interval) -> dict[str, Any]:
    """A measure or interval as plain JSON values: numbers are full precision, absence is a reason."""
    if isinstance(measure, Undefined):
        return {"value": None, "reason": measure.reason}
    if isinstance(measure, Interval):
        return {
            "lower": measure.lower,
            "upper": measure.upper,
            "confidence": measure.confidence,
            "method": measure.method,
            "approximate": measure.approximate,
        }
    return {
        "value": measure.value,
        "n": measure.n,
        "interval": as_plain(measure.interval),
        "notes": list(measure.notes),
    }
