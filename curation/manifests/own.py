"""Rushes' own manifest: a JSON object a line.

``{"source": "a.mp4", "start_s": 1.0, "end_s": 6.5, "id": "…", "person": "…", "language": "en", "link": "…",
"category": "…", "gender": "…", "age_group": "…", "ethnicity": "…", "region": [x, y, width, height],
"scores": {"movement_min": 71.2}}``; only ``source``, ``start_s`` and ``end_s`` are needed.
"""

from __future__ import annotations

from typing import Any

from curation.manifests.rows import Checking, Fault, ManifestRow, numbers
from curation.metrics import clip_metrics

METRICS = tuple(spec.name for spec in clip_metrics())


def parse(item: Any) -> ManifestRow:
    """One clip. Scores may be any clip metrics of the catalogue; null is 'not measured'. Raises ``BadRow``."""
    row = Checking(item)
    source = row.text("source", need=True)
    start, end = row.span(row.number("start_s", need=True), row.number("end_s", need=True), "end_s")
    values: dict[str, float] = {"duration_s": end - start}
    scores = row.part("scores")
    for name in scores:
        if name not in METRICS:
            row.faults.append(Fault(f"scores.{str(name)[:60]}", "is no clip metric of the catalogue"))
            continue
        row.score(values, name, row.number(name, at=scores), f"scores.{name}")
    found = ManifestRow(
        source=source,
        clip=row.text("id") or f"{source}:{start:.3f}-{end:.3f}"[:200],
        start_s=start,
        end_s=end,
        values=values,
        link=row.text("link", most=2000),
        width=row.count("width"),
        height=row.count("height"),
        fps=row.number("fps"),
        language=row.text("language", most=20),
        category=row.text("category", most=80),
        person=row.text("person", most=120),
        gender=row.text("gender", most=40),
        age_group=row.text("age_group", most=40),
        ethnicity=row.text("ethnicity", most=60),
        region=_region(row),
    )
    row.done()
    return found


def _region(row: Checking) -> tuple[float, float, float, float] | None:
    region = row.item.get("region")
    if region is None:
        return None
    if found := numbers(region, 4):
        x, y, width, height = found
        inside = x >= 0 and y >= 0 and x + width <= 1 + 1e-9 and y + height <= 1 + 1e-9
        if inside and width > 0 and height > 0:
            return x, y, width, height
    row.faults.append(Fault("region", "is not [x, y, width, height] as shares of the frame"))
    return None
