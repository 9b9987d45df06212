"""Derive: a clip's scorecard out of series, without decoding anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from curation.metrics import METRICS, of_scorer
from scoring.runner.frames import explain
from scoring.runner.series import SeriesFile, SeriesFiles, SeriesReader
from scoring.scorers.base import (
    Build,
    FaceScorer,
    Failed,
    Measured,
    Outcome,
    PictureScorer,
    Scorer,
    SoundScorer,
    SourceFacts,
    Span,
    Status,
    status_of,
)

_SLACK = 1e-6  # sums of float32 may pass a bound by rounding; more than this is a fault


@dataclass(frozen=True, slots=True)
class ScorecardResult:
    """One clip's numbers by metric name, each scorer's status and build, and notes on values that are ``None``."""

    values: dict[str, float | None]
    statuses: dict[str, Status]
    builds: dict[str, Build]
    notes: dict[str, str] = field(default_factory=dict)


def score_clip(
    series_files: Sequence[str | Path | SeriesFile],
    span: Span,
    source_facts: SourceFacts | None = None,
    scorers: Sequence[Scorer] | None = None,
) -> ScorecardResult:
    """The scorecard of ``span`` from the series files of its source (any stages; opened ones may be reused for
    many clips). ``scorers`` ``None``: the whole registry. Raises ``SeriesError`` on unreadable or mixed files.
    """
    files = [one if isinstance(one, SeriesFile) else SeriesFile(one) for one in series_files]
    together = SeriesFiles(files)
    facts = source_facts if source_facts is not None else files[0].facts
    return scorecard(
        together, span, facts, statuses=together.statuses, builds=together.builds, scorers=scorers
    )


def scorecard(
    series: SeriesReader,
    span: Span,
    facts: SourceFacts,
    *,
    statuses: dict[str, Status],
    builds: dict[str, Build],
    scorers: Sequence[Scorer] | None = None,
) -> ScorecardResult:
    """As :func:`score_clip`, over any reader. ``statuses``: how each scorer fared on the source; one that is not
    there did not run. Every catalogue metric of each scorer is in ``values``, ``None`` where not measured."""
    if scorers is None:
        from scoring.scorers.registry import scorers as registered

        scorers = registered()
    out = ScorecardResult({}, {}, {})
    for scorer in scorers:
        outcome = _checked(scorer, _outcome(scorer, series, span, facts, statuses))
        status = outcome if isinstance(outcome, Status) else status_of(outcome)
        out.statuses[scorer.name] = status
        out.values.update({spec.name: None for spec in of_scorer(scorer.name)})
        if isinstance(outcome, Measured):
            out.values.update(outcome.values)
            out.notes.update(outcome.notes)
            out.builds[scorer.name] = builds.get(scorer.name) or scorer.build()
    return out


def _outcome(
    scorer: Scorer, series: SeriesReader, span: Span, facts: SourceFacts, statuses: dict[str, Status]
) -> Outcome | Status:
    if isinstance(scorer, PictureScorer | FaceScorer | SoundScorer):
        status = statuses.get(scorer.name)
        if status is None:
            return Status("not_run", "this source's series were written without it")
        if status.word != "measured":
            return status
    try:
        return scorer.aggregate(series, span, facts)
    except Exception as error:
        return Failed(explain(error))


def _checked(scorer: Scorer, outcome: Outcome | Status) -> Outcome | Status:
    """The outcome, or ``Failed`` where a number has no entry in the catalogue or lies outside its bounds."""
    if not isinstance(outcome, Measured):
        return outcome
    for name, value in outcome.values.items():
        spec = METRICS.get(name)
        if spec is None or spec.scorer != scorer.name:
            return Failed(f"{name} is not a metric of {scorer.name} in the catalogue")
        if value is None:
            continue
        low, high = spec.low, spec.high
        if (low is not None and value < low - _SLACK) or (high is not None and value > high + _SLACK):
            return Failed(f"{name} came out as {value:g}, outside {low}…{high}")
    return outcome
