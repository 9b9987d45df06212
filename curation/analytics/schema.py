"""The columns of a segment: one row a clip, sorted by its id."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from curation.metrics import clip_metrics

KEY = "clip_id"
LENGTH = "length_us"  # whole microseconds, kept as float64 so that sums need no conversion and stay exact
USABLE = "usable"  # 1: current, not withdrawn, not held; other rows answer nothing

# Words are kept once, in the manifest; a row holds the position of its word. Position 0 is always "" (not known).
WORD_COLUMNS: Mapping[str, type[np.generic]] = MappingProxyType(
    {
        "branch": np.int8,
        "language": np.int16,
        "gender": np.int16,
        "age_group": np.int16,
        "ethnicity": np.int16,
        "category": np.int16,
        "verdict": np.int8,
    }
)
ID_COLUMNS: tuple[str, ...] = ("source_id", "person_id")  # 0: none
HOW = "provenance_id"  # of the scorecard: how it came to be; 0: there is no scorecard, -1: there is one that does not say
METRIC_COLUMNS: tuple[str, ...] = tuple(spec.name for spec in clip_metrics())

DTYPES: Mapping[str, np.dtype] = MappingProxyType(
    {
        KEY: np.dtype(np.int64),
        LENGTH: np.dtype(np.float64),
        USABLE: np.dtype(np.int8),
        **{name: np.dtype(kind) for name, kind in WORD_COLUMNS.items()},
        **{name: np.dtype(np.int64) for name in (*ID_COLUMNS, HOW)},
        **{name: np.dtype(np.float32) for name in METRIC_COLUMNS},
    }
)
REQUIRED: tuple[str, ...] = (KEY, LENGTH, USABLE)


def absent_value(name: str) -> float | int:
    """What a row holds in a column that its segment does not have: NaN for a metric, 0 for a word or an id."""
    return float("nan") if DTYPES[name].kind == "f" else 0
