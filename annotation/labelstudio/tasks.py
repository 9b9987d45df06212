"""Tasks: what Label Studio shows of an item, and the policy's proposal as a prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from annotation.labelstudio.config import VIDEO


class BadPlace(ValueError):
    """An address of videos that cannot be filled in; the sentence says why."""


def place_check(video: str) -> None:
    """Raise ``BadPlace`` unless ``video`` asks for nothing but {path}, {sha256} and {clip}."""
    try:
        asked = [(name, spec, how) for _, name, spec, how in Formatter().parse(video) if name is not None]
    except ValueError as error:
        raise BadPlace(f"{video!r} does not read as an address with {{path}}: {error}") from None
    for name, spec, how in asked:
        if name not in _ASKED or spec or how:
            shown = "".join((name, f"!{how}" if how else "", f":{spec}" if spec else ""))
            raise BadPlace(f"{video!r} asks for {{{shown}}}; there are {{path}}, {{sha256}} and {{clip}}")


_ASKED = ("path", "sha256", "clip")


@dataclass(frozen=True, slots=True)
class TaskItem:
    """An item to be judged elsewhere. ``video`` is where Label Studio finds the clip; ``proposal`` (question, answer,
    policy) is None in a blind queue."""

    queue: int
    item: int
    clip: int
    video: str
    start_s: float
    end_s: float
    proposal: tuple[str, str, str] | None = None
    scores: Mapping[str, float] = field(default_factory=dict)


def task_of(one: TaskItem) -> dict[str, Any]:
    """The task as its import takes it; ``data.rushes`` brings the answers home."""
    data: dict[str, Any] = {
        VIDEO: one.video,
        "rushes": {
            "queue": one.queue,
            "item": one.item,
            "clip": one.clip,
            "start_s": one.start_s,
            "end_s": one.end_s,
        },
    }
    if one.scores:
        data["scores"] = dict(one.scores)
    return {"data": data, "predictions": [_prediction(*one.proposal)] if one.proposal else []}


def _prediction(question: str, answer: str, policy: str) -> dict[str, Any]:
    from label_studio_sdk.label_interface.objects import PredictionValue

    region = {
        "from_name": question,
        "to_name": VIDEO,
        "type": "choices",
        "value": {"choices": [answer]},
    }
    made = PredictionValue(model_version=policy, result=[region]).model_dump()
    # A policy decides, it does not score: no number is made up for it.
    return {key: value for key, value in made.items() if key != "score"}
