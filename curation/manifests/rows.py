"""One clip as a manifest describes it, and the checks that every value passes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from curation.metrics import METRICS

LARGEST = 3.4028234663852886e38
"""Of float32, which scorecards hold."""
LONGEST_S = 10_000_000
"""Some four months: later times are written wrongly."""
_SMALLEST = 2.0**-149
_BOUNDS = {
    name: (-LARGEST if spec.low is None else spec.low, LARGEST if spec.high is None else spec.high)
    for name, spec in METRICS.items()
}


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
        if type(value) is str and value.isascii() and 0 < len(value) <= most and "\x00" not in value:
            return value  # nearly every text there is
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
        if not -LARGEST <= value <= LARGEST:  # neither is NaN
            self.faults.append(Fault(name, "is no number that a float32 can hold"))
            return None
        return float(value)

    def count(self, *names: str, need: bool = False) -> int | None:
        """As ``number``, a whole number of pixels, say; None (a fault) where it is negative or no integer can be."""
        value = self.number(*names, need=need)
        if value is not None and not 0 <= value < 1 << 31:
            self.faults.append(
                Fault(self._find(names, None)[0], f"is {value:g}; it lies from 0 to 2147483647")
            )
            return None
        return None if value is None else int(value)

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
        elif end > LONGEST_S:
            self.faults.append(Fault(where, f"ends at {end:g} s; no video is longer than {LONGEST_S} s"))
        elif end <= start:
            self.faults.append(Fault(where, f"ends at {end:g} s, not after its start at {start:g} s"))
        return start, end

    def score(self, values: dict[str, float], metric: str, value: float | None, where: str) -> None:
        """Put a number under its metric, if there is one and it can be one."""
        if value is None:
            return
        lowest, highest = _BOUNDS[metric]
        if not lowest <= value <= highest:
            spec = METRICS[metric]
            low = "−∞" if spec.low is None else f"{spec.low:g}"
            high = "∞" if spec.high is None else f"{spec.high:g}"
            self.faults.append(Fault(where, f"is {value:g}; {spec.label} lies from {low} to {high}"))
            return
        # What is nearer to zero than any float32 is zero there.
        values[metric] = value if value == 0 or abs(value) > _SMALLEST else 0.0

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


def numbers(value: Any, count: int) -> list[float] | None:
    """``value`` as ``count`` numbers, or None where it is no list of that."""
    if not isinstance(value, list) or len(value) != count:
        return None
    if not all(isinstance(one, int | float) and -LARGEST <= one <= LARGEST for one in value):
        return None
    return [float(one) for one in value]


def storable(value: Any) -> bool:
    """Whether a JSON value can be kept as such: PostgreSQL has no zero bytes, and UTF-8 no lone surrogates."""
    text = json.dumps(value, ensure_ascii=False)
    return "\\u0000" not in text and _is_unicode(text)


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
