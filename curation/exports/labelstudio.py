"""Label Studio's JSON: one task a clip with the proposal as prediction, as a list that its import reads."""

from __future__ import annotations

from typing import Any

from curation.exports.evidence import evidence, evidence_fields
from curation.exports.record import ExportClip

LABELSTUDIO_FIELDS = (
    ("id", "", "number of the task, from 1"),
    ("data.video", "", "link of the source, else the name of its file"),
    ("data.clip", "", "name of the clip, the same on every machine"),
    ("data.start", "s", "begin of the clip"),
    ("data.end", "s", "end of the clip, exclusive"),
    *evidence_fields("data.rushes"),
    ("predictions", "", "the policy's tier as a choice"),
    ("annotations", "", "the verdict as a choice; ground truth where a panel settled it"),
)


def labelstudio_task(clip: ExportClip) -> dict[str, Any]:
    """A task with `video` (the source's link or name, to be mapped to storage), times, and tiers as choices.

    The proposal is a prediction, the verdict an annotation; both under the control `tier` of a Choices tag.
    """
    ours = evidence(clip)
    task: dict[str, Any] = {
        "id": clip.position + 1,
        "data": {
            "video": clip.source.link or clip.source.name,
            "clip": clip.key,
            "start": clip.start_s,
            "end": clip.end_s,
            "rushes": ours,
        },
        "predictions": [],
        "annotations": [],
    }
    if clip.proposed is not None:
        task["predictions"] = [{"model_version": f"policy {clip.policy}", "result": [_choice(clip.proposed)]}]
    if clip.verdict is not None:
        task["annotations"] = [
            {"result": [_choice(clip.verdict.answer)], "ground_truth": clip.verdict.method == "panel"}
        ]
    return task


def _choice(answer: str) -> dict[str, Any]:
    return {"from_name": "tier", "to_name": "video", "type": "choices", "value": {"choices": [answer]}}
