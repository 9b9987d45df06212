"""Reading what Label Studio gives back: tasks with annotations, from its export or its server; faults in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from annotation.labelstudio.config import REASONS

_LONGEST = 254  # characters of an e-mail address, as logins keep it


@dataclass(frozen=True, slots=True)
class Told:
    """One annotation: whose (as Label Studio knows them), on which item, and what it says."""

    annotation: int
    item: int
    who: str
    answers: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    cannot: bool = False
    seconds: float | None = None
    updated: datetime | None = None  # when it was last changed there, where it says so


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that could not be read: where, and why."""

    where: str
    reason: str


class Unreadable(Exception):
    """The file is no export of Label Studio; the sentence says why."""


def read_export(path: Path) -> list[Mapping[str, Any]]:
    """The tasks of a JSON export (a list of tasks, each with its annotations). Raises ``Unreadable``."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    except RecursionError:
        raise Unreadable(f"{path} is nested too deeply to be an export") from None
    except (UnicodeDecodeError, ValueError) as error:
        raise Unreadable(f"{path} is no JSON: {error}") from None
    if not isinstance(found, list):
        raise Unreadable(f"{path} holds no list of tasks: export as JSON, not as JSON-MIN or another format")
    return found


def told_of(task: Any, place: str) -> Iterator[Told | Fault]:
    """The annotations of one task. ``place`` names it in faults."""
    if not isinstance(task, Mapping):
        yield Fault(place, "is no object")
        return
    data = task.get("data")
    ours = data.get("rushes") if isinstance(data, Mapping) else None
    item = ours.get("item") if isinstance(ours, Mapping) else None
    if not isinstance(item, int) or isinstance(item, bool):
        yield Fault(f"{place}, data.rushes.item", "is not there: this task was not made by Rushes")
        return
    annotations = task.get("annotations") or task.get("completions") or []
    if not isinstance(annotations, list):
        yield Fault(f"{place}, annotations", "is no list")
        return
    for number, annotation in enumerate(annotations):
        yield _told(annotation, item, f"{place}, annotation {number}")


def _told(annotation: Any, item: int, place: str) -> Told | Fault:
    if not isinstance(annotation, Mapping) or not _is_number(annotation.get("id")):
        return Fault(place, "has no id")
    who = annotation.get("completed_by")
    if isinstance(who, Mapping):
        who = who.get("email") or who.get("id")
    if who in (None, ""):
        return Fault(f"{place}, completed_by", "does not say whose it is")
    if not _is_number(who) and not (isinstance(who, str) and len(who) <= _LONGEST and who.isprintable()):
        return Fault(f"{place}, completed_by", "is neither an e-mail nor a number of somebody")
    lead = annotation.get("lead_time")
    seconds = float(lead) if isinstance(lead, int | float) and 0 <= lead <= 86_400 else None
    told = Told(
        annotation["id"], item, str(who), seconds=seconds, updated=_time(annotation.get("updated_at"))
    )
    if annotation.get("was_cancelled") not in (None, False, True):
        return Fault(f"{place}, was_cancelled", "is neither true nor false")
    if annotation.get("was_cancelled"):
        return replace(told, cannot=True)
    return _answered(told, annotation.get("result"), place)


def _answered(told: Told, result: Any, place: str) -> Told | Fault:
    if result is not None and not isinstance(result, list):
        return Fault(f"{place}, result", "is no list")
    answers: dict[str, str] = {}
    reasons: list[str] = []
    for region in result or ():
        value = region.get("value") if isinstance(region, Mapping) else None
        chosen = value.get("choices") if isinstance(value, Mapping) else None
        if not isinstance(chosen, list) or not all(isinstance(each, str) for each in chosen):
            continue
        name = str(region.get("from_name"))
        if name == REASONS:
            reasons += chosen
        elif len(chosen) != 1:
            return Fault(f"{place}, {name!r}", f"has {len(chosen)} answers, not one")
        elif answers.setdefault(name, chosen[0]) != chosen[0]:
            return Fault(f"{place}, {name!r}", f"says {answers[name]!r} and {chosen[0]!r}")
    if not answers:
        return Fault(place, "answers nothing")
    return replace(told, answers=answers, reasons=tuple(dict.fromkeys(reasons)))


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _time(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
