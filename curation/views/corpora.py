"""The list of corpora, and the home of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from curation.config.context import route_url
from curation.models import Corpus
from curation.policies.funnel import Amount, FunnelStep, TierFunnel
from curation.policies.tiers import Tier
from curation.policies.words import rule_words
from curation.selectors import overview
from curation.views.common import corpus_or_404

# Fragments of other apps, by name only; the first that exists is shown.
HEADLINES = ("annotation:agreement_headline", "dashboards:headline")


@dataclass(frozen=True, slots=True)
class NextStep:
    """The one thing to do next; ``command`` instead of ``url`` where it is done in a terminal."""

    title: str
    why: str
    button: str = ""
    url: str | None = None
    command: str = ""


def corpus_list(request: HttpRequest) -> HttpResponse:
    """Every corpus with what it holds, the way in."""
    corpora = [
        (corpus, overview.corpus_amount(corpus), overview.tier_lines(corpus))
        for corpus in Corpus.objects.select_related("active_policy").order_by("name")[:100]
    ]
    return render(request, "curation/corpus_list.html", {"corpora": corpora})


def corpus_home(request: HttpRequest, corpus: str) -> HttpResponse:
    """Where the corpus stands and what to do next."""
    found = corpus_or_404(request, corpus)
    sees_clips = request.user.has_role("curator", "auditor")  # type: ignore[union-attr]
    progress = overview.scoring_progress(found)
    context: dict[str, Any] = {
        "corpus": found,
        "progress": progress,
        "failures": overview.scoring_failures(found, limit=5),
        "sees_clips": sees_clips,
    }
    if request.headers.get("HX-Target") == "scoring":
        return render(request, "curation/_scoring.html", context)
    amount = overview.corpus_amount(found)
    proposed, steps = _proposals(found)
    lines = overview.tier_lines(found, proposed)
    settled = sum(line.settled.clips for line in lines)
    context |= {
        "lines": lines,
        "amount": amount,
        "proposed": sum(line.proposed.clips for line in lines),
        "bar": {line.tier: line.proposed.seconds for line in lines},
        "settled": settled,
        "funnels": steps if sees_clips else [],
        "unit": "clips" if request.GET.get("in") == "clips" else "hours",
        "headline": next((url for name in HEADLINES if (url := route_url(name, found))), None),
        "age_s": overview.snapshot_age_s(found),
        "wants_snapshot": overview.wants_snapshot(found),
        "step": _next_step(request.user, found, amount, settled, progress),
    }
    return render(request, "curation/corpus_home.html", context)


def _proposals(
    corpus: Corpus,
) -> tuple[Mapping[Tier, Amount], list[tuple[TierFunnel, list[tuple[FunnelStep, str]]]]]:
    """Amounts by proposed tier and the funnels with each rule in words, from one pass over the proposals."""
    amounts, found = overview.corpus_funnels(corpus)
    return amounts, [(each, [(step, rule_words(step.rule)) for step in each.steps]) for each in found]


def _next_step(
    user: Any, corpus: Corpus, amount: overview.Amount, settled: int, progress: overview.Progress
) -> NextStep:
    """What helps the corpus most, of what this role may do."""
    review = route_url("annotation:queues", corpus)
    if not amount.clips:
        return NextStep(
            "Bring footage in",
            "This corpus has no clips yet. Point Rushes at a folder of videos; scoring begins by itself.",
            command=f"manage.py ingest FOLDER --corpus {corpus.slug}",
        )
    if user.has_role("curator") and corpus.active_policy is None:
        return NextStep(
            "Choose a policy",
            "Clips have scores but no tiers: a policy says which scores make which tier.",
            "Choose a policy",
            route_url("curation:policies", corpus),
        )
    if user.role == "auditor" and settled:
        return NextStep(
            f"Export the {settled} validated clip{'s' if settled != 1 else ''}",
            "Freeze what people settled as a subset, then export it with its evidence.",
            "Make a subset",
            route_url("curation:exports", corpus),
        )
    if (
        user.role in ("curator", "admin")
        and settled
        and (agreement := route_url("dashboards:agreement", corpus))
    ):
        return NextStep(
            "See how far the filters and people agree",
            f"People have settled {settled} clip{'s' if settled != 1 else ''}; hold the rules against them.",
            "Open agreement",
            agreement,
        )
    if review is not None and corpus.active_policy is not None:
        return NextStep(
            "Review clips",
            "Watch what the policy proposes; accept it or correct it with one key.",
            "Review",
            review,
        )
    waiting = "Scoring is under way." if progress.open else "A curator has to activate a policy first."
    return NextStep("Nothing to do for you just now", waiting)
