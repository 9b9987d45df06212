"""The label config of a rubric: a video, one Choices control a question, the reasons as a Choices of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

VIDEO = "video"
REASONS = "reasons"


def label_config(questions: Sequence[Mapping[str, Any]]) -> str:
    """XML as Label Studio wants it. ``questions`` as rubrics keep them (key, options, reasons)."""
    from label_studio_sdk.label_interface import LabelInterface
    from label_studio_sdk.label_interface.create import choices

    tags: dict[str, Any] = {VIDEO: "Video"}
    for question in questions:
        tags[question["key"]] = choices([option["key"] for option in question["options"]], choice="single")
    if reasons := _reasons(questions):
        tags[REASONS] = choices(reasons, choice="multiple")
    return str(LabelInterface.create(tags))


def config_faults(found: str, questions: Sequence[Mapping[str, Any]]) -> list[str]:
    """What keeps a project of config ``found`` from answering these questions, in words; empty if nothing does.

    Controls beyond ours are the project's own business.
    """
    from label_studio_sdk.label_interface import LabelInterface

    try:
        controls = {control.name: control for control in LabelInterface(found).controls}
    except Exception as error:  # the SDK raises whatever its XML parser does
        return [f"it cannot be read: {error}"]
    faults = []
    for question in questions:
        control = controls.get(question["key"])
        if control is None or control.tag != "Choices":
            faults.append(f"it has no Choices named {question['key']!r}")
            continue
        lacking = [
            each["key"] for each in question["options"] if each["key"] not in (control.labels_attrs or {})
        ]
        if lacking:
            faults.append(f"{question['key']!r} lacks the choice {', '.join(lacking)}")
    return faults


def _reasons(questions: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(each["key"] for one in questions for each in one.get("reasons", ())))
