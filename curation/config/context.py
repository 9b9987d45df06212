"""What every page's frame needs: the theme, the corpora to switch between, and the ways open to this role."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from curation.config.access import may
from curation.models import Corpus

THEMES = ("dark", "light")
# Label, route, and the routes that count as being there. A route that does not exist yet gives no entry.
_NAVIGATION: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Corpus",
        "curation:corpus",
        ("curation:corpus", "curation:source", "curation:failures", "curation:withdrawals"),
    ),
    ("Clips", "curation:clips", ("curation:clips", "curation:clip", "curation:person")),
    (
        "Review",
        "annotation:queues",
        tuple(
            f"annotation:{name}"
            for name in ("queue", "me", "round", "work", "estimate", "sample_plan", "certify")
        ),
    ),
    ("Policies", "curation:policies", ("curation:polic",)),
    ("Agreement", "dashboards:agreement", ("dashboards:",)),
    ("Certificates", "annotation:certificates", ("annotation:certificate",)),
    (
        "Exports",
        "curation:exports",
        ("curation:export", "curation:subset", "curation:benchmark", "curation:split"),
    ),
)


@dataclass(frozen=True, slots=True)
class Way:
    """One entry of the navigation."""

    label: str
    url: str
    active: bool


def route_url(route: str, corpus: Corpus | None) -> str | None:
    """The address of ``route``, with the corpus' slug if it takes one; None where there is no such route."""
    choices: list[dict[str, Any]] = [{"corpus": corpus.slug}, {}] if corpus else [{}]
    for kwargs in choices:
        try:
            return reverse(route, kwargs=kwargs)
        except NoReverseMatch:
            continue
    return None


class Site:
    """``site`` in every template. Nothing is read from the database before a template asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def user(self) -> Any:
        return getattr(self.request, "user", None)

    @property
    def theme(self) -> str:
        wanted = self.request.COOKIES.get("theme", "")
        return wanted if wanted in THEMES else THEMES[0]

    @property
    def presigned_seconds(self) -> int:
        """How long addresses of videos live; 0 where videos pass through this site."""
        return int(settings.PRESIGNED_SECONDS) if settings.RENDITIONS_IN else 0

    @cached_property
    def corpora(self) -> list[Corpus]:
        return list(Corpus.objects.order_by("name")[:200])

    @cached_property
    def corpus(self) -> Corpus | None:
        """The corpus of this page; else the one last looked at; else the only one."""
        if found := getattr(self.request, "corpus", None):
            return found
        match = self.request.resolver_match
        slug = match.kwargs.get("corpus") if match else None
        slug = str(slug or self.request.session.get("corpus") or "")
        by_slug = {corpus.slug: corpus for corpus in self.corpora}
        return by_slug.get(slug) or (self.corpora[0] if len(self.corpora) == 1 else None)

    @cached_property
    def here(self) -> str:
        match = self.request.resolver_match
        return match.view_name if match else ""

    @cached_property
    def ways(self) -> list[Way]:
        ways = []
        for label, route, prefixes in _NAVIGATION:
            if not may(self.user, route):
                continue
            url = route_url(route, self.corpus)
            if url is not None:
                ways.append(Way(label, url, any(self.here.startswith(prefix) for prefix in prefixes)))
        return ways


def site(request: HttpRequest) -> dict[str, Site]:
    """The context processor."""
    return {"site": Site(request)}
