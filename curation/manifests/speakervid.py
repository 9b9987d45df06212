"""SpeakerVid-5M's ``merged_anno``: one object a clip and person (arXiv 2507.09862)."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from curation.manifests.rows import Checking, Fault, ManifestRow, numbers

METRICS = (
    "duration_s", "clarity", "dover_fused", "syncnet_confidence", "syncnet_distance", "syncnet_offset_frames",
)  # fmt: skip
_NAME = re.compile(
    r"^(?P<video>.+?)_(?P<width>\d+)x(?P<height>\d+)_full_video_(?P<scene>\d+)_(?P<role>A|B|None)_(?P<person>\w+)$"
)
_ROLES = {"A": "initiator", "B": "responder"}


def parse(item: Any, name: str = "") -> ManifestRow:
    """One clip. ``name``: the file's name, which carries video, scene, role and person; in JSONL the object's own
    ``file``, ``name`` or ``id``. Times come as ``start_seconds``/``end_seconds`` or as ``start``/``duration``.

    Sync figures are means over the released windows of the clip's person. Raises ``BadRow``.
    """
    row = Checking(item)
    stem = PurePosixPath(name or row.text("file", "file_name", "name", "id", "clip_id", most=300)).name
    stem = stem.removesuffix(".json").removesuffix(".mp4")
    told = _NAME.match(stem)
    video = row.text("yt_id", "ytid", "video_id") or (told["video"] if told else "")
    if not video:
        row.faults.append(Fault("yt_id", "is missing, and the file's name does not tell it"))
    start = row.number("start_seconds", "start", need=True)
    end = row.number("end_seconds", "end")
    if end is None and start is not None:
        length = row.number("duration", need=True)
        end = None if length is None else start + length
    start_s, end_s = row.span(start, end, "end_seconds")
    values: dict[str, float] = {"duration_s": end_s - start_s}
    row.score(values, "clarity", row.number("clear", "clarity"), "clear")
    row.score(values, "dover_fused", row.number("dover"), "dover")
    person = told["person"] if told else row.text("speaker", most=60)
    _sync(row, values, person)
    found = ManifestRow(
        source=video,
        clip=stem or f"{video}:{start_s:.3f}-{end_s:.3f}:{person}",
        start_s=start_s,
        end_s=end_s,
        values=values,
        link=f"https://www.youtube.com/watch?v={video}" if re.fullmatch(r"[\w-]{11}", video) else "",
        width=row.count("raw_video_width", "video_width"),
        height=row.count("raw_video_height", "video_height"),
        language=row.text("language", most=20),
        person=f"{video}:{person}"[:120] if person else "",
        region=_region(row),
        attributes={
            key: value
            for key, value in (
                ("scene", told["scene"] if told else None),
                ("role", _ROLES.get(told["role"]) if told else None),
                ("speakers", row.number("clip_speaker_num")),
                ("confidence", row.number("conf")),
            )
            if value is not None
        },
    )
    row.done()
    return found


def _sync(row: Checking, values: dict[str, float], person: str) -> None:
    windows = row.part("sync")
    mine = (
        windows.get(person)
        if person in windows
        else next(iter(windows.values()), None)
        if len(windows) == 1
        else None
    )
    if not mine:
        return
    table = [numbers(window, 3) for window in mine] if isinstance(mine, list) else [None]
    if None in table:
        row.faults.append(Fault("sync", "is not a list of [confidence, distance, offset]"))
        return
    for place, metric in enumerate(("syncnet_confidence", "syncnet_distance", "syncnet_offset_frames")):
        row.score(
            values, metric, sum(window[place] for window in table if window) / len(table), f"sync[{place}]"
        )


def _region(row: Checking) -> tuple[float, float, float, float] | None:
    box = row.item.get("bbox")
    if box is None:
        return None
    if found := numbers(box, 4):
        left, top, right, bottom = (min(1.0, max(0.0, one)) for one in found)
        if right > left and bottom > top:
            return left, top, right - left, bottom - top
    row.faults.append(Fault("bbox", "is not [left, top, right, bottom] as shares of the frame"))
    return None
