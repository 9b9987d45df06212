"""Reading: corpora, clips, scores, policies, subsets, exports, certificates."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Path, Query, Router

from curation.api.filters import PARAMETERS, filter_of
from curation.api.paging import Place, page_of
from curation.api.schemas import (
    CertificateOut,
    ClipOut,
    CorpusDetail,
    CorpusOut,
    ExportOut,
    PolicyOut,
    ScorecardOut,
    SubsetOut,
    paged,
)
from curation.errors import NotFound
from curation.metrics import clip_metrics
from curation.models import Certificate, Clip, Corpus, ExportRecord, Policy, Scorecard, Subset
from curation.policies.words import rule_words
from curation.selectors import browser, overview
from curation.selectors.clips import clip_get
from curation.selectors.policies import policy_get, policy_rules

router = Router(tags=["facts"])
_METRICS = tuple(spec.name for spec in clip_metrics())


def corpus_get(slug: str) -> Corpus:
    """The corpus of an address; raises ``NotFound``."""
    found = Corpus.objects.select_related("active_policy").filter(slug=slug).first()
    if found is None:
        raise NotFound(f"there is no corpus {slug!r}")
    return found


@router.get("/corpora", response=paged(CorpusOut), url_name="corpora", operation_id="corpora")
def corpora(request: HttpRequest, place: Query[Place]) -> dict[str, Any]:
    """All corpora."""
    return page_of(Corpus.objects.select_related("active_policy"), place, _corpus)


@router.get("/corpora/{slug:corpus}", response=CorpusDetail, url_name="corpus", operation_id="corpus")
def corpus(request: HttpRequest, corpus: str = Path(...)) -> dict[str, Any]:
    """One corpus with clips and seconds by tier."""
    found = corpus_get(corpus)
    amount = overview.corpus_amount(found)
    tiers = [
        {
            "tier": line.tier.word,
            "proposed_clips": line.proposed.clips,
            "proposed_seconds": line.proposed.seconds,
            "settled_clips": line.settled.clips,
            "settled_seconds": line.settled.seconds,
        }
        for line in overview.tier_lines(found)
    ]
    return {
        **_corpus(found),
        "clips": amount.clips,
        "seconds": amount.seconds,
        "tiers": tiers,
        "age_s": overview.snapshot_age_s(found),
    }


@router.get(
    "/corpora/{slug:corpus}/clips",
    response=paged(ClipOut),
    url_name="clips",
    operation_id="clips",
    openapi_extra={"parameters": PARAMETERS},
)
def clips(request: HttpRequest, place: Query[Place], corpus: str = Path(...)) -> dict[str, Any]:
    """Clips by the clip browser's own filter; what is no filter is refused."""
    found = corpus_get(corpus)
    page = browser.clips_page(found, filter_of(request.GET), after=place.after or None, size=place.limit)
    return {"items": [_clip(row) for row in page.rows], "next": page.after}


@router.get("/clips/{int:clip}", response=ClipOut, url_name="clip", operation_id="clip")
def clip(request: HttpRequest, clip: int = Path(..., ge=0, le=2**62)) -> dict[str, Any]:
    """One clip."""
    found = clip_get(clip)
    return _clip(browser.clip_rows(found.corpus, [found.pk])[0])


@router.get(
    "/clips/{int:clip}/scores",
    response=list[ScorecardOut],
    url_name="clip-scores",
    operation_id="clip_scores",
)
def clip_scores(request: HttpRequest, clip: int = Path(..., ge=0, le=2**62)) -> list[dict[str, Any]]:
    """A clip's scores, a card an origin."""
    cards = clip_get(clip).scorecards.select_related("provenance").order_by("origin")
    return [_card(card) for card in cards]


@router.get(
    "/corpora/{slug:corpus}/scores", response=paged(ScorecardOut), url_name="scores", operation_id="scores"
)
def scores(
    request: HttpRequest,
    place: Query[Place],
    corpus: str = Path(...),
    origin: str = Query("measured", max_length=60),
) -> dict[str, Any]:
    """Scorecards of one origin by clip id: `after` is a clip's id."""
    # The place is said of clips as well: else all those before it are walked through.
    clips = Clip.objects.filter(
        corpus=corpus_get(corpus), is_current=True, withdrawn_at=None, pk__gt=place.after
    )
    rows = (
        Scorecard.objects.filter(clip__in=clips, origin=origin, clip_id__gt=place.after)
        .select_related("provenance")
        .order_by("clip_id")[: place.limit + 1]
    )
    found = list(rows)
    more, found = len(found) > place.limit, found[: place.limit]
    return {"items": [_card(card) for card in found], "next": found[-1].clip_id if more else None}


@router.get(
    "/corpora/{slug:corpus}/policies", response=paged(PolicyOut), url_name="policies", operation_id="policies"
)
def policies(request: HttpRequest, place: Query[Place], corpus: str = Path(...)) -> dict[str, Any]:
    """Versions of the rules, the oldest first."""
    found = corpus_get(corpus)
    return page_of(Policy.objects.filter(corpus=found), place, lambda each: _policy(found, each))


