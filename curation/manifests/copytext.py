"""Manifest rows as text for PostgreSQL's COPY, so that whoever reads a manifest can also encode it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache

from curation.manifests.rows import ManifestRow

COLUMNS = (
    ("line", "bigint"),
    ("source", "text"),
    ("sha256", "text"),
    ("link", "text"),
    ("width", "integer"),
    ("height", "integer"),
    ("fps", "float8"),
    ("language", "text"),
    ("category", "text"),
    ("clip", "text"),
    ("start_s", "float8"),
    ("end_s", "float8"),
    ("person", "text"),
    ("gender", "text"),
    ("age_group", "text"),
    ("ethnicity", "text"),
    ("region", "jsonb"),
    ("attributes", "jsonb"),
)
"""What a row has beside its metrics, with PostgreSQL's types; the metrics follow, as ``real``."""
_NULL = "\\N"
_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_line(line: int, row: ManifestRow, origin: str, metrics: Sequence[str]) -> str:
    """``row`` of manifest line ``line`` as one line of COPY text: ``COLUMNS``, then ``metrics``."""
    values = row.values
    region = _NULL if row.region is None else json.dumps(row.region)
    attributes = json.dumps(dict(row.attributes)).replace("\\", "\\\\") if row.attributes else _NULL
    texts = (
        row.source, row.link, row.language, row.category, row.clip,
        row.person, row.gender, row.age_group, row.ethnicity,
    )  # fmt: skip
    source, link, language, category, clip, person, gender, age, ethnicity = (
        text.translate(_SPECIAL) if "\\" in text or not text.isprintable() else text for text in texts
    )
    scores = "\t".join([repr(values[name]) if name in values else _NULL for name in metrics])
    return (
        f"{line}\t{source}\t{source_key(origin, row.source)}\t{link}\t{_number(row.width)}\t{_number(row.height)}\t"
        f"{_number(row.fps)}\t{language}\t{category}\t{clip}\t{row.start_s!r}\t{row.end_s!r}\t{person}\t{gender}\t"
        f"{age}\t{ethnicity}\t{region}\t{attributes}\t{scores}\n"
    )


@lru_cache(maxsize=4096)
def source_key(origin: str, source: str) -> str:
    """The sha256 by which a listed source is known: it has no file here, so its name stands for its content."""
    return hashlib.sha256(f"{origin}:{source}".encode()).hexdigest()


def _number(value: float | None) -> str:
    return _NULL if value is None else repr(value)
