"""The agreement headline: a fragment that pages of the facts show by its address."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotation.agreement import Cell, Estimate, Interval, Judged, Reading, cell_of, filter_agreement
from annotation.selectors.agreement import judged_clips
from curation.models import Corpus
from curation.policies.tiers import Tier


def headline(request: HttpRequest, corpus: str) -> HttpResponse:
    """How often the active policy and people agree on keeping a clip, with its interval; or what is missing for it."""
    found = get_object_or_404(Corpus.objects.select_related("active_policy"), slug=corpus)
    policy = found.active_policy
    judged = judged_clips(policy=policy) if policy is not None else []
    items = [
        Judged(
            passed=one.proposed >= Tier.PRETRAIN,
            votes=tuple(answer.tier >= Tier.PRETRAIN for answer in one.answers),
            verdict=None if one.verdict is None else one.verdict >= Tier.PRETRAIN,
            item=str(one.clip_id),
        )
        for one in judged
        if one.proposed is not Tier.UNDECIDED
    ]
    table = filter_agreement(items, Reading.ADJUDICATED).table if items else None
    accuracy = table.accuracy if table is not None and isinstance(table.accuracy, Estimate) else None
    counted = {item.item for item in items if isinstance(cell_of(item, Reading.ADJUDICATED), Cell)}
    blind = sum(str(one.clip_id) in counted and any(answer.blind for answer in one.answers) for one in judged)
    return render(
        request,
        "annotation/_agreement_headline.html",
        {
            "corpus": found,
            "policy": policy,
            "judged": len(judged),
            "blind": blind,
            "table": table,
            "accuracy": accuracy,
            "interval": accuracy.interval if accuracy and isinstance(accuracy.interval, Interval) else None,
        },
    )
