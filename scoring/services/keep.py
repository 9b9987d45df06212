"""Keeping what a stage came to: its series file in the store, its tracks in the database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from curation.models import SeriesFile, Source, Track
from curation.services.targets import Claim
from curation.storage import shelf, stored
from scoring.runner.look import LookResult
from scoring.runner.series import SeriesFile as SeriesOnDisk
from scoring.scorers.base import Build, Status, sha256_of


@contextmanager
def workroom(claim: Claim) -> Iterator[Path]:
    """A folder of this lease's own, gone afterwards: two workers never write one file."""
    folder = shelf("series") / "at-work" / str(claim.token)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def series_keep(
    source: Source, claim: Claim, made: Path, builds: Mapping[str, Build], statuses: Mapping[str, Status]
) -> None:
    """Put the series file in its place and note it; the name holds the lease, so that a stale one overwrites nothing."""
    name = f"{source.sha256[:2]}/{source.sha256}/{source.pk}-{claim.stage}-{claim.token}.parquet"
    place = stored("series", name)
    place.parent.mkdir(parents=True, exist_ok=True)
    digest, size = sha256_of(made), made.stat().st_size
    made.replace(place)
    SeriesFile.objects.create(
        source=source,
        stage=claim.stage,
        builds_key=claim.builds_key,
        path=name,
        sha256=digest,
        size_bytes=size,
        statuses={
            scorer: {
                "state": status.word,
                "reason": status.reason,
                "build": builds[scorer].label if scorer in builds else "",
            }
            for scorer, status in statuses.items()
        },
    )


def series_opened(source: Source, *stages: str) -> list[SeriesOnDisk]:
    """The series files of these stages, the newest first, so that its columns win. Raises ``SeriesError``."""
    kept = source.series_files.filter(stage__in=stages).order_by("-pk")
    return [SeriesOnDisk(stored("series", one.path)) for one in kept]


def tracks_keep(source: Source, result: LookResult) -> None:
    """Write the tracks that were found; the same number again is the same row."""
    width, height = result.facts.width_px, result.facts.height_px
    shots = {shot.number: shot for shot in source.shots.all()}
    for track in result.tracks:
        left, top, right, bottom = track.box
        box = None
        if width and height:
            box = [left / width, top / height, (right - left) / width, (bottom - top) / height]
        Track.objects.update_or_create(
            source=source,
            number=track.number,
            defaults={
                "shot": shots.get(track.shot),
                "start_s": track.start_s,
                "end_s": track.end_s,
                "mean_box": box,
            },
        )
