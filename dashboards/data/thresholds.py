"""What a draft would do: amounts, funnel, moves, and what people said of the clips concerned."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from curation.analytics.engine import Engine, Explorer
from curation.analytics.errors import NoSnapshot
from curation.analytics.index import PolicyIndex, same_shape
from curation.analytics.slider import Outcome, Places, SliderTable, places_of, slider_table
from curation.models import Corpus
from curation.policies.rules import RuleList
from curation.policies.tiers import Tier
from curation.selectors.policies import policy_rules
from curation.services.snapshot import snapshot_engine, snapshot_explorer
from dashboards.data.draft import Draft, draft_of
from dashboards.data.judged import (
    Evidence,
    Quality,
    evidence_for,
    evidence_of,
    passes_others,
    quality,
    tiers_under,
)
from dashboards.data.nothing import NothingYet
from dashboards.data.stops import stops_of

CUTS: tuple[Tier, ...] = (Tier.SFT, Tier.PRETRAIN)


@dataclass(frozen=True, slots=True)
class Desk:
    """A draft beside the snapshot: ``now`` explores the active policy; ``index`` has the base policy's masks."""

    draft: Draft
    engine: Engine
    now: Explorer
    index: PolicyIndex


@dataclass(frozen=True, slots=True)
class Answer:
    """Now and then. ``quality`` by cut: (now, then); ``weighted`` if it speaks for the whole corpus.

    ``verify`` counts judged clips whose proposal was in sight; ``settled_moves`` judged clips that would move;
    ``seconds`` is the median active time a judgment, None before the first.
    """

    desk: Desk
    before: Outcome
    after: Outcome
    quality: Mapping[Tier, tuple[Quality, Quality]]
    evidence: Evidence
    weighted: bool
    verify: int
    settled_moves: int
    seconds: float | None
    age_s: float | None


def desk_of(slug: str, asked: Mapping[str, str]) -> Desk | NothingYet:
    """The draft of an address and the snapshot to ask; why not, where there is none."""
    corpus = Corpus.objects.select_related("active_policy").filter(slug=slug).first()
    if corpus is None:
        return NothingYet(
            f"No corpus is called {slug}.", "Choose one from the list of corpora.", "/", "Corpora"
        )
    if corpus.active_policy is None:
        return NothingYet(
            "No policy is active in this corpus.",
            "Thresholds are tuned from the policy in force. Activate a preset; then move its numbers here.",
            f"/corpora/{slug}/policies/",
            "Policies",
        )
    engine = snapshot_engine(corpus.pk, corpus.active_policy.origin)
    try:
        explorer = snapshot_explorer(
            corpus=corpus, rules=_now_rules(corpus), origin=corpus.active_policy.origin
        )
        draft = draft_of(corpus, asked, engine)
    except NoSnapshot as error:
        return NothingYet("This corpus has no analytic snapshot yet.", f"{error}.")
    assert draft is not None
    if draft.base.origin != draft.now.origin:
        return NothingYet(
            f"Policy {draft.base.number} reads {draft.base.origin} scores, the active one {draft.now.origin}.",
            "Two policies are compared on the same scores only.",
        )
    if _alike(draft.written, draft.now_rules):
        return Desk(draft, engine, explorer, explorer.index)
    return Desk(draft, engine, explorer, engine.explorer(draft.written).index)


def answer(desk: Desk, ordinal: int | None = None, evidence: str | None = None) -> Answer:
    """What the draft would do, by the table of the slider that moves (``ordinal``; any, if none does)."""
    draft = desk.draft
    before = _outcome_now(desk)
    after = outcome(desk, draft.rules, ordinal if ordinal is not None else (draft.changed or (0,))[-1])
    judged = evidence_of(draft.corpus, desk.now.index.table)
    weighted = evidence_for(draft.corpus, evidence) == "drawn"
    used = judged.drawn() if weighted else judged
    was, becomes = tiers_under(used, draft.now_rules), tiers_under(used, draft.rules)
    moved = (
        tiers_under(judged, draft.now_rules) != tiers_under(judged, draft.rules)
        if weighted
        else was != becomes
    )
    return Answer(
        desk=desk,
        before=before,
        after=after,
        quality={
            cut: (quality(used, was, cut, weighted=weighted), quality(used, becomes, cut, weighted=weighted))
            for cut in CUTS
            if any(rule.tier is cut for rule in (*draft.rules, *draft.now_rules))
        },
        evidence=used,
        weighted=weighted,
        verify=int((~used.blind).sum()),
        settled_moves=int(moved.sum()),
        seconds=median_seconds(draft.corpus),
        age_s=desk.engine.age_s(),
    )


