"""Deriving a corpus anew from the series that its sources have: nothing is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from curation.models import Corpus, ScoringTarget, Source
from curation.services.scorecards import scorecards_write
from scoring.runner.series import SeriesFiles
from scoring.services.derive import clips_score, facts_derive
from scoring.services.keep import series_opened
from scoring.services.measure import facts_of
from scoring.services.plan import DERIVE, LOOK, MEASURING, derive_key


@dataclass(frozen=True, slots=True)
class Rederived:
    """What a source's derivation came to: clips scored, of which new; ``skipped``: why nothing was done."""

    source_id: int
    clips: int = 0
    new: int = 0
    skipped: str = ""


def measured_sources(*, corpus: Corpus) -> list[int]:
    """Ids of the ready sources that were looked at, whatever came of it and whatever is to be measured anew."""
    looked = ScoringTarget.objects.filter(stage=LOOK, state__in=("done", "failed"))
    ready = Source.objects.filter(corpus=corpus, state=Source.State.READY, pk__in=looked.values("source"))
    return list(ready.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def source_derive(*, source_id: int) -> Rederived:
    """Turns, clips, pairs and scorecards of one source from its series. Raises ``SeriesError``."""
    source = Source.objects.select_for_update().get(pk=source_id)
    if source.state != Source.State.READY:
        return Rederived(source_id, skipped=f"it is {source.state}")
    before = set(source.clips.filter(is_current=True).values_list("pk", flat=True))
    series = SeriesFiles(series_opened(source, *MEASURING))
    facts_derive(source=source, series=series)
    cards = clips_score(source=source, series=series, facts=facts_of(source), progress=lambda _: None)
    scorecards_write(cards=cards)
    ScoringTarget.objects.update_or_create(
        source=source,
        stage=DERIVE,
        builds_key=derive_key(source),
        defaults={"state": ScoringTarget.State.DONE, "token": None, "leased_until": None},
    )
    return Rederived(source_id, len(cards), len({card.clip_id for card in cards} - before))
