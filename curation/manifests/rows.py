"""One clip as a manifest describes it, and the checks that every value passes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from curation.metrics import METRICS


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: the field, as the manifest writes it, and why."""

    field: str
    reason: str


class BadRow(ValueError):
    """A row that cannot go in; ``faults`` lists everything that is wrong with it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{one.field}: {one.reason}" for one in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """A clip. ``source`` names the video within the corpus; times in seconds of its presentation time.

    ``values``: numbers by clip metric, each within its bounds; a metric that is absent was not released.
    ``person`` is empty where the manifest does not tell people apart.
    """

    source: str
    clip: str
    start_s: float
    end_s: float
    values: Mapping[str, float]
    link: str = ""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    language: str = ""
    category: str = ""
    person: str = ""
    gender: str = ""
    age_group: str = ""
    ethnicity: str = ""
    region: tuple[float, float, float, float] | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Checking:
    """Reads fields of one object and gathers every fault, so that a row is reported whole."""

    def __init__(self, item: Any) -> None:
        if not isinstance(item, Mapping):
            raise BadRow(Fault("row", f"is {_kind(item)}, not an object"))
        self.item = item
        self.faults: list[Fault] = []

    def text(
        self, *names: str, at: Mapping[str, Any] | None = None, need: bool = False, most: int = 200
    ) -> str:
        """The first of ``names`` that is there, as text; empty (a fault, if needed) where none is."""
        name, value = self._find(names, at)
        if value is None or value == "":
            if need:
                self.faults.append(Fault(names[0], "is missing"))
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.faults.append(Fault(name, f"is {_kind(value)}, not text"))
            return ""
        text = str(value)
        if "\x00" in text or not (text.isascii() or _is_unicode(text)):
            self.faults.append(Fault(name, "holds a zero byte or bytes that are not UTF-8"))
            return ""
        if len(text) > most:
            self.faults.append(Fault(name, f"is {len(text)} characters long; at most {most} are kept"))
            return ""
        return text

    def number(self, *names: str, at: Mapping[str, Any] | None = None, need: bool = False) -> float | None:
        """The first of ``names`` that is there, as a finite number; None (a fault, if needed) where none is."""
        name, value = self._find(names, at)
        if value is None:
            if need:
                self.faults.append(Fault(names[0], "is missing"))
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.faults.append(Fault(name, f"is {_kind(value)}, not a number"))
            return None
        if not math.isfinite(value):
            self.faults.append(Fault(name, f"is {value}, not a finite number"))
            return None
        return float(value)

    def part(self, name: str) -> Mapping[str, Any]:
        """An object inside the object; empty where it is not there."""
        value = self.item.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.faults.append(Fault(name, f"is {_kind(value)}, not an object"))
            return {}
        return value

    def span(self, start: float | None, end: float | None, where: str) -> tuple[float, float]:
        """Start and end in seconds, the end after the start."""
        if start is None or end is None:
            return 0.0, 1.0
        if start < 0:
            self.faults.append(Fault(where, f"begins before the video does, at {start:g} s"))
        elif end <= start:
            self.faults.append(Fault(where, f"ends at {end:g} s, not after its start at {start:g} s"))
        return start, end

    def score(self, values: dict[str, float], metric: str, value: float | None, where: str) -> None:
        """Put a number under its metric, if there is one and it can be one."""
        if value is None:
            return
        spec = METRICS[metric]
        if (spec.low is not None and value < spec.low) or (spec.high is not None and value > spec.high):
            low = "−∞" if spec.low is None else f"{spec.low:g}"
            high = "∞" if spec.high is None else f"{spec.high:g}"
            self.faults.append(Fault(where, f"is {value:g}; {spec.label} lies from {low} to {high}"))
            return
        values[metric] = value

    def done(self) -> None:
        """Raise ``BadRow`` with all faults, if there are any."""
        if self.faults:
            raise BadRow(*self.faults)

    def _find(self, names: tuple[str, ...], at: Mapping[str, Any] | None) -> tuple[str, Any]:
        place = self.item if at is None else at
        for name in names:
            if place.get(name) is not None:
                return name, place[name]
        return names[0], None


def _is_unicode(text: str) -> bool:
    """Whether the text is free of lone surrogates, which stand for bytes that were not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    return {dict: "an object", list: "a list", int: "a number", float: "a number"}.get(
        type(value), type(value).__name__
    )
