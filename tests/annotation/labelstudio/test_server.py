"""Against a real Label Studio server: `make test-peers` installs and starts one; elsewhere these are skipped."""

from __future__ import annotations

import os
from io import StringIO

import httpx
import pytest
from django.core.management import CommandError, call_command

from annotation.labelstudio.server import Server
from annotation.models import Judgment, Queue
from annotation.services.labelstudio import marker_of
from tests.annotation.labelstudio.test_files import queue_with_previews

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not os.environ.get("LABEL_STUDIO_URL"), reason="no Label Studio server is named: make test-peers"
    ),
]


def labelstudio(*words: str) -> str:
    out = StringIO()
    call_command("labelstudio", *words, stdout=out)
    return out.getvalue()


def api() -> httpx.Client:
    token = os.environ["LABEL_STUDIO_TOKEN"]
    return httpx.Client(
        base_url=os.environ["LABEL_STUDIO_URL"], headers={"Authorization": f"Token {token}"}, timeout=60
    )


def project_id(queue: Queue) -> int:
    project = Server(os.environ["LABEL_STUDIO_URL"], os.environ["LABEL_STUDIO_TOKEN"]).project_of(
        marker_of(queue)
    )
    assert project is not None
    return project.id


@pytest.fixture
def queue() -> Queue:
    made = queue_with_previews()
    made.corpus.slug = f"peer-{os.getpid()}-{os.urandom(4).hex()}"
    made.corpus.save()
    return made


def test_a_queue_goes_out_and_its_annotations_come_back_once(queue: Queue) -> None:
    assert "8 tasks new, 0 there before" in labelstudio("push", str(queue.pk))
    assert "0 tasks new, 8 there before" in labelstudio("push", str(queue.pk))
    project = project_id(queue)
    with api() as client:
        tasks = client.get("/api/tasks", params={"project": project, "fields": "all"}).json()["tasks"]
        assert len(tasks) == 8
        assert sum(bool(task["predictions"]) for task in tasks) == 7
        for task, answer in zip(tasks[:3], ("sft", "reject", "pretrain"), strict=True):
            result = [
                {"from_name": "tier", "to_name": "video", "type": "choices", "value": {"choices": [answer]}}
            ]
            body = {"result": result, "lead_time": 3.0}
            client.post(f"/api/tasks/{task['id']}/annotations/", json=body).raise_for_status()
    assert "new 3, corrected 0, known 0" in labelstudio("pull", str(queue.pk))
    assert "new 0, corrected 0, known 3" in labelstudio("pull", str(queue.pk))
    assert sorted(Judgment.objects.values_list("answer", flat=True)) == ["pretrain", "reject", "sft"]
    assert Judgment.objects.values("rater").distinct().count() == 1


def test_a_project_changed_by_hand_and_a_wrong_token_are_said(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelstudio("push", str(queue.pk))
    config = (
        '<View><Video name="video" value="$video"/><Choices name="tier" toName="video"><Choice value="sft"/>'
        "</Choices></View>"
    )
    with api() as client:
        client.patch(f"/api/projects/{project_id(queue)}", json={"label_config": config}).raise_for_status()
    with pytest.raises(CommandError, match="'tier' lacks the choice pretrain, reject"):
        labelstudio("pull", str(queue.pk))
    monkeypatch.setenv("LABEL_STUDIO_TOKEN", "0" * 40)
    with pytest.raises(CommandError, match="does not accept this token"):
        labelstudio("pull", str(queue.pk))
