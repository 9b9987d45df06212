"""Parameters of recipes: typed, checked, versioned, and identified by a fingerprint."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, get_args, get_type_hints

from curation.recipes.intervals import to_us


class BadParams(ValueError):
    """A recipe's parameter is unknown, of the wrong kind, or contradicts another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeParams:
    """What every recipe can be told.

    ``min_s`` and ``max_s`` bound a clip's length in seconds (``max_s`` ``None``: never split); ``trim_s`` is
    taken off at both sides of each cut, where cross-fades and late cuts hide.
    """

    recipe: ClassVar[str] = ""
    version: ClassVar[int] = 1

    min_s: float = 5.0
    max_s: float | None = 30.0
    trim_s: float = 0.0

    def __post_init__(self) -> None:
        if self.min_s <= 0:
            raise BadParams(f"min_s must be above 0 s, not {self.min_s}")
        if self.trim_s < 0:
            raise BadParams(f"trim_s must not be negative, not {self.trim_s}")
        if self.max_s is not None and self.max_s < 2 * self.min_s:
            # equal parts of a long span are then never shorter than min_s
            raise BadParams(f"max_s ({self.max_s}) must be at least twice min_s ({self.min_s})")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Build from stored or typed-in values; raises ``BadParams`` saying which one is wrong and why."""
        known = {f.name for f in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise BadParams(
                f"recipe {cls.recipe!r} has no parameter {', '.join(unknown)}; it knows {', '.join(sorted(known))}"
            )
        hints = get_type_hints(cls)
        return cls(**{name: _checked(name, value, hints[name]) for name, value in values.items()})

    def as_dict(self) -> dict[str, Any]:
        """The parameters as plain JSON values, by name."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    def fingerprint(self) -> str:
        """Sixteen hex digits that name recipe, version and parameters; equal settings give equal fingerprints."""
        said = {
            name: to_us(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
            for name, value in self.as_dict().items()
        }
        text = json.dumps([self.recipe, self.version, said], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _checked(name: str, value: Any, hint: Any) -> Any:
    kinds = get_args(hint) or (hint,)
    if value is None and type(None) in kinds:
        return None
    if bool in kinds:
        if isinstance(value, bool):
            return value
        raise BadParams(f"{name} must be true or false, not {value!r}")
    if str in kinds:
        if isinstance(value, str):
            return value
        raise BadParams(f"{name} must be a word, not {value!r}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadParams(f"{name} must be a finite number, not {value!r}")
    if float in kinds:
        return float(value)
    if int(value) != value:
        raise BadParams(f"{name} must be a whole number, not {value!r}")
    return int(value)
