"""Doing a claimed target: run the stage, keep its results, and close the claim, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.db import transaction

from curation.media.child import decoder
from curation.models import Source
from curation.services.renditions import source_render
from curation.services.scorecards import scorecards_write
from curation.services.targets import Claim, target_finish
from curation.storage.cache import local_path
from curation.storage.s3 import ObjectMissing
from scoring.runner.listen import listen_source
from scoring.runner.look import look_source
from scoring.runner.series import SeriesFiles
from scoring.scorers.base import SourceFacts
from scoring.scorers.registry import scorers
from scoring.services.derive import clips_score, facts_derive
from scoring.services.keep import series_keep, series_opened, tracks_keep, workroom
from scoring.services.plan import source_plan

Progress = Callable[[float], None]


class SourceGone(Exception):
    """The file of a source is not where it was; ``str`` says where."""

    code = "source_gone"


def target_do(*, claim: Claim, progress: Progress) -> None:
    """Do what ``claim`` asks for. Raises ``MediaError``, ``SourceGone`` or ``StaleLease``; writes all or nothing."""
    source = Source.objects.get(pk=claim.source_id)
    if source.state == Source.State.WITHDRAWN:
        target_finish(claim=claim)
        return
    {"listen": _listen, "look": _look, "derive": _derive, "render": _render}[claim.stage](
        source, claim, progress
    )


def _path_of(source: Source) -> Path:
    try:
        path = local_path(source.uri)
    except ObjectMissing as error:
        raise SourceGone(f"{source.name}: {error.sentence}") from error
    if not path.is_file():
        raise SourceGone(
            f"{source.name} is no longer at {path}; put it back or ingest it from where it is now"
        )
    return path


def facts_of(source: Source) -> SourceFacts:
    """What the probe said, in the words of the scorers."""
    assert source.duration_s is not None, "a ready source was probed"
    return SourceFacts(
        sha256=source.sha256,
        duration_s=source.duration_s,
        width_px=source.width,
        height_px=source.height,
        frame_rate_fps=source.fps,
        bit_rate_bps=source.facts.get("picture_bitrate"),
        has_picture=bool(source.picture_codec),
        has_sound=bool(source.has_sound),
    )


def _listen(source: Source, claim: Claim, progress: Progress) -> None:
    with workroom(claim) as folder:
        result = listen_source(
            _path_of(source),
            folder,
            scorers(claim.scorers),
            facts=facts_of(source),
            progress=_share(progress),
            media=decoder(),
        )
        with transaction.atomic():
            series_keep(source, claim, result.series_path, result.builds, result.statuses)
            _finish(source, claim)


def _look(source: Source, claim: Claim, progress: Progress) -> None:
    heard = series_opened(source, "listen")
    with workroom(claim) as folder:
        result = look_source(
            _path_of(source),
            folder,
            scorers(claim.scorers),
            facts=facts_of(source),
            heard=SeriesFiles(heard) if heard else None,
            progress=_share(progress),
            media=decoder(),
        )
        with transaction.atomic():
            series_keep(source, claim, result.series_path, result.builds, result.statuses)
            tracks_keep(source, result)
            _finish(source, claim)


def _derive(source: Source, claim: Claim, progress: Progress) -> None:
    series = SeriesFiles(series_opened(source, "listen", "look"))
    facts_derive(source=source, series=series)
    cards = clips_score(source=source, series=series, facts=facts_of(source), progress=progress)
    with transaction.atomic():
        scorecards_write(cards=cards)
        _finish(source, claim)


def _render(source: Source, claim: Claim, progress: Progress) -> None:
    source_render(source=source, path=_path_of(source), progress=progress)
    with transaction.atomic():
        _finish(source, claim)


def _finish(source: Source, claim: Claim) -> None:
    """Close the claim and ask for what comes next, in the transaction of the results: no kill falls in between."""
    target_finish(claim=claim)
    source_plan(source=source)


def _share(progress: Progress) -> Callable[[float, float], None]:
    return lambda done_s, total_s: progress(min(1.0, done_s / total_s) if total_s > 0 else 1.0)
