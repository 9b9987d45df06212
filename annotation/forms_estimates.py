"""Forms of the estimates: how to look at an audit, what a sample should give, how a subset is to be certified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from annotation.certificates import FIXED, SEQUENCE
from annotation.selectors.audits import LEVELS


@dataclass(frozen=True, slots=True)
class View:
    """How an audit is looked at: which tier is asked about, and which share is wanted (None: the audit's own)."""

    level: str
    target: float | None


def view_of(query: Mapping[str, str]) -> View:
    """From an address; nonsense in it falls back to the usual."""
    level = query.get("level", "")
    try:
        target = float(query.get("target", "")) / 100.0
    except ValueError:
        target = 0.0
    return View(level if level in LEVELS else LEVELS[0], target if 0.0 < target < 1.0 else None)


def _percent(label: str, initial: float, *, low: float = 0.1, high: float = 99.9) -> forms.FloatField:
    return forms.FloatField(label=label, min_value=low, max_value=high, initial=initial)


class PlanForm(forms.Form):
    """A sample that is wanted: a lower bound or a width, and what is expected."""

    want = forms.ChoiceField(
        label="What is wanted",
        choices=[("bound", "a lower bound"), ("width", "an interval no wider than")],
        initial="bound",
    )
    share = _percent("Share that you expect people to accept, %", 97, high=100)
    bound = _percent("Lower bound to reach, %", 95)
    chance = _percent("Chance of reaching it if the share is as expected, %", 90, low=50)
    width = _percent("Width of the interval, points", 4)
    population = forms.IntegerField(
        label="Clips in the list (blank: very many)", min_value=2, max_value=100_000_000, required=False
    )
    overlap = forms.IntegerField(label="People an item", min_value=1, max_value=9, initial=2)
    disputes = _percent("Items that go to a third person, %", 15, low=0, high=100)
    seconds = forms.FloatField(label="Seconds a judgment", min_value=1, max_value=600, initial=20)

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        # A plan lives in its address; what the address leaves out is as usual.
        if data is not None:
            data = {name: data.get(name, field.initial) for name, field in self.base_fields.items()}
        super().__init__(data, *args, **kwargs)


class CertifyForm(forms.Form):
    """An audit of a frozen subset: settled before anybody judges."""

    size = forms.IntegerField(label="Clips to draw", min_value=2, max_value=1_000_000, initial=300)
    target = _percent("Wanted share, %", 95, low=50)
    reading = forms.ChoiceField(
        label="How it will be read",
        choices=[
            (SEQUENCE, "After every judgment; stop as soon as it is enough"),
            (FIXED, "Once all drawn clips are settled; needs fewer of them"),
        ],
        initial=SEQUENCE,
        widget=forms.RadioSelect,
    )
    overlap = forms.IntegerField(label="People an item", min_value=2, max_value=9, initial=2)
