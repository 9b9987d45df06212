"""Whatever is imported, what is good goes in, what is bad is listed, and nothing else happens to the database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import strategies as st

from annotation.labelstudio.reading import Unreadable, read_export
from annotation.models import Judgment
from annotation.services.labelstudio import annotations_take, tasks_of
from curation.errors import RushesError
from curation.manifests.formats import FORMATS
from curation.models import Clip, Policy, Source, Turn
from curation.policies.errors import PolicyError
from curation.policies.jsonform import to_document
from curation.policies.presets import PRESETS
from curation.services.ingest import file_ingest
from curation.services.manifests import ManifestRefused, manifest_import
from curation.services.policies import policy_import
from curation.services.rttm import rttm_import
from tests import factories, footage
from tests.annotation import rooms
from tests.fuzzing.harness import fuzz
from tests.fuzzing.strategies import as_json, nearly, nearly_bytes
from tests.fuzzing.test_readers import ROWS, RTTM

pytestmark = pytest.mark.django_db


def undone(do: Callable[[], Any]) -> None:
    """Do it and take it back."""
    with transaction.atomic():
        do()
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_manifests(name: str, tmp_path: Path) -> None:
    """A file of twelve rows that are nearly right: as many are in and bad as were read."""
    corpus = factories.corpus()
    path = tmp_path / "manifest.jsonl"

    def take(rows: list[bytes]) -> None:
        path.write_bytes(b"\n".join(rows))

        def do() -> None:
            job = manifest_import(corpus=corpus, path=path, format=FORMATS[name])
            assert job.good + job.bad == len(rows)
            assert Clip.objects.filter(corpus=corpus).count() <= job.good

        try:
            undone(do)
        except ManifestRefused as refused:
            assert refused.sentence

    row = st.one_of(*(nearly(one).map(as_json) for one in ROWS[name])).filter(lambda raw: raw[:1] == b"{")
    assert fuzz(f"imports of manifests: {name}", st.lists(row, min_size=12, max_size=12), take, short=1)


def test_turns() -> None:
    source = factories.source(name="talk-1.mp4", duration_s=600.0)

    def take(raw: bytes) -> None:
        text = raw.decode("utf-8", "replace")

        def do() -> None:
            done = rttm_import(corpus=source.corpus, text=text)
            assert Turn.objects.filter(source=source).count() == done.turns.get("talk-1.mp4", 0)

        undone(do)

    assert fuzz("imports of turns", nearly_bytes(*RTTM), take, short=20)


def test_policies() -> None:
    corpus = factories.corpus()
    found = [to_document(preset.rules, name="x") for preset in PRESETS.values()]

    def take(raw: bytes) -> None:
        def do() -> None:
            policy = policy_import(corpus=corpus, text=raw)
            assert Policy.objects.get(pk=policy.pk).rules.count() > 0

        try:
            undone(do)
        except (PolicyError, RushesError) as refused:
            assert str(refused)

    assert fuzz("imports of policies", st.sampled_from(found).flatmap(nearly).map(as_json), take, short=20)


def test_annotations_of_label_studio(tmp_path: Path) -> None:
    queue = rooms.verify_queue(overlap=2)
    for clip in Clip.objects.filter(corpus=queue.corpus):
        clip.renditions.create(
            kind="preview", path=f"{clip.pk}.mp4", content_type="video/mp4", sha256="0" * 64, size_bytes=1
        )
    task = dict(next(iter(tasks_of(queue, video="{path}"))))
    result = {"from_name": "tier", "to_name": "v", "type": "choices", "value": {"choices": ["sft"]}}
    task["annotations"] = [
        {"id": 3, "completed_by": {"email": "a@example.org"}, "result": [result], "lead_time": 4.5},
        {"id": 4, "completed_by": 7, "result": [result], "was_cancelled": True},
    ]
    path = tmp_path / "export.json"

    def take(raw: bytes) -> None:
        path.write_bytes(raw)
        try:
            tasks = read_export(path)
        except Unreadable as refused:
            assert str(refused)
            return

        def do() -> None:
            taken = annotations_take(queue=queue, tasks=tasks, origin="fuzz")
            assert Judgment.objects.filter(queue=queue).count() <= sum(taken.counts.values())

        undone(do)

    assert fuzz("imports of annotations", nearly([task]).map(as_json), take, short=20)


def test_videos(tmp_path: Path, settings: Any) -> None:
    """A film with bytes changed is taken, or refused and listed; the importer never raises."""
    settings.STORAGE = str(tmp_path / "store")
    corpus, recipe = factories.corpus(), factories.recipe()
    whole = footage.video(tmp_path / "whole.mp4", seconds=0.5, size=(64, 48)).read_bytes()
    path = tmp_path / "film.mp4"

    def take(raw: bytes) -> None:
        path.write_bytes(raw)

        def do() -> None:
            outcome = file_ingest(corpus=corpus, path=path, recipe=recipe)
            assert outcome.sentence or Source.objects.filter(pk=outcome.source_id).exists()

        undone(do)

    assert fuzz("imports of videos", nearly_bytes(whole), take, short=10)
