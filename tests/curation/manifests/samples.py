"""Rows as the three teams release them, made up."""

from __future__ import annotations

import copy
from typing import Any

_TALKVID: dict[str, Any] = {
    "id": "videovideoAbc-scene1-scene2",
    "height": 1080,
    "width": 1920,
    "fps": 25.0,
    "start-time": 10.0,
    "start-frame": 250,
    "end-time": 15.042,
    "end-frame": 376,
    "durations": "5.042s",
    "description": "a woman speaks",
    "dover_scores": 8.9,
    "cotracker_ratio": 0.927,
    "info": {
        "Person ID": "597",
        "Ethnicity": "White",
        "Age Group": "60+",
        "Gender": "Male",
        "Video Link": "https://www.youtube.com/watch?v=Abc",
        "Language": "English",
        "Video Category": "Personal Experience",
    },
    "head_detail": {
        "scores": {
            "avg_movement": 97.92,
            "min_movement": 89.46,
            "avg_rotation": 93.79,
            "min_rotation": 84.42,
            "avg_completeness": 100.0,
            "min_completeness": 100.0,
            "avg_resolution": 303.0,
            "min_resolution": 266.0,
            "avg_orientation": 84.0,
            "min_orientation": 75.3,
        }
    },
}


def talkvid(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Clip ``number`` of one video, five seconds after the one before."""
    row = copy.deepcopy(_TALKVID)
    row["id"] = f"videovideoAbc-scene{number}"
    row["start-time"], row["end-time"] = 10.0 + 6 * number, 15.042 + 6 * number
    return {**row, **changes}


def speakervid(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "num_frames": 200,
        "video_total_duration": 600.0,
        "start_seconds": 20.0,
        "end_seconds": 28.0,
        "is_talking": 1,
        "clip_speaker_num": 2,
        "conf": 0.9,
        "speaker": "1",
        "sync": {"1": [[5.0, 7.0, 1], [7.0, 5.0, 0]]},
        "bbox": [0.1, 0.1, 0.6, 0.9],
        "raw_video_height": 1080,
        "raw_video_width": 1920,
        "clear": 1.25,
        "dover": 0.61,
        "yt_id": "abcdefghijk",
    }
    return {**row, **changes}
