"""The purge: files that were made of what has left go from the disk. Safe to repeat, and to kill anywhere.

Files go before the rows that name them, so a killed purge finds the rest again. What a worker was just writing when
its lease was taken is looked for once more after every lease must have ended.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from curation.media.redact import series_without
from curation.models import Clip, PictureHash, Rendition, SeriesFile, Track
from curation.models.record import Purge, WithdrawnSpan
from curation.storage import shelf, stored
from curation.storage.cache import object_forget
from curation.storage.renditions import renditions_below, renditions_remove

_MANY = 1_000


def purges_due() -> list[Purge]:
    """Purges that have something to do now, the oldest first."""
    return list(
        Purge.objects.select_related("withdrawal__source", "withdrawal__person")
        .exclude(state=Purge.State.DONE)
        .filter(due_at__lte=timezone.now())
        .order_by("pk")
    )


def purge_run(*, purge: Purge) -> bool:
    """Remove the files of one withdrawal. Returns whether nothing is left; what went wrong is kept in ``error``."""
    try:
        removed, size = _sweep(purge)
    except OSError as error:
        again = timezone.now() + timedelta(minutes=1)
        sentence = f"{error.strerror or error}: {error.filename or 'the store'}; it is tried again"
        Purge.objects.filter(pk=purge.pk).update(error=sentence, due_at=again)
        return False
    counts = {"files": F("files") + removed, "size_bytes": F("size_bytes") + size, "error": ""}
    now = timezone.now()
    if purge.state == Purge.State.OPEN:
        later = now + timedelta(seconds=2 * settings.SCORING_LEASE_SECONDS + 60)
        Purge.objects.filter(pk=purge.pk).update(state=Purge.State.LOOK_AGAIN, due_at=later, **counts)
    else:
        Purge.objects.filter(pk=purge.pk).update(state=Purge.State.DONE, finished_at=now, **counts)
    return True


def _sweep(purge: Purge) -> tuple[int, int]:
    """Remove everything that is there now. Returns files and bytes."""
    source = purge.withdrawal.source
    removed = size = 0
    for token in purge.tokens:
        shutil.rmtree(shelf("series") / "at-work" / str(token), ignore_errors=True)
    for clip_ids in _clips_of(purge):
        renditions = Rendition.objects.filter(clip__in=clip_ids)
        names = list(renditions.values_list("path", flat=True))
        paths = {stored("renditions", path) for path in names}
        renditions_remove(names)
        if source is None:
            paths |= set(_of_clips(clip_ids))
        removed, size = _removed(paths, removed, size)
        renditions.delete()
        PictureHash.objects.filter(clip__in=clip_ids).delete()
    if source is not None:
        series = SeriesFile.objects.filter(source=source)
        paths = {stored("series", path) for path in series.values_list("path", flat=True)}
        for name in ("renditions", "series"):
            # Also what was written and never noted, by a worker that was killed.
            paths |= set((shelf(name) / source.sha256[:2] / source.sha256).glob(f"*{source.pk}-*"))
        renditions_remove(renditions_below(f"{source.sha256[:2]}/{source.sha256}", f"{source.pk}-"))
        removed, size = _removed(paths, removed, size)
        series.delete()
        if version := source.facts.get("object"):
            object_forget(source.uri, version["etag"], version["size"])
        return removed, size
    return _redact(purge, removed, size)


def _redact(purge: Purge, removed: int, size: int) -> tuple[int, int]:
    """Take a person out of the series of sources that they share with others."""
    person = purge.withdrawal.person
    assert person is not None
    spans: dict[int, list[tuple[float, float]]] = {}
    for source_id, start, end in WithdrawnSpan.objects.filter(withdrawal=purge.withdrawal).values_list(
        "source_id", "start_s", "end_s"
    ):
        spans.setdefault(source_id, []).append((start, end))
    for kept in SeriesFile.objects.filter(source__in=spans).order_by("pk"):
        tracks = Track.objects.filter(source_id=kept.source_id, person__withdrawn_at__isnull=False)
        path = stored("series", kept.path)
        redacted = series_without(
            path, tracks=set(tracks.values_list("number", flat=True)), spans=spans[kept.source_id]
        )
        if redacted is None:
            continue
        before = path.stat().st_size
        # The new name first, then the row, then the old file: a kill in between leaves no row without its file.
        target = path.with_name(f"{path.stem}-w{purge.withdrawal_id}{path.suffix}")
        redacted.path.replace(target)
        name = target.relative_to(shelf("series").resolve()).as_posix()
        SeriesFile.objects.filter(pk=kept.pk).update(
            path=name, sha256=redacted.sha256, size_bytes=target.stat().st_size
        )
        removed, size = removed + 1, size + before
        if target != path:
            path.unlink(missing_ok=True)
    return removed, size


def _clips_of(purge: Purge) -> Iterator[list[int]]:
    """Ids of the withdrawal's clips, many at a time."""
    clips = Clip.objects.exclude(withdrawn_at=None).order_by("pk")
    if purge.withdrawal.source_id is not None:
        clips = clips.filter(source=purge.withdrawal.source_id)
    else:
        clips = clips.filter(
            source__in=WithdrawnSpan.objects.filter(withdrawal=purge.withdrawal).values("source")
        )
    after = 0
    while ids := list(clips.filter(pk__gt=after).values_list("pk", flat=True)[:_MANY]):
        yield ids
        after = ids[-1]


def _of_clips(clip_ids: list[int]) -> Iterator[Path]:
    for clip_id, source_id, sha256 in Clip.objects.filter(pk__in=clip_ids).values_list(
        "pk", "source_id", "source__sha256"
    ):
        yield from (shelf("renditions") / sha256[:2] / sha256).glob(f"*{source_id}-{clip_id}-*")


def _removed(paths: set[Path], removed: int, size: int) -> tuple[int, int]:
    for path in sorted(paths):
        try:
            octets = path.stat().st_size
            os.unlink(path)  # noqa: PTH108 - a link, too, and never what it leads to
        except FileNotFoundError:
            continue
        removed, size = removed + 1, size + octets
    return removed, size