@router.get(
    "/corpora/{slug:corpus}/policies/{int:number}",
    response=PolicyOut,
    url_name="policy",
    operation_id="policy",
)
def policy(
    request: HttpRequest, corpus: str = Path(...), number: int = Path(..., ge=0, le=2**31 - 1)
) -> dict[str, Any]:
    """One version of the rules."""
    found = corpus_get(corpus)
    return _policy(found, policy_get(found, number))


@router.get(
    "/corpora/{slug:corpus}/subsets", response=paged(SubsetOut), url_name="subsets", operation_id="subsets"
)
def subsets(request: HttpRequest, place: Query[Place], corpus: str = Path(...)) -> dict[str, Any]:
    """Frozen lists of clips."""
    rows = Subset.objects.filter(corpus=corpus_get(corpus)).select_related("corpus", "policy")
    return page_of(rows, place, _subset)


@router.get(
    "/corpora/{slug:corpus}/exports", response=paged(ExportOut), url_name="exports", operation_id="exports"
)
def exports(request: HttpRequest, place: Query[Place], corpus: str = Path(...)) -> dict[str, Any]:
    """Exports that were written, with their manifests."""
    return page_of(ExportRecord.objects.filter(subset__corpus=corpus_get(corpus)), place, _export)


@router.get(
    "/corpora/{slug:corpus}/certificates",
    response=paged(CertificateOut),
    url_name="certificates",
    operation_id="certificates",
)
def certificates(request: HttpRequest, place: Query[Place], corpus: str = Path(...)) -> dict[str, Any]:
    """Estimates of quality, as certificates state them."""
    rows = Certificate.objects.filter(subset__corpus=corpus_get(corpus))
    return page_of(
        rows,
        place,
        lambda each: {**_plain(each, "document", "document_sha256", "issued_at"), "subset": each.subset_id},
    )


def _plain(row: Any, *names: str) -> dict[str, Any]:
    return {"id": row.pk, **{name: getattr(row, name) for name in names}}


def _corpus(row: Corpus) -> dict[str, Any]:
    active = row.active_policy.number if row.active_policy else None
    return {**_plain(row, "slug", "name"), "synthetic": row.is_synthetic, "active_policy": active}


def _clip(row: browser.ClipRow) -> dict[str, Any]:
    clip, verdict = row.clip, row.verdict
    return {
        **_plain(clip, "start_s", "end_s", "region"),
        "source": clip.source_id,
        "source_name": clip.source.name,
        "branch": clip.branch or None,
        "language": clip.language or clip.source.language or None,
        "person": clip.person_id,
        "proposed": row.tier.word if row.tier is not None else None,
        "failing_rules": list(row.failing),
        "unknown_rules": list(row.missing),
        "verdict": None
        if verdict is None
        else {
            "answer": verdict.answer,
            "method": verdict.method,
            "blind": verdict.blind,
            "settled_at": verdict.settled_at,
        },
    }


def _card(card: Scorecard) -> dict[str, Any]:
    statuses = card.provenance.statuses if card.provenance else {}
    return {
        "clip": card.clip_id,
        "origin": card.origin,
        "scored_at": card.scored_at,
        "scores": {name: value for name in _METRICS if (value := getattr(card, name)) is not None},
        "not_measured": {
            scorer: {"state": status.get("state"), "reason": status.get("reason") or None}
            for scorer, status in sorted(statuses.items())
            if status.get("state") != "measured"
        },
    }


def _policy(corpus: Corpus, row: Policy) -> dict[str, Any]:
    rules = [
        {
            "ordinal": ordinal,
            "tier": rule.tier.word,
            "metric": rule.metric,
            "operator": str(rule.operator),
            "low": rule.low,
            "high": rule.high,
            "percentile": rule.percentile,
            "words": rule_words(rule),
        }
        for ordinal, rule in enumerate(policy_rules(row))
    ]
    return {
        "number": row.number,
        "name": row.name,
        "subject": row.subject,
        "origin": row.origin,
        "preset": row.preset,
        "active": row.pk in (corpus.active_policy_id, corpus.active_pair_policy_id),
        "created_at": row.created_at,
        "rules": rules,
    }


def _subset(row: Subset) -> dict[str, Any]:
    return {
        **_plain(row, "name", "filter", "validated_only", "list_sha256", "frozen_at"),
        "corpus": row.corpus.slug,
        "policy": row.policy.number if row.policy else None,
        "clips": row.clip_count,
        "seconds": row.total_seconds,
    }


def _export(row: ExportRecord) -> dict[str, Any]:
    return {
        **_plain(row, "format", "destination", "manifest_sha256", "manifest", "written_at"),
        "subset": row.subset_id,
    }
