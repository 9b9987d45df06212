"""Picture hashes of previews: measured once, again when the preview changes, purged with the clip; real copies are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from curation.benchmarks.plan import BenchmarkPlan, Part
from curation.models import Clip, PictureHash, Rendition
from curation.services.benchmarks import benchmark_make
from curation.services.picturehashes import corpus_hash, unhashed
from curation.services.purge import purge_run, purges_due
from curation.services.withdrawal import source_withdraw
from curation.storage import shelf
from curation.tasks import pictures_hash
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> None:
    settings.STORAGE = str(tmp_path / "storage")


def film(clip: Clip, scene: int, *, size: tuple[int, int] = (320, 180), quality: int = 28) -> Rendition:
    """A preview of two seconds: large soft shapes that drift, another number, other shapes."""
    import av

    rough = np.random.default_rng(scene).uniform(0, 255, (6, 12, 3)).astype(np.float32)
    wide = cv2.resize(rough, (2 * size[0], size[1]), interpolation=cv2.INTER_CUBIC).clip(0, 255)
    path = shelf("renditions") / f"{clip.pk}-{size[0]}-{scene}.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": str(quality)})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for n in range(20):
            x = size[0] * n // 20
            picture = np.ascontiguousarray(wide[:, x : x + size[0]].astype(np.uint8))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    Rendition.objects.filter(clip=clip, kind="preview").delete()
    return factories.rendition(clip, path, root=shelf("renditions"))


def clip() -> Clip:
    made = factories.clip(scored=False)
    Clip.objects.filter(pk=made.pk).update(end_s=made.start_s + 2.0)
    made.refresh_from_db()
    return made


def test_a_preview_is_hashed_once_and_again_when_it_changes() -> None:
    one = clip()
    film(one, 1)
    assert corpus_hash(corpus=one.corpus) == (1, 0) and corpus_hash(corpus=one.corpus) == (0, 0)
    first = PictureHash.objects.get(clip=one)
    assert len(first.hashes) == 5 and not first.problem
    film(one, 2)
    assert unhashed(one.corpus).count() == 1
    pictures_hash(corpus_id=one.corpus_id)
    assert PictureHash.objects.get(clip=one).hashes != first.hashes


def test_a_preview_that_cannot_be_read_is_kept_with_the_reason() -> None:
    one = clip()
    lost = film(one, 1)
    (shelf("renditions") / lost.path).unlink()
    assert corpus_hash(corpus=one.corpus) == (0, 1) and corpus_hash(corpus=one.corpus) == (0, 0)
    kept = PictureHash.objects.get(clip=one)
    assert kept.hashes == [] and kept.problem.startswith("the preview cannot be read: ")


def test_the_same_pictures_in_another_file_and_size_are_a_leak_and_others_are_not() -> None:
    bench, copy, other = clip(), clip(), clip()
    for each, answer in ((bench, "sft"), (copy, "pretrain"), (other, "pretrain")):
        Clip.objects.filter(pk=each.pk).update(corpus=bench.corpus)
        each.refresh_from_db()
        factories.verdict(each, answer)
    film(bench, 1)
    film(copy, 1, size=(256, 144), quality=35)
    film(other, 2)
    assert corpus_hash(corpus=bench.corpus) == (3, 0)
    made = benchmark_make(corpus=bench.corpus, name="b", plan=BenchmarkPlan((Part((), 1),)), seed="s")
    (leak,) = made.leaks.filter(kind="picture")
    assert (leak.clip, leak.other, leak.others) == (bench, copy, 1) and leak.distance <= 8


def test_hashes_of_what_was_withdrawn_are_purged() -> None:
    one = clip()
    film(one, 1)
    corpus_hash(corpus=one.corpus)
    source_withdraw(source=one.source, reason="asked")
    for purge in purges_due():
        purge_run(purge=purge)
    assert not PictureHash.objects.filter(clip=one).exists()
