"""What a queue would mean before it is made: items, strata, chances, and people's time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from annotation.models import Draw
from annotation.services.draws import Counted, frame_count
from annotation.services.frames import FrameFilter
from annotation.services.identity_draws import persons_count
from annotation.services.poisson_draws import DEFAULT_FLOOR, Chances, chances_of, floor_of
from annotation.services.studies import study_count
from curation.models import Corpus, Policy

# Nobody has judged yet: deciding takes about as long as a look, and nobody judges faster than a clip plays.
_SECONDS_A_CLIP = 12.0
_SECONDS_A_SHEET = 20.0
_LOOKS = 1.6
_ENOUGH = 30


@dataclass(frozen=True, slots=True)
class PlannedStratum:
    """One stratum: ``drawn`` of ``total``, each clip with the same ``chance`` (0 to 1). ``name`` is a tier's word."""

    name: str
    total: int
    drawn: int

    @property
    def chance(self) -> float:
        """Of each clip in it."""
        return self.drawn / self.total


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan in numbers. ``each`` is seconds a judgment: the median of this corpus where ``measured``, else assumed.

    ``footage`` is seconds of the frame; ``chances`` belong to draws by priority; ``beside`` are judgments of clips that
    others get with the proposal in sight.
    """

    items: int
    overlap: int
    each: float
    measured: bool
    frame: Counted | None = None
    footage: float = 0.0
    strata: Sequence[PlannedStratum] = ()
    chances: Chances | None = None
    ordered: bool = False
    sides: Sequence[Mapping[str, Any]] = ()
    persons: int | None = None
    beside: int = 0

    @property
    def judgments(self) -> int:
        """People's judgments in all, without those beside."""
        return self.items * self.overlap

    @property
    def work_seconds(self) -> float:
        """People's time in all."""
        return (self.judgments + self.beside) * self.each

    @property
    def chance(self) -> float | None:
        """One chance for everything, where there is one."""
        if self.frame is None or not self.frame.count or self.strata or self.chances or self.ordered:
            return None
        return self.items / self.frame.count


def planned_clips(
    *,
    corpus: Corpus,
    policy: Policy | None,
    subject: str,
    frame: FrameFilter,
    kind: str,
    design: str,
    size: int | None,
    overlap: int,
    priority: Mapping[int, float] | None = None,
    floor_share: float = DEFAULT_FLOOR,
    beside: int = 0,
) -> Planned:
    """A queue of clips or pairs drawn by ``design``. Raises ``BadPlan``."""
    counted = frame_count(corpus=corpus, policy=policy, subject=subject, frame=frame)
    items = min(counted.count, size or counted.count)
    each, measured = _seconds(
        corpus, kind, max(_SECONDS_A_CLIP, _LOOKS * counted.seconds / max(1, counted.count))
    )
    found = Planned(
        items,
        overlap,
        each,
        measured,
        frame=counted,
        footage=counted.seconds * items / max(1, counted.count),
        ordered=design == Draw.Design.ORDERED,
        beside=min(beside, max(0, counted.count - items)),
    )
    if not counted.count:
        return found
    if design == Draw.Design.STRATIFIED:
        strata = [
            PlannedStratum(name, number, min(number, max(1, round(items * number / counted.count))))
            for name, number in sorted(counted.by_tier.items())
        ]
        return replace(found, items=sum(one.drawn for one in strata), strata=strata)
    if design == Draw.Design.POISSON and priority is not None:
        floor = floor_of(items, counted.count, floor_share)
        return replace(
            found, chances=chances_of(size=items, priority=priority, count=counted.count, floor=floor)
        )
    return found


def planned_study(
    *, corpus: Corpus, policy: Policy, rubric: str, band: float, per_side: int, overlap: int
) -> Planned:
    """A study: ``per_side`` clips on each side of each threshold. Raises ``BadPlan``."""
    counted = study_count(corpus=corpus, policy=policy, band=band, rubric=rubric)
    sides: list[dict[str, Any]] = [
        {"side": side, "n": min(number, per_side), "N": number} for side, number in counted
    ]
    each, measured = _seconds(corpus, "study", _SECONDS_A_CLIP)
    return Planned(sum(one["n"] for one in sides), overlap, each, measured, sides=sides)


def planned_persons(*, corpus: Corpus, size: int | None, overlap: int) -> Planned:
    """Sheets of two persons who may be one."""
    count = persons_count(corpus=corpus)
    each, measured = _seconds(corpus, "identity", _SECONDS_A_SHEET)
    return Planned(min(count, size or count), overlap, each, measured, persons=count)


def _seconds(corpus: Corpus, kind: str, assumed: float) -> tuple[float, bool]:
    """Seconds a judgment takes: the median of the latest ones in queues of this kind, once there are enough."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY active_ms) / 1000.0, count(*) FROM ("
            " SELECT j.active_ms FROM annotation_queue q CROSS JOIN LATERAL (SELECT active_ms FROM annotation_judgment"
            "  WHERE queue_id = q.id AND active_ms IS NOT NULL ORDER BY received_at DESC LIMIT 500) j"
            " WHERE q.corpus_id = %s AND q.kind = %s LIMIT 5000) x",
            [corpus.pk, kind],
        )
        median, count = cursor.fetchone()
    return (float(median), True) if count >= _ENOUGH else (assumed, False)
