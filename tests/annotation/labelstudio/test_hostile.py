"""What comes back from Label Studio may be anything: each annotation goes in once or is listed, and no answer is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from annotation.models import Judgment, Queue
from annotation.services.labelstudio import annotations_take, tasks_of
from tests import factories
from tests.annotation.labelstudio.test_files import VIDEO, annotated, queue_with_previews

pytestmark = pytest.mark.django_db
ADA = "ada@x.org"


def tasks(queue: Queue) -> list[dict[str, Any]]:
    return list(tasks_of(queue, video=VIDEO))


def take(queue: Queue, *rows: dict[str, Any]) -> dict[str, int]:
    return dict(annotations_take(queue=queue, tasks=rows, origin="x").counts)


def standing(task: dict[str, Any]) -> list[str]:
    rows = Judgment.objects.filter(item=task["data"]["rushes"]["item"], superseded_by=None)
    return list(rows.order_by("received_at").values_list("answer", flat=True))


def test_what_is_of_a_wrong_type_is_listed_and_the_next_goes_in() -> None:
    queue = queue_with_previews()
    task, other = tasks(queue)[:2]
    elsewhere = json.loads(json.dumps(task))
    elsewhere["data"]["rushes"]["item"] = 2**70
    tier = {"from_name": "tier", "to_name": "video", "type": "choices"}
    both = [{**tier, "value": {"choices": [one]}} for one in ("sft", "reject")]
    nobody = "is neither an e-mail nor a number of somebody"
    bad = [
        (annotated(task, 1, ADA, result=5), "is no list"),
        (annotated(task, 1, ADA, result="abc"), "is no list"),
        (annotated(task, 1, ADA, result=both), "says 'sft' and 'reject'"),
        (annotated(task, True, ADA, "sft"), "has no id"),
        (annotated(task, 10**400, ADA, "sft"), "has no id"),
        (annotated(elsewhere, 1, ADA, "sft"), f"item {2**70} is not one of this queue's"),
        (annotated(task, 1, "a\0@x.org", "sft"), nobody),
        (annotated(task, 1, "\ud800@x.org", "sft"), nobody),
        (annotated(task, 1, "a" * 300, "sft"), nobody),
        (annotated(task, 1, ["a"], "sft"), nobody),
        (annotated(task, 1, {"email": ["a"]}, "sft"), nobody),
        (annotated(task, 1, True, "sft"), nobody),
        (annotated(task, 1, ADA, "s\0ft"), "'s\\x00ft' is no answer to 'tier'"),
        (annotated(task, 1, ADA, "sft", was_cancelled="no"), "is neither true nor false"),
    ]
    taken = annotations_take(
        queue=queue, tasks=[*(row for row, _ in bad), annotated(other, 2, ADA, "sft")], origin="x"
    )
    assert [fault.reason for fault in taken.faults] == [said for _, said in bad]
    assert dict(taken.counts) == {"new": 1} and standing(task) == []


def test_an_answer_that_was_changed_and_changed_back_stands_as_it_is_there() -> None:
    queue = queue_with_previews()
    task = tasks(queue)[0]
    first, second, third = (
        annotated(task, 1, ADA, answer, updated_at=f"2026-11-21T10:0{minute}:00Z")
        for minute, answer in enumerate(("sft", "reject", "sft"))
    )
    assert [take(queue, each) for each in (first, second, third)] == [
        {"new": 1},
        {"corrected": 1},
        {"corrected": 1},
    ]
    assert standing(task) == ["sft"]
    assert take(queue, third) == {"known": 1} and take(queue, first) == {"known": 1}
    assert take(queue, second) == {"known": 1}, "an older export, read again"
    assert standing(task) == ["sft"] and Judgment.objects.filter(counted=True).count() == 3


def test_an_older_export_that_was_never_read_overwrites_nothing_newer() -> None:
    queue = queue_with_previews()
    task = tasks(queue)[0]
    take(queue, annotated(task, 1, ADA, "reject", updated_at="2026-11-21T10:05:00.5Z"))
    late = annotations_take(
        queue=queue,
        tasks=[annotated(task, 1, ADA, "sft", updated_at="2026-11-21T10:00:00+00:00")],
        origin="x",
    )
    assert not late.counts and "was changed there after this was written" in late.faults[0].reason
    assert standing(task) == ["reject"]


def test_exports_of_two_servers_that_number_alike_are_both_taken_each_once() -> None:
    queue = queue_with_previews(overlap=2)
    task, other = tasks(queue)[:2]
    here = [annotated(task, 1, ADA, "sft")]
    there = [annotated(task, 1, "bea@x.org", "sft"), annotated(other, 1, "cem@x.org", "sft")]
    assert take(queue, *here) == {"new": 1}
    assert take(queue, *there) == {"new": 2}, "annotation 1 of another server is another one"
    assert take(queue, *here, *there) == {"known": 3}
    assert standing(task) == ["sft", "sft"] and standing(other) == ["sft"]
    assert Judgment.objects.values("rater").distinct().count() == 3


def test_a_mapping_that_comes_later_makes_no_second_judgment() -> None:
    queue = queue_with_previews(overlap=2)
    task = tasks(queue)[0]
    factories.user("annotator", username="ada")
    row = annotated(task, 1, ADA, "sft")
    assert take(queue, row) == {"new": 1}
    again = annotations_take(queue=queue, tasks=[row], origin="x", raters={ADA: "ada"})
    assert dict(again.counts) == {"known": 1} and standing(task) == ["sft"]
