"""What surrounds an item is what was measured, in the clip's own coordinates; where nothing was, there is nothing."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from annotation.selectors.context import context_of
from curation.models import SeriesFile, Turn
from curation.storage import stored
from scoring.runner.series import Series, write_series
from scoring.scorers.base import SourceFacts
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(settings, tmp_path):
    settings.STORAGE = str(tmp_path)
    world = factories.world(sft=1, pretrain=0, reject=0, undecided=0)
    clip = world.sft[0]
    return rooms.verify_queue(world).items.select_related("clip__source", "pair", "queue").get(clip=clip)


def keep(source, stage, *series):
    path = stored("series", f"{source.pk}-{stage}.parquet")
    facts = SourceFacts(sha256=source.sha256, duration_s=600.0, width_px=1280, height_px=720)
    write_series(path, stage=stage, facts=facts, series=series, builds={}, statuses={})
    SeriesFile.objects.create(
        source=source,
        stage=stage,
        builds_key="k",
        path=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        size_bytes=path.stat().st_size,
    )


def test_without_measurements_there_is_nothing(item):
    found = context_of(item)
    assert found["lanes"] == found["transcript"] == found["boxes"] == [] and found["strip"] is None


def test_words_voice_and_faces_within_the_clip(item):
    clip = item.clip
    start = clip.start_s
    keep(
        clip.source,
        "listen",
        Series(
            "voice",
            {"time_s": np.array([start - 9, start + 1.0]), "end_s": np.array([start - 8, start + 2.0])},
        ),
        Series(
            "words",
            {
                "time_s": np.array([start - 9, start + 1.0]),
                "end_s": np.array([start - 8.5, start + 1.4]),
                "word": np.array([" before", " hello"], object),
            },
        ),
    )
    keep(
        clip.source,
        "look",
        Series(
            "faces",
            {
                "time_s": np.array([start - 1, start + 0.2]),
                "track": np.array([1, 1], np.int32),
                "box": np.array([[0, 0, 1, 1], [320, 180, 640, 540]], np.float32),
            },
        ),
        Series(
            "head",
            {
                "time_s": np.array([start + 0.2, start + 0.4]),
                "track": np.array([1, 1], np.int32),
                "keypoints": np.array([[640.0, 360.0] * 5, [np.nan] * 10], np.float32),
            },
        ),
    )
    found = context_of(item)
    assert found["lanes"] == [
        {"label": "voice (silero)", "off_screen": False, "spans": [[start + 1.0, start + 2.0]]}
    ]
    assert [word["text"] for word in found["transcript"]] == ["hello"] and found[
        "transcript_origin"
    ] == "Whisper"
    assert found["boxes"][0]["boxes"] == [[0.25, 0.25, 0.25, 0.5]]
    assert found["boxes"][0]["times"] == [pytest.approx(0.2)]
    # Where the mesh found nothing, nothing is drawn.
    assert found["boxes"][0]["landmarks"] == {"times": [pytest.approx(0.2)], "points": [[[0.5, 0.5]] * 5]}


def test_known_speakers_come_before_a_voice_that_nobody_owns(item):
    Turn.objects.create(
        source=item.clip.source, start_s=item.clip.start_s, end_s=item.clip.start_s + 1, speaker="Ada"
    )
    assert [lane["label"] for lane in context_of(item)["lanes"]] == ["Ada"]


def test_the_strip_shows_the_second_in_which_the_head_moved(item):
    clip = item.clip
    times = clip.start_s + np.arange(0, 6, 0.2)
    points = np.full((len(times), 10), 300.0, np.float32)
    points[times >= clip.start_s + 3] += (
        144.0  # a fifth of the shorter side, between the third and fourth sample
    )
    keep(
        clip.source,
        "look",
        Series("head", {"time_s": times, "track": np.ones(len(times), np.int32), "keypoints": points}),
    )
    strip = context_of(item)["strip"]
    assert [one["value"] for one in strip["values"]] == [100.0, 100.0, 80.0, 100.0, 100.0]
    assert strip["threshold"] == 60.0
    item.queue.blind = True
    assert context_of(item)["strip"] is None


def test_a_file_that_is_gone_is_no_error(item):
    keep(item.clip.source, "look", Series("voice", {"time_s": np.zeros(0), "end_s": np.zeros(0)}))
    stored("series", f"{item.clip.source.pk}-look.parquet").unlink()
    assert context_of(item)["lanes"] == []
