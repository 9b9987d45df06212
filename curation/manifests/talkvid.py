"""TalkVid's release: one object a clip (arXiv 2508.13618)."""

from __future__ import annotations

import re
from typing import Any

from curation.manifests.rows import Checking, Fault, ManifestRow

_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*s?\s*$")
_HEAD = tuple(
    (f"{side}_{name}", f"{name}_{side}")
    for name in ("movement", "rotation", "completeness", "resolution", "orientation")
    for side in ("avg", "min")
)
METRICS = (
    "duration_s",
    "frame_rate_fps",
    "width_px",
    "height_px",
    "dover_technical",
    "cotracker_ratio",
    *(metric for _, metric in _HEAD),
)
TOLERANCE_S = 0.1
"""A stated duration may differ from end − start by rounding, not by more."""


def parse(item: Any) -> ManifestRow:
    """One clip of the release. The video is known by its link, else by the id before its scene number.

    Raises ``BadRow`` naming each field that is missing, of the wrong kind, or impossible.
    """
    row = Checking(item)
    clip = row.text("id", need=True)
    start, end = row.span(row.number("start-time", need=True), row.number("end-time", need=True), "end-time")
    _check_duration(row, end - start)
    width, height, fps = row.count("width"), row.count("height"), row.number("fps")
    info = row.part("info")
    scores = row.part("head_detail").get("scores") or {}
    link = row.text("Video Link", at=info, most=2000)
    values: dict[str, float] = {"duration_s": end - start}
    for metric, value, where in (
        ("frame_rate_fps", fps, "fps"),
        ("width_px", width, "width"),
        ("height_px", height, "height"),
        ("dover_technical", row.number("dover_scores"), "dover_scores"),
        ("cotracker_ratio", row.number("cotracker_ratio"), "cotracker_ratio"),
    ):
        row.score(values, metric, value, where)
    if isinstance(scores, dict):
        for theirs, ours in _HEAD:
            row.score(values, ours, row.number(theirs, at=scores), f"head_detail.scores.{theirs}")
    else:
        row.faults.append(Fault("head_detail.scores", "is not an object"))
    found = ManifestRow(
        source=link or re.split(r"-scene", clip, maxsplit=1)[0],
        clip=clip,
        start_s=start,
        end_s=end,
        values=values,
        link=link,
        width=width,
        height=height,
        fps=fps,
        language=row.text("Language", at=info, most=20),
        category=row.text("Video Category", at=info, most=80),
        person=row.text("Person ID", at=info, most=120),
        gender=row.text("Gender", at=info, most=40),
        age_group=row.text("Age Group", at=info, most=40),
        ethnicity=row.text("Ethnicity", at=info, most=60),
        attributes={"description": text} if (text := row.text("description", most=4000)) else {},
    )
    row.done()
    return found


def _check_duration(row: Checking, seconds: float) -> None:
    said = row.item.get("durations")
    if said is None:
        return
    match = _DURATION.match(str(said))
    if match is None:
        row.faults.append(Fault("durations", f"is {said!r}; it is written like 5.042s"))
    elif not row.faults and abs(float(match[1]) - seconds) > TOLERANCE_S:
        row.faults.append(
            Fault("durations", f"says {match[1]} s, but end-time − start-time is {seconds:.3f} s")
        )
