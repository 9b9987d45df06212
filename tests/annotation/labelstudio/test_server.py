"""Against a real Label Studio server: `make test-peers` installs and starts one; elsewhere these are skipped."""

from __future__ import annotations

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command

from annotation.labelstudio.server import Server, ServerRefused
from annotation.models import Judgment, Queue
from annotation.services.labelstudio import marker_of
from annotation.services.raters import rater_for_user
from curation.models import Clip, Proposal, Rendition
from tests import factories
from tests.annotation import rooms
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


def test_an_answer_changed_there_and_changed_back_comes_home_as_it_stands(queue: Queue) -> None:
    labelstudio("push", str(queue.pk))
    with api() as client:
        task = client.get("/api/tasks", params={"project": project_id(queue)}).json()["tasks"][0]["id"]
        annotation = None
        for answer, said in (("sft", "new 1"), ("reject", "corrected 1"), ("sft", "corrected 1")):
            result = [
                {"from_name": "tier", "to_name": "video", "type": "choices", "value": {"choices": [answer]}}
            ]
            if annotation is None:
                made = client.post(f"/api/tasks/{task}/annotations/", json={"result": result})
                annotation = made.raise_for_status().json()["id"]
            else:
                client.patch(f"/api/annotations/{annotation}/", json={"result": result}).raise_for_status()
            assert said in labelstudio("pull", str(queue.pk))
    assert "known 1" in labelstudio("pull", str(queue.pk))
    assert Judgment.objects.get(superseded_by=None).answer == "sft" and Judgment.objects.count() == 3


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


THOUSANDS = 2_000


@pytest.fixture
def long_queue() -> Queue:
    """Two thousand clips that the policy proposes for sft, each with a preview."""
    world = factories.world(sft=1, pretrain=0, reject=0, undecided=0)
    world.corpus.slug = f"peer-{os.getpid()}-{os.urandom(4).hex()}"
    world.corpus.save()
    first = world.sft[0]
    clips = Clip.objects.bulk_create(
        Clip(corpus=world.corpus, source=world.source, recipe=first.recipe, start_s=1000 + n, end_s=1004 + n)
        for n in range(THOUSANDS - 1)
    )
    Proposal.objects.bulk_create(
        Proposal(policy_id=world.policy.pk, clip_id=clip.pk, tier=3, failing=0, missing=0) for clip in clips
    )
    fields = {"kind": "preview", "content_type": "video/mp4", "sha256": "0" * 64, "size_bytes": 1}
    Rendition.objects.bulk_create(
        Rendition(clip=clip, path=f"ab/{clip.pk}.mp4", **fields) for clip in [first, *clips]
    )
    return rooms.verify_queue(world)


@pytest.mark.timeout(1500)
def test_thousands_go_out_past_a_broken_line_and_come_back_once_under_the_names_one_says(
    long_queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, pieces = Server._send, []

    def line_that_breaks(self: Server, project: int, piece: Any) -> int:
        pieces.append(len(piece))
        if len(pieces) == 3:
            raise ServerRefused("sending tasks: the line is gone")
        return send(self, project, piece)

    monkeypatch.setattr(Server, "_send", line_that_breaks)
    with pytest.raises(CommandError, match="the line is gone"):
        labelstudio("push", str(long_queue.pk))
    monkeypatch.setattr(Server, "_send", send)
    assert "1000 tasks new, 1000 there before" in labelstudio("push", str(long_queue.pk))
    project = project_id(long_queue)
    with api() as client:
        # The server's own way of making every prediction an annotation of whoever asks for it.
        client.post(
            "/api/dm/actions",
            params={"id": "predictions_to_annotations", "project": project},
            json={"selectedItems": {"all": True, "excluded": []}, "ordering": []},
            timeout=300,
        ).raise_for_status()
        mail = client.get("/api/current-user/whoami").json()["email"]
    ada = factories.user("annotator", username="ada")
    (tmp_path / "raters.json").write_text(json.dumps({mail: "ada"}))
    words = ("pull", str(long_queue.pk), "--raters", str(tmp_path / "raters.json"))
    assert f"new {THOUSANDS}, corrected 0, known 0, surplus 0; not taken 0" in labelstudio(*words)
    assert f"new 0, corrected 0, known {THOUSANDS}, surplus 0; not taken 0" in labelstudio(*words)
    judgments = Judgment.objects.filter(item__queue=long_queue)
    assert (
        judgments.filter(rater=rater_for_user(user=ada), answer="sft").count()
        == judgments.count()
        == THOUSANDS
    )
