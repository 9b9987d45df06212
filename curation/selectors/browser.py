"""Pages of clips: keyset by id, so that the ten-thousandth is as quick as the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Prefetch

from curation.analytics.browse import Cursor, Sorting
from curation.models import Clip, Corpus, Person, Policy, Proposal, Rendition, Scorecard, Source, Verdict
from curation.policies.rules import RuleList
from curation.policies.tiers import Tier
from curation.selectors.clipfilter import ATTRIBUTES, ClipFilter, filter_sql
from curation.selectors.policies import default_origin, policy_rules
from curation.selectors.quick import quick_filter, quick_view

PAGE = 48
SAID = ("language", "category", *ATTRIBUTES)
MOST_SAID = 200


@dataclass(frozen=True, slots=True)
class ClipRow:
    """One clip as a list shows it. ``proposal`` and ``verdict`` are None where there is none."""

    clip: Clip
    tier: Tier | None
    failing: tuple[int, ...]
    missing: tuple[int, ...]
    verdict: Verdict | None
    poster: Rendition | None
    preview: Rendition | None
    value: float | None

    @property
    def differs(self) -> bool:
        """Whether people settled it otherwise than the policy proposes."""
        return self.verdict is not None and self.tier is not None and self.verdict.answer != self.tier.word


@dataclass(frozen=True, slots=True)
class ClipPage:
    """Rows in order of id; ``after`` and ``before`` are the ids to go on from, None at the ends."""

    rows: list[ClipRow]
    after: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class ClipCount:
    """How many clips, and how long together in seconds; ``age_s``: as the snapshot knew it so long ago, None: now."""

    clips: int
    seconds: float
    age_s: float | None = None


def rules_of_active(corpus: Corpus) -> tuple[Policy | None, RuleList | None]:
    """The active policy with its rules; ``(None, None)`` before the first activation."""
    policy = corpus.active_policy
    return policy, (policy_rules(policy) if policy else None)


def clips_count(corpus: Corpus, chosen: ClipFilter) -> ClipCount:
    """Exact count and length of what the filter selects: now, or in a large corpus when the snapshot last looked."""
    quick = quick_view(corpus)
    wanted = quick_filter(chosen, quick) if quick else None
    if quick is not None and wanted is not None:
        amount = quick.explorer.browser.count(wanted)
        return ClipCount(amount.clips, amount.seconds, quick.age_s)
    sql, values = filter_sql(chosen, corpus, *rules_of_active(corpus))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), coalesce(sum(c.end_s - c.start_s), 0) {sql}", values)
        clips, seconds = cursor.fetchone()
    return ClipCount(clips, float(seconds))


def clips_page(
    corpus: Corpus,
    chosen: ClipFilter,
    *,
    after: int | None = None,
    before: int | None = None,
    size: int = PAGE,
) -> ClipPage:
    """The next ``size`` clips after an id, or the ones before it. Any page costs what the first does."""
    ids = _ids(corpus, chosen, after, before, size + 1)
    more = len(ids) > size
    ids = ids[:size]
    if before is not None:
        ids.reverse()
    has_before = more if before is not None else after is not None
    has_after = True if before is not None else more
    rows = clip_rows(corpus, ids, metric=chosen.metric)
    return ClipPage(
        rows,
        ids[-1] if ids and has_after else None,
        ids[0] if ids and has_before else None,
    )


def page_start(corpus: Corpus, chosen: ClipFilter, number: int, *, size: int = PAGE) -> int | None:
    """The id to go on from for page ``number`` (from 1); None where there is no such page.

    The snapshot finds it at once; PostgreSQL counts along, which a small corpus allows.
    """
    quick = quick_view(corpus)
    wanted = quick_filter(chosen, quick) if quick else None
    if quick is None or wanted is None:
        sql, values = filter_sql(chosen, corpus, *rules_of_active(corpus))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT c.id {sql} ORDER BY c.id OFFSET %s LIMIT 1", [*values, (number - 1) * size]
            )
            first = cursor.fetchone()
        return first[0] - 1 if first else None
    found = quick.explorer.browser.numbered_page(wanted, number, size=size).clip_ids
    return found[0] - 1 if found else None


def _ids(corpus: Corpus, chosen: ClipFilter, after: int | None, before: int | None, limit: int) -> list[int]:
    """The next ids: ascending after one, or descending before one."""
    quick = quick_view(corpus)
    wanted = quick_filter(chosen, quick) if quick else None
    if quick is not None and wanted is not None:
        sorting = Sorting(order="descending" if before is not None else "ascending")
        place = before if before is not None else after
        cursor_ = Cursor(place) if place is not None else None
        page = quick.explorer.browser.page(wanted, sorting=sorting, after=cursor_, size=limit)
        return list(page.clip_ids)
    sql, values = filter_sql(chosen, corpus, *rules_of_active(corpus))
    if before is not None:
        sql, values, order = f"{sql} AND c.id < %s", [*values, before], "DESC"
    else:
        sql, values, order = f"{sql} AND c.id > %s", [*values, after or 0], "ASC"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT c.id {sql} ORDER BY c.id {order} LIMIT %s", [*values, limit])
        return [row[0] for row in cursor.fetchall()]


def clip_rows(corpus: Corpus, ids: Sequence[int], *, metric: str = "") -> list[ClipRow]:
    """The clips of these ids in this order, with what lists show of them. Withdrawn ones are left out again."""
    clips = (
        Clip.objects.filter(pk__in=ids, withdrawn_at=None, source__withdrawn_at=None)
        .select_related("source")
        .prefetch_related(
            Prefetch("renditions", Rendition.objects.defer("timestamps"), to_attr="made"),
            Prefetch(
                "verdicts",
                Verdict.objects.standing().filter(question="tier").defer("evidence"),
                to_attr="settled",
            ),
        )
        .in_bulk()
    )
    proposals = {}
    if corpus.active_policy_id:
        found = Proposal.objects.filter(policy_id=corpus.active_policy_id, clip_id__in=list(clips))
        proposals = {each.clip_id: each for each in found}
    values = {}
    if metric:
        origin = corpus.active_policy.origin if corpus.active_policy else default_origin(corpus)
        cards = Scorecard.objects.filter(clip_id__in=list(clips), origin=origin)
        values = dict(cards.values_list("clip_id", metric))
    return [_row(clips[pk], proposals.get(pk), values.get(pk)) for pk in ids if pk in clips]


def said_of(corpus: Corpus) -> dict[str, list[str]]:
    """By attribute of sources and persons, what is said of those of the corpus, at most ``MOST_SAID`` values each.

    The snapshot knows its words; PostgreSQL looks through the sources and persons of a small corpus.
    """
    quick = quick_view(corpus)
    if quick is not None:
        known = quick.explorer.index.table.words
        return {name: sorted(filter(None, known.get(name, ())))[:MOST_SAID] for name in SAID}
    found = {}
    for name in SAID:
        model = Person if name in ATTRIBUTES else Source
        values = model._default_manager.filter(corpus=corpus).exclude(**{name: ""}).order_by(name)
        found[name] = list(values.values_list(name, flat=True).distinct()[:MOST_SAID])
    return found


def _row(clip: Clip, proposal: Proposal | None, value: float | None) -> ClipRow:
    from curation.policies.compiled import bits_of

    made = {each.kind: each for each in clip.made}  # type: ignore[attr-defined]
    settled = clip.settled  # type: ignore[attr-defined]
    return ClipRow(
        clip=clip,
        tier=Tier(proposal.tier) if proposal else None,
        failing=bits_of(proposal.failing) if proposal else (),
        missing=bits_of(proposal.missing) if proposal else (),
        verdict=settled[0] if settled else None,
        poster=made.get(Rendition.Kind.POSTER),
        preview=made.get(Rendition.Kind.PREVIEW),
        value=value,
    )
