"""TalkVid's release fields, one clip a line. What was not measured or not told is null, never made up."""

from __future__ import annotations

from typing import Any

from curation.exports.evidence import evidence, evidence_fields
from curation.exports.record import ExportClip, ExportPerson

_HEAD = ("movement", "rotation", "completeness", "resolution", "orientation")


TALKVID_FIELDS = (
    ("id", "", "name of the clip, the same on every machine"),
    ("height", "pixel", "height of the source's picture as shown"),
    ("width", "pixel", "width of the source's picture as shown"),
    ("fps", "1/s", "pictures a second of the source"),
    ("start-time", "s", "begin of the clip"),
    ("start-frame", "", "the same as a number of pictures; null where the rate varies"),
    ("end-time", "s", "end of the clip, exclusive"),
    ("end-frame", "", "the same as a number of pictures; null where the rate varies"),
    ("durations", "s", "length with its unit, as TalkVid writes it"),
    ("description", "", "null: Rushes writes no captions"),
    ("dover_scores", "share", "DOVER's technical score"),
    ("cotracker_ratio", "share", "share of points that CoTracker follows"),
    ("info", "", "person and attributes as imported or given, link, language, category"),
    ("head_detail", "", "TalkVid's head scores, 0 to 100, mean and worst"),
    *evidence_fields(),
)


def talkvid_row(clip: ExportClip) -> dict[str, Any]:
    """The clip as TalkVid releases it, plus our evidence under ``rushes``.

    ``start-frame`` and ``end-frame`` are null where the frame rate varies: time × declared rate would be a guess.
    """
    person = clip.person or ExportPerson()
    return {
        "id": clip.key,
        "height": clip.source.height,
        "width": clip.source.width,
        "fps": clip.source.fps,
        "start-time": clip.start_s,
        "start-frame": clip.frame_at(clip.start_s),
        "end-time": clip.end_s,
        "end-frame": clip.frame_at(clip.end_s),
        "durations": f"{clip.duration_s:.3f}s",
        "description": None,
        "dover_scores": clip.scores.get("dover_technical"),
        "cotracker_ratio": clip.scores.get("cotracker_ratio"),
        "info": {
            "Person ID": person.label or None,
            "Ethnicity": person.ethnicity or None,
            "Age Group": person.age_group or None,
            "Gender": person.gender or None,
            "Video Link": clip.source.link or None,
            "Language": clip.language or clip.source.language or None,
            "Video Category": clip.source.category or None,
        },
        "head_detail": {
            "scores": {
                f"{which}_{name}": clip.scores.get(f"{name}_{which}")
                for name in _HEAD
                for which in ("avg", "min")
            }
        },
        "rushes": evidence(clip),
    }