def outcome(desk: Desk, rules: RuleList, ordinal: int) -> Outcome:
    """The draft's outcome by the table of one slider; the table is made by one pass, then kept."""
    return table_for(desk, rules, ordinal).at(rules.rules[ordinal])


def table_for(desk: Desk, rules: RuleList, ordinal: int) -> SliderTable:
    """The kept table of a slider that answers ``rules``; made now if there is none."""
    others = (*rules.rules[:ordinal], *rules.rules[ordinal + 1 :])
    key = (id(desk.now.index), id(desk.index), ordinal, others)
    with _locks(key):
        found = _tables.get(key)
        if found is not None and found.index is desk.index and found.table.holds(rules):
            _tables.move_to_end(key)
            return found.table
        rule = rules.rules[ordinal]
        own = [value for value in (rule.low, rule.high) if value is not None]
        table = desk.index.table
        grid = stops_of(table, desk.draft.written.rules[ordinal])
        places = _places(table, rule.metric, tuple(sorted({*np.asarray(grid, np.float32).tolist(), *own})))
        made = slider_table(desk.index, rules, ordinal, places, desk.now.index.tier)
        # The index is kept along, so that its id stays its own.
        _tables[key] = _Kept(desk.index, desk.now.index, made)
        while len(_tables) > 96:
            _tables.popitem(last=False)
        return made


def judged_on(desk: Desk, ordinal: int) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Judged clips that pass every other rule of this rule's tier: value, accepted (that tier or better), blind."""
    draft, rule = desk.draft, desk.draft.rules.rules[ordinal]
    judged = evidence_of(draft.corpus, desk.now.index.table)
    passes = passes_others(judged, draft.rules, ordinal)
    values = judged.column(rule.metric)
    keep = passes & ~np.isnan(values)
    return values[keep], judged.verdict[keep] >= int(rule.tier), judged.blind[keep]


def median_seconds(corpus: Corpus) -> float | None:
    """The median active time of the last thousand tier judgments, in seconds; None before the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY active_ms) / 1000.0 FROM (SELECT active_ms FROM "
            "annotation_judgment WHERE corpus_id = %s AND question = 'tier' AND kind = 'answer' "
            "AND active_ms IS NOT NULL ORDER BY received_at DESC LIMIT 1000) recent",
            [corpus.pk],
        )
        return cursor.fetchone()[0]


@dataclass(frozen=True, slots=True)
class _Kept:
    index: PolicyIndex
    now: PolicyIndex
    table: SliderTable


_tables: OrderedDict[tuple[Any, ...], _Kept] = OrderedDict()
_placed: OrderedDict[tuple[Any, ...], tuple[Any, Places]] = OrderedDict()
_guard = Lock()
_by_key: dict[tuple[Any, ...], Lock] = {}


def _locks(key: tuple[Any, ...]) -> Lock:
    """A drag asks many times at once: the first makes the table, the others wait for it."""
    with _guard:
        if len(_by_key) > 1000:
            _by_key.clear()
        return _by_key.setdefault(key, Lock())


def _places(table: Any, name: str, stops: tuple[float, ...]) -> Places:
    key = (id(table), name, stops)
    found = _placed.get(key)
    if found is None or found[0] is not table:
        found = _placed[key] = (table, places_of(table, name, stops))
        while len(_placed) > 32:
            _placed.popitem(last=False)
    return found[1]


def _outcome_now(desk: Desk) -> Outcome:
    now = desk.now.index
    return outcome(Desk(_plain(desk.draft), desk.engine, desk.now, now), now.rules, 0)


def _plain(draft: Draft) -> Draft:
    return Draft(draft.corpus, draft.now, draft.now, draft.now_rules, draft.now_rules, draft.now_rules)


def _now_rules(corpus: Corpus) -> RuleList:
    assert corpus.active_policy is not None
    return policy_rules(corpus.active_policy)


def _alike(a: RuleList, b: RuleList) -> bool:
    return len(a) == len(b) and all(map(same_shape, a, b))
