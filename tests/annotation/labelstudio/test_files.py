"""A queue leaves as Label Studio's tasks and comes back as judgments, each once, without any server."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotation.labelstudio.config import config_faults, label_config
from annotation.models import Judgment, Queue
from annotation.rubrics.presets import PRESETS
from annotation.services.labelstudio import annotations_take, tasks_of
from annotation.services.raters import rater_for_user
from curation.models import Clip, User, Verdict
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db
VIDEO = "/data/local-files/?d={path}"


def queue_with_previews(**fields: Any) -> Queue:
    queue = rooms.verify_queue(**fields)
    for clip in Clip.objects.filter(corpus=queue.corpus):
        clip.renditions.create(
            kind="preview", path=f"ab/{clip.pk}.mp4", content_type="video/mp4", sha256="0" * 64, size_bytes=1
        )
    return queue


def annotated(task: dict[str, Any], id: int, who: Any, *choices: str, **fields: Any) -> dict[str, Any]:
    """The task with an annotation as Label Studio exports it."""
    result = [
        {"from_name": "tier", "to_name": "video", "type": "choices", "value": {"choices": list(choices)}}
    ]
    found = {
        "id": id,
        "completed_by": who,
        "result": result,
        "was_cancelled": False,
        "lead_time": 4.5,
        **fields,
    }
    return {**task, "annotations": [*task.get("annotations", []), found]}


@pytest.mark.parametrize("slug", ["tier", "talkvid-seven"])
def test_the_config_asks_what_the_rubric_asks(slug: str) -> None:
    questions = [dict(each) for each in PRESETS[slug].questions]
    config = label_config(questions)
    assert not config_faults(config, questions)
    for question in questions:
        assert f'name="{question["key"]}"' in config
    first = questions[0]["key"]
    changed = config.replace(f'name="{first}"', 'name="other"')
    assert config_faults(changed, questions) == [f"it has no Choices named {first!r}"]
    lacking = config.replace(f'<Choice value="{questions[0]["options"][0]["key"]}"/>', "", 1)
    assert "lacks the choice" in config_faults(lacking, questions)[0]
    assert config_faults("<View>", questions)[0].startswith("it cannot be read")


def test_tasks_carry_the_video_and_the_proposal_but_nothing_of_it_when_blind() -> None:
    queue = queue_with_previews()
    tasks = list(tasks_of(queue, video=VIDEO))
    by_clip = {task["data"]["rushes"]["clip"]: task for task in tasks}
    assert len(tasks) == 8
    world = Clip.objects.filter(corpus=queue.corpus).order_by("pk")
    first = by_clip[world[0].pk]
    assert first["data"]["video"] == f"/data/local-files/?d=ab/{world[0].pk}.mp4"
    assert (
        first["predictions"][0]["result"][0]["value"]["choices"] == ["sft"]
        and "score" not in first["predictions"][0]
    )
    assert first["data"]["scores"]["movement_min"] == 88.0
    assert by_clip[world[7].pk]["predictions"] == [], "undecided is no prediction"
    blind = queue_with_previews(blind=True)
    told = json.dumps(list(tasks_of(blind, video=VIDEO)))
    assert '"predictions": [{' not in told and "scores" not in told
    Clip.objects.filter(pk=world[0].pk).update(withdrawn_at=timezone.now())
    Clip.objects.filter(pk=world[1].pk).update(held_at=timezone.now())
    world[2].renditions.all().delete()
    assert len(list(tasks_of(queue, video=VIDEO))) == 5


def test_annotations_become_judgments_once_and_corrections_supersede() -> None:
    queue = queue_with_previews(overlap=2)
    tasks = list(tasks_of(queue, video=VIDEO))
    ada, bea = "ada@example.org", {"id": 7, "email": "bea@example.org"}
    back = [
        annotated(tasks[0], 1, ada, "sft"),
        annotated(annotated(tasks[1], 2, ada, "sft"), 3, bea, "reject"),
    ]
    for counts in ({"new": 3}, {"known": 3}):
        taken = annotations_take(queue=queue, tasks=back, origin="x")
        assert (dict(taken.counts), taken.faults) == (counts, [])
    judgment = Judgment.objects.get(item=tasks[0]["data"]["rushes"]["item"])
    assert (judgment.answer, judgment.active_ms, judgment.counted) == ("sft", 4500, True)
    assert Judgment.objects.values("rater").distinct().count() == 2
    changed = [annotated(tasks[0], 1, ada, "pretrain")]
    assert dict(annotations_take(queue=queue, tasks=changed, origin="x").counts) == {"corrected": 1}
    assert dict(annotations_take(queue=queue, tasks=changed, origin="x").counts) == {"known": 1}
    standing = Judgment.objects.get(item=judgment.item, superseded_by=None)
    assert (standing.answer, standing.supersedes) == ("pretrain", judgment)
    skipped = [annotated(tasks[2], 9, ada, was_cancelled=True, result=[])]
    annotations_take(queue=queue, tasks=skipped, origin="x")
    assert Judgment.objects.get(item=tasks[2]["data"]["rushes"]["item"]).kind == "cannot"


def test_nobody_counts_twice_and_never_more_than_the_overlap() -> None:
    queue = queue_with_previews(overlap=1)
    task = next(iter(tasks_of(queue, video=VIDEO)))
    back = annotated(
        annotated(annotated(task, 1, "ada@x.org", "sft"), 2, "bea@x.org", "sft"), 3, "ada@x.org", "reject"
    )
    taken = annotations_take(queue=queue, tasks=[back], origin="x")
    assert dict(taken.counts) == {"new": 1, "surplus": 2}
    assert Verdict.objects.get(clip=task["data"]["rushes"]["clip"]).answer == "sft"


def test_annotators_are_the_logins_that_one_says_and_else_nobody_who_can_sign_in(tmp_path: Path) -> None:
    queue = queue_with_previews()
    tasks = list(tasks_of(queue, video=VIDEO))
    user = factories.user("annotator", username="ada")
    export = tmp_path / "export.json"
    export.write_text(
        json.dumps([annotated(tasks[0], 1, "ada@x.org", "sft"), annotated(tasks[1], 2, 17, "sft")])
    )
    raters = tmp_path / "raters.json"
    raters.write_text('{"ada@x.org": "ada"}')
    out = StringIO()
    call_command("labelstudio", "import", str(queue.pk), str(export), "--raters", str(raters), stdout=out)
    assert "new 2, corrected 0, known 0, surplus 0; not taken 0" in out.getvalue()
    assert Judgment.objects.get(item=tasks[0]["data"]["rushes"]["item"]).rater == rater_for_user(user=user)
    stranger = User.objects.get(username__startswith="label-studio-")
    assert not stranger.is_active and not stranger.has_usable_password()
    raters.write_text('{"ada@x.org": "nobody"}')
    call_command("labelstudio", "import", str(queue.pk), str(export), "--raters", str(raters), stdout=out)
    assert "nobody here has that login" in out.getvalue()
    for text, said in (
        ("[" * 90_000, "nested too deeply"),
        ('{"ada@x.org": "a\\u0000"}', "write it as"),
        ('{"ada@x.org": 3}', "write it as"),
        ("{", "--raters: "),
    ):
        raters.write_text(text)
        with pytest.raises(CommandError, match=said):
            call_command("labelstudio", "import", str(queue.pk), str(export), "--raters", str(raters))


def test_bad_rows_are_listed_and_the_good_ones_go_in(tmp_path: Path) -> None:
    queue = queue_with_previews()
    task, other = list(tasks_of(queue, video=VIDEO))[:2]
    foreign = {"data": {"video": "x.mp4"}, "annotations": []}
    elsewhere = json.loads(json.dumps(task))
    elsewhere["data"]["rushes"]["item"] = 987654
    rows = [
        foreign,
        "no task",
        annotated(task, 1, "", "sft"),
        annotated(task, 2, "a@x.org", "sft", "reject"),
        annotated(task, 3, "a@x.org", "splendid"),
        annotated(task, 4, "a@x.org", "sft", result=[{"value": 3}, None]),
        annotated(elsewhere, 5, "a@x.org", "sft"),
        annotated(other, 6, "a@x.org", "sft"),
    ]
    taken = annotations_take(queue=queue, tasks=rows, origin="x")
    assert dict(taken.counts) == {"new": 1}
    assert [fault.reason.split(":")[0] for fault in taken.faults] == [
        "is not there",
        "is no object",
        "does not say whose it is",
        "has 2 answers, not one",
        "'splendid' is no answer to 'tier'",
        "answers nothing",
        "item 987654 is not one of this queue's",
    ]
    for text, said in (
        ("{", "is no JSON"),
        ('{"a": 1}', "holds no list of tasks"),
        ("[" * 9000, "nested too deeply"),
    ):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(CommandError, match=said):
            call_command("labelstudio", "import", str(queue.pk), str(tmp_path / "x.json"))


def test_tasks_go_to_files_with_their_config(tmp_path: Path) -> None:
    queue = queue_with_previews()
    call_command("labelstudio", "tasks", str(queue.pk), str(tmp_path / "tasks.json"), stdout=StringIO())
    assert len(json.loads((tmp_path / "tasks.json").read_text())) == 8
    assert '<Video name="video"' in (tmp_path / "tasks.xml").read_text()


def test_items_that_cannot_go_yet_are_counted_with_the_reason(tmp_path: Path) -> None:
    queue = queue_with_previews()
    clips = Clip.objects.filter(corpus=queue.corpus).order_by("pk")
    for clip in clips[:3]:
        clip.renditions.all().delete()
    Clip.objects.filter(pk__in=[clips[3].pk, clips[0].pk]).update(held_at=timezone.now())
    out = StringIO()
    call_command("labelstudio", "tasks", str(queue.pk), str(tmp_path / "tasks.json"), stdout=out)
    assert "4 tasks in" in out.getvalue()
    assert "not among them: 2 items wait for the preview of their clip" in out.getvalue()
    assert "not among them: 2 items show a clip that is held or withdrawn" in out.getvalue()


@pytest.mark.parametrize(
    "video", ["http://x/{nope}", "http://x/{", "http://x/{clip.__class__}", "http://x/{}"]
)
def test_an_address_of_videos_that_cannot_be_filled_in_is_refused(tmp_path: Path, video: str) -> None:
    queue = queue_with_previews()
    with pytest.raises(CommandError, match=r"\{path\}"):
        call_command("labelstudio", "tasks", str(queue.pk), str(tmp_path / "x.json"), "--video", video)
    assert not (tmp_path / "x.json").exists()


def test_a_server_that_is_down_or_not_named_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = queue_with_previews()
    monkeypatch.delenv("LABEL_STUDIO_TOKEN", raising=False)
    with pytest.raises(CommandError, match="LABEL_STUDIO_TOKEN"):
        call_command("labelstudio", "push", str(queue.pk), "--url", "http://127.0.0.1:1")
    monkeypatch.setenv("LABEL_STUDIO_TOKEN", "0" * 40)
    with pytest.raises(CommandError, match=r"cannot be reached.*is it running"):
        call_command("labelstudio", "push", str(queue.pk), "--url", "http://127.0.0.1:1")
    with pytest.raises(CommandError, match="is no address of a server"):
        call_command("labelstudio", "push", str(queue.pk), "--url", "http://[::bad")
    monkeypatch.setenv("LABEL_STUDIO_TOKEN", "é")
    with pytest.raises(CommandError, match="a character that no token has"):
        call_command("labelstudio", "pull", str(queue.pk), "--url", "http://127.0.0.1:1")
    with pytest.raises(CommandError, match="There is no queue 987"):
        call_command("labelstudio", "push", "987")
