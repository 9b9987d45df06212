"""SpeakerVid's `merged_anno` fields, one clip a line. What was not measured or not told is null."""

from __future__ import annotations

from typing import Any

from curation.exports.evidence import evidence, evidence_fields
from curation.exports.record import ExportClip

SPEAKERVID_FIELDS = (
    ("yt_id", "", "the source's id, else the begin of its hash"),
    ("num_frames", "", "length in pictures; null where the rate varies"),
    ("video_total_duration", "s", "length of the source"),
    ("start", "", "begin as a number of pictures; null where the rate varies"),
    ("duration", "s", "length of the clip"),
    ("start_seconds", "s", "begin of the clip"),
    ("end_seconds", "s", "end of the clip, exclusive"),
    ("is_talking", "", "0 for a listening clip, 1 for another, null where branches were not told apart"),
    ("clip_speaker_num", "persons", "how many people the clip shows"),
    ("conf", "", "Whisper's mean log probability"),
    ("speaker", "", "label of the person"),
    ("sync", "", "imported SyncNet confidence, distance and offset in pictures, by speaker"),
    ("bbox", "share", "left, top, right and bottom of the clip's region; null: all of the picture"),
    ("raw_video_height", "pixel", "height of the source's picture as shown"),
    ("raw_video_width", "pixel", "width of the source's picture as shown"),
    ("clip_video_height", "pixel", "height of the region"),
    ("clip_video_width", "pixel", "width of the region"),
    ("clear", "bit/(s·pixel)", "bit rate by picture area"),
    ("dover", "share", "DOVER's fused score"),
    *evidence_fields(),
)


def speakervid_row(clip: ExportClip) -> dict[str, Any]:
    """The clip in SpeakerVid's names, plus our evidence under ``rushes``.

    ``bbox`` is the clip's region as shares of the frame, [left, top, right, bottom]; ``is_talking`` follows the
    branch (listening: 0) and is null where branches were not told apart; ``sync`` holds only imported SyncNet values.
    """
    region = clip.region
    sync = [
        clip.scores.get(name) for name in ("syncnet_confidence", "syncnet_distance", "syncnet_offset_frames")
    ]
    start, end = clip.frame_at(clip.start_s), clip.frame_at(clip.end_s)
    speaker = clip.person.label if clip.person else ""
    return {
        "yt_id": clip.source.external_id or clip.source.sha256[:16],
        "num_frames": None if start is None or end is None else end - start,
        "video_total_duration": clip.source.duration_s,
        "start": start,
        "duration": clip.duration_s,
        "start_seconds": clip.start_s,
        "end_seconds": clip.end_s,
        "is_talking": None if not clip.branch else int(clip.branch != "listening"),
        "clip_speaker_num": clip.scores.get("persons_clip"),
        "conf": clip.scores.get("asr_avg_logprob"),
        "speaker": speaker or None,
        "sync": {speaker or "0": [sync]} if any(value is not None for value in sync) else {},
        "bbox": None
        if region is None
        else [region[0], region[1], region[0] + region[2], region[1] + region[3]],
        "raw_video_height": clip.source.height,
        "raw_video_width": clip.source.width,
        "clip_video_height": None
        if clip.source.height is None
        else round(clip.source.height * (1.0 if region is None else region[3])),
        "clip_video_width": None
        if clip.source.width is None
        else round(clip.source.width * (1.0 if region is None else region[2])),
        "clear": clip.scores.get("clarity"),
        "dover": clip.scores.get("dover_fused"),
        "rushes": evidence(clip),
    }
