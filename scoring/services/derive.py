"""Deriving: turns, clips, pairs and scorecards of a source out of its series, without decoding anything."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from curation.metrics import of_scorer
from curation.models import Recipe, Source
from curation.services.clips import clips_derive
from curation.services.locks import recipes_read_lock
from curation.services.pairs import pairs_derive
from curation.services.persons import persons_assign
from curation.services.scorecards import NewScorecard, ScorerStatus, build_id
from curation.services.turns import NewTurn, turns_replace, voice_keep
from scoring.runner.derive import ScorecardResult, scorecard
from scoring.runner.series import SeriesFiles
from scoring.scorers.base import SourceFacts, Span, Status
from scoring.scorers.registry import scorers
from scoring.scorers.speaking import spoken_turns
from scoring.scorers.speech import spans_of


@transaction.atomic
def facts_derive(*, source: Source, series: SeriesFiles) -> None:
    """Turns and persons from the series, clips by the corpus' recipes, pairs and branches. Again changes nothing."""
    recipes_read_lock(source.corpus_id)
    turns_replace(
        source=source,
        turns=[
            NewTurn(
                start_s=turn.start_s,
                end_s=turn.end_s,
                track_number=turn.track,
                off_screen=turn.track is None and turn.measured_by != "",
                talk_share=turn.talk_share,
                origin=turn.measured_by or "voice",
            )
            for turn in spoken_turns(series)
        ],
    )
    voice = series.get("voice")
    if voice is not None:
        voice_keep(source=source, spans=spans_of(voice))
    persons = series.get("persons")
    if persons is not None:  # only where faces were allowed to be compared
        numbers = zip(persons["track"].tolist(), persons["person"].tolist(), strict=True)
        persons_assign(source=source, persons=dict(numbers))
    for recipe in Recipe.objects.filter(corpora=source.corpus_id).order_by("pk"):
        clips_derive(source=source, recipe=recipe)
    pairs_derive(source=source)


def clips_score(
    *, source: Source, series: SeriesFiles, facts: SourceFacts, progress: Callable[[float], None]
) -> list[NewScorecard]:
    """The scorecards of a source's present clips, from series alone. A stage that failed is each of its scorers'
    failure."""
    failed = {
        name: Status("failed", target.failure)
        for target in source.scoring_targets.filter(stage__in=("listen", "look"), state="failed").order_by(
            "pk"
        )
        for name in target.scorers
    }
    missing = {
        one.name: Status("unavailable", lacking.reason)
        for one in scorers()
        if (lacking := one.available()) is not None
    }
    statuses = {**missing, **failed, **series.statuses}
    clips = list(
        source.clips.filter(is_current=True, withdrawn_at=None).select_related("track").order_by("pk")
    )
    cards = []
    for number, clip in enumerate(clips):
        span = Span(clip.start_s, clip.end_s, clip.track.number if clip.track else None)
        result = scorecard(series, span, facts, statuses=statuses, builds=series.builds)
        cards.append(_card(clip.pk, result))
        progress((number + 1) / len(clips))
    return cards


def _card(clip_id: int, result: ScorecardResult) -> NewScorecard:
    statuses = {}
    for name, status in result.statuses.items():
        build = result.builds.get(name)
        known = (
            None if build is None else build_id(build.scorer, build.version, build.model_sha256, build.device)
        )
        notes = {spec.name: result.notes[spec.name] for spec in of_scorer(name) if spec.name in result.notes}
        statuses[name] = ScorerStatus(status.word, known, status.reason, notes)
    return NewScorecard(clip_id=clip_id, values=result.values, statuses=statuses)
