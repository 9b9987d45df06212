"""What goes along with exported clips: tracks and turns from the tables, words and landmarks from the series files.

Columns are those of ``curation.exports.tables`` without the first, ``id``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection

from curation.models import SeriesFile
from curation.selectors.series import column_array
from curation.storage import stored

Row = tuple[Any, ...]
Span = tuple[int, int, float, float]  # clip, source, begin and end in seconds


@dataclass(slots=True)
class Along:
    """Rows by table of one clip, and why a table has none because nothing was measured."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)


def along_of(clips: Sequence[Span]) -> dict[int, Along]:
    """What goes along with each of ``clips``, by clip; persons who were withdrawn stay out."""
    found = {clip: Along() for clip, *_ in clips}
    by_source: dict[int, list[Span]] = {}
    for span in clips:
        by_source.setdefault(span[1], []).append(span)
    tracks, turns = (_spans(sql, list(by_source)) for sql in (_TRACKS, _TURNS))
    files: dict[int, dict[str, SeriesFile]] = {}
    for file in SeriesFile.objects.filter(source__in=list(by_source)).order_by("made_at", "pk"):
        files.setdefault(file.source_id, {})[file.stage] = file
    for source, its in by_source.items():
        # A source is read once for all its clips here.
        for name, spans, reason in (
            (
                "tracks",
                tracks.get(source),
                "its source has no tracks: nobody looked at it, or nobody is seen",
            ),
            ("turns", turns.get(source), "its source has no turns: nobody listened to it, or nobody speaks"),
        ):
            during = _during(spans) if spans else None
            for clip, _, start_s, end_s in its:
                if during is None:
                    found[clip].lacking[name] = reason
                elif rows := during(start_s, end_s):
                    found[clip].rows[name] = rows
        if source in files:
            _of_source(its, files[source], found)
            continue
        for clip, *_ in its:
            lacking = found[clip].lacking
            lacking["words"] = lacking["landmarks"] = "its source has no series: it was not measured here"
    return found


def _during(spans: Sequence[tuple[float, float, Row]]) -> Callable[[float, float], list[Row]]:
    """Gives the rows of spans that overlap [start, end), in the order of ``spans``."""
    begins = [begin for begin, _, _ in spans]
    if begins != sorted(begins):
        return lambda start_s, end_s: [row for begin, end, row in spans if begin < end_s and end > start_s]
    # Where the latest end so far lies beyond the start, and where spans begin at the end or later.
    latest = list(accumulate((end for _, end, _ in spans), max))

    def rows(start_s: float, end_s: float) -> list[Row]:
        some = spans[bisect_right(latest, start_s) : bisect_left(begins, end_s)]
        return [row for _, end, row in some if end > start_s]

    return rows


def _spans(sql: str, sources: list[int]) -> dict[int, list[tuple[float, float, Row]]]:
    """Begin, end and row of every span of these sources, by source."""
    found: dict[int, list[tuple[float, float, Row]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, [sources])
        for source, begin, end, *row in cursor.fetchall():
            found.setdefault(source, []).append((begin, end, tuple(row)))
    return found


# A source whose every track or turn is a withdrawn person's looks as if it had none.
_LABEL = (
    "LEFT JOIN curation_person n ON n.id = x.person_id LEFT JOIN curation_person k ON k.id = n.same_as_id"
)
_WHOSE = "x.source_id = ANY(%s) AND n.withdrawn_at IS NULL AND k.withdrawn_at IS NULL"
_TRACKS = f"""
    SELECT x.source_id, x.start_s, x.end_s, x.number, x.start_s, x.end_s, nullif(coalesce(k.label, n.label), ''),
           (x.mean_box->>0)::float8, (x.mean_box->>1)::float8, (x.mean_box->>2)::float8, (x.mean_box->>3)::float8
    FROM curation_track x {_LABEL} WHERE {_WHOSE} ORDER BY x.source_id, x.number
"""
_TURNS = f"""
    SELECT x.source_id, x.start_s, x.end_s, x.start_s, x.end_s, t.number, nullif(coalesce(k.label, n.label), ''),
           nullif(x.speaker, ''), x.off_screen, x.talk_share, x.origin
    FROM curation_turn x LEFT JOIN curation_track t ON t.id = x.track_id {_LABEL}
    WHERE {_WHOSE} ORDER BY x.source_id, x.start_s, x.end_s, x.origin, t.number
"""


def _of_source(clips: Sequence[Span], files: Mapping[str, SeriesFile], found: Mapping[int, Along]) -> None:
    """Slice words and landmarks of one source to its clips."""
    if not clips:
        return
    for name, stage, scorer, read in (
        ("words", "listen", "whisper", _read_words),
        ("landmarks", "look", "head_detail", _read_landmarks),
    ):
        rows, reason = _series(files.get(stage), scorer, read)
        for clip, _, start_s, end_s in clips:
            if rows is None:
                found[clip].lacking[name] = reason
                continue
            begins, ends, values = rows
            at = (
                np.flatnonzero((begins < end_s) & (ends > start_s))
                if ends is not None
                else _between(begins, start_s, end_s)
            )
            if len(at):
                found[clip].rows[name] = [values(i) for i in at]


def _between(times: Any, start_s: float, end_s: float) -> Any:
    return np.flatnonzero((times >= start_s) & (times < end_s))


def _series(file: SeriesFile | None, scorer: str, read: Any) -> tuple[Any, str]:
    """Begins, ends (None: samples) and a maker of rows; or None and the reason."""
    if file is None:
        return None, f"{scorer} did not run on its source"
    status = file.statuses.get(scorer) or {}
    try:
        parquet = pq.ParquetFile(stored("series", file.path))
        found = read(parquet)
    except (OSError, ValueError, pa.ArrowException):
        return None, "the series of its source are gone from the store"
    if found is None:
        state = status.get("state") or "not_run"
        return None, f"{scorer}: {state}" + (f", {status['reason']}" if status.get("reason") else "")
    return found, ""


def _columns(parquet: pq.ParquetFile, series: str, fields: Sequence[str]) -> list[Any] | None:
    names = [f"{series}/{field}" for field in fields]
    if not set(names) <= set(parquet.schema_arrow.names):
        return None
    table = parquet.read(columns=names)
    return [column_array(table.column(name)) for name in names]


def _read_words(parquet: pq.ParquetFile) -> Any:
    found = _columns(parquet, "words", ("time_s", "end_s", "word", "probability"))
    if found is None:
        return None
    begins, ends, words, chances = found
    return begins, ends, lambda i: (float(begins[i]), float(ends[i]), words[i], _number(chances[i]))


def _read_landmarks(parquet: pq.ParquetFile) -> Any:
    found = _columns(parquet, "head", ("time_s", "track", "keypoints", "pose", "box"))
    if found is None:
        return None
    times, tracks, *parts = found
    values = np.concatenate(parts, axis=1)
    return times, None, lambda i: (float(times[i]), int(tracks[i]), *map(_number, values[i]))


def _number(value: Any) -> float | None:
    """Within a series NaN is "not measured at this sample"; it leaves as nothing."""
    return None if np.isnan(value) else float(value)
