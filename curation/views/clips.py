"""The clip browser and the page of one clip."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from curation.models import Branch, Corpus, SavedFilter
from curation.policies.words import rule_words
from curation.selectors import browser
from curation.selectors.clipfilter import BadFilter, ClipFilter, filter_from_query, filter_query, filter_words
from curation.selectors.clips import METRIC_CHOICES, clip_detail, clip_get
from curation.selectors.overview import ORDER, wants_snapshot
from curation.selectors.withdrawals import exports_of_clip
from curation.views.common import corpus_or_404, found_or_404, place, remember

VIEWS = ("sheet", "table")
VERDICT_CHOICES = (
    ("", "any or none"),
    ("none", "not settled"),
    ("any", "settled"),
    ("sft", "sft"),
    ("pretrain", "pretrain"),
    ("reject", "reject"),
    ("differs", "not as proposed"),
)


def clip_browser(request: HttpRequest, corpus: str) -> HttpResponse:
    """Clips by filter; the filter is the address, so that it can be kept and shared."""
    found = corpus_or_404(request, corpus)
    _, rules = browser.rules_of_active(found)
    problem = ""
    try:
        chosen = filter_from_query(request.GET)
        count = browser.clips_count(found, chosen)
        pages = -(-count.clips // browser.PAGE)
        page = browser.clips_page(found, chosen, **_place(request, found, chosen, pages))
    except BadFilter as error:
        problem, chosen, pages = error.sentence, ClipFilter(), 0
        count, page = browser.ClipCount(0, 0.0), browser.ClipPage([], None, None)
    look = request.GET.get("view", "")
    context: dict[str, Any] = {
        "corpus": found,
        "chosen": chosen,
        "problem": problem,
        "words": filter_words(chosen, rules),
        "count": count,
        "page": page,
        "look": look if look in VIEWS else VIEWS[0],
        "tiers": ORDER,
        "verdict_choices": VERDICT_CHOICES,
        "branches": Branch.choices,
        "attributes": [
            (name, values, getattr(chosen, name))
            for name, values in browser.said_of(found).items()
            if values or getattr(chosen, name)
        ],
        "pages": pages,
        "kept_in_address": [
            (name, value)
            for name, values in request.GET.lists()
            if name not in ("page", "after", "before")
            for value in values
        ],
        "rules": [(i, f"{rule.tier.letter} · {rule_words(rule)}") for i, rule in enumerate(rules)]
        if rules
        else [],
        "metrics": METRIC_CHOICES,
        "wants_snapshot": wants_snapshot(found),
        "saved": list(SavedFilter.objects.filter(corpus=found).select_related("saved_by")),
        "subset_query": urlencode(filter_query(chosen), doseq=True),
    }
    return render(request, "curation/clips.html", context, status=400 if problem else 200)


def _place(request: HttpRequest, corpus: Corpus, chosen: ClipFilter, pages: int) -> dict[str, int]:
    """Where the page begins: after or before an id, or at a numbered page. Raises ``BadFilter`` where there is none."""
    text = request.GET.get("page", "").strip()
    if not text:
        return place(request)
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
    if number == 1:
        return {}
    start = browser.page_start(corpus, chosen, number) if number else None
    if start is None:
        raise BadFilter(f"page: there is no page {text[:20]!r}; the last is {max(pages, 1)}")
    return {"after": start}


def clip_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One clip: the picture, the scores against the thresholds, why it is where it is, what people said."""
    clip = found_or_404(clip_get, pk)
    remember(request, clip.corpus)
    context = {
        "corpus": clip.corpus,
        "detail": clip_detail(clip),
        "clip": clip,
        "exports": exports_of_clip(clip),
    }
    return render(request, "curation/clip.html", context)
