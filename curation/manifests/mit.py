"""MIT, Multi-human Interactive Talking: a folder a clip with ``meta.json`` and ``speaker_info.json`` (arXiv 2508.03050)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curation.manifests.rows import BadRow, Checking, Fault, ManifestRow, numbers, storable

METRICS = ("duration_s", "persons_clip")
FPS = 25.0
"""Periods are counted in frames of 25 a second."""


def parse(item: Any, name: str = "") -> ManifestRow:
    """One clip of ``{"meta": …, "speaker_info": …}``, or of ``meta`` alone. ``period`` is [first, last) in frames.

    Raises ``BadRow``.
    """
    if isinstance(item, Mapping) and "meta" in item:
        meta, speakers = item["meta"], item.get("speaker_info") or {}
    else:
        meta, speakers = item, {}
    row = Checking(meta)
    video = row.text("video", "source", need=True)
    period: Any = row.item.get("period")
    frames = numbers(period, 2)
    if frames is None:
        raise BadRow(*row.faults, Fault("period", "is not [first frame, last frame]"))
    start, end = row.span(frames[0] / FPS, frames[1] / FPS, "period")
    values: dict[str, float] = {"duration_s": end - start}
    row.score(values, "persons_clip", row.number("num_speaker"), "num_speaker")
    found = ManifestRow(
        source=video,
        clip=name or f"{video}:{period[0]}-{period[1]}"[:200],
        start_s=start,
        end_s=end,
        values=values,
        link=row.text("url", most=2000),
        fps=FPS,
        category=row.text("source", most=80),
        attributes=_talk(row, speakers),
    )
    row.done()
    return found


def _talk(row: Checking, speakers: Any) -> dict[str, Any]:
    """Who speaks and listens when, as released, in frames of the clip."""
    if not isinstance(speakers, Mapping):
        row.faults.append(Fault("speaker_info", "is not an object"))
        return {}
    found = {key: speakers[key] for key in ("speak", "listen", "period_num") if key in speakers}
    if not storable(found):
        row.faults.append(Fault("speaker_info", "holds a zero byte or bytes that are not UTF-8"))
        return {}
    return found
