"""How estimates look: `{% load estimates %}`. A number never stands without its interval or the reason there is none."""

from __future__ import annotations

import math
from typing import Any

from django import template

from annotation.estimation import Estimate, Interval, Undefined
from curation.policies.tiers import Tier

register = template.Library()
_NARROW = "\u202f"


@register.filter
def is_estimate(measure: Any) -> bool:
    """Whether there is a number at all."""
    return isinstance(measure, Estimate)


@register.filter
def bounds(measure: Any) -> Interval | None:
    """The interval of an estimate; None where it is withheld or nothing is defined."""
    return (
        measure.interval if isinstance(measure, Estimate) and isinstance(measure.interval, Interval) else None
    )


@register.filter
def why_not(measure: Any) -> str:
    """The reason that there is no number, or no interval."""
    if isinstance(measure, Undefined):
        return measure.reason
    if isinstance(measure, Estimate) and isinstance(measure.interval, Undefined):
        return measure.interval.reason
    return ""


@register.filter
def is_undefined(value: Any) -> bool:
    """Whether something is not defined, with a reason."""
    return isinstance(value, Undefined)


@register.filter
def down(value: float | None) -> str:
    """A lower bound as per cent, rounded down: the page never says more than was shown."""
    if value is None:
        return "–"
    return f"{math.floor(value * 1000 + 1e-9) / 10:.1f}{_NARROW}%"


@register.filter
def figure(value: float | None) -> str:
    """A coefficient between −1 and 1 with two decimals, as studies print it."""
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


@register.filter
def amount(value: float | None) -> str:
    """A number of clips or hours: whole from 100 on, else with a decimal, below a tenth with two figures."""
    if value is None:
        return "–"
    if 0 < abs(value) < 0.1:
        return f"{value:.2g}"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"
    return text.replace(",", _NARROW)


@register.filter
def at(mapping: Any, key: Any) -> Any:
    """A mapping's value; None where it has none."""
    return mapping.get(key)


@register.filter
def tier_of_stratum(name: str) -> str:
    """A stratum's name for people: the tier that a stored code stands for, any other name as it is."""
    return f"proposed {Tier(int(name)).word}" if name in ("0", "1", "2", "3") else name
