"""Reads for the subgroups dashboard: judged clips by what is known of them, unknown being a group like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from annotation.estimation import GroupCount, GroupResult, Subgroups, Undefined, compare_subgroups
from curation.analytics.engine import Explorer
from curation.analytics.errors import NoSnapshot
from curation.models import Corpus, Source
from curation.policies.tiers import Tier
from curation.selectors.policies import policy_rules
from curation.services.snapshot import snapshot_explorer
from dashboards.data.judged import Evidence, evidence_of, tiers_under
from dashboards.data.nothing import NothingYet

DIMENSIONS: Mapping[str, str] = {
    "language": "language",
    "category": "category",
    "gender": "gender",
    "age_group": "age",
    "ethnicity": "ethnicity",
    "branch": "branch",
    "source": "source",
}
MEASURES = ("accepted", "agreement")
CUTS: tuple[Tier, ...] = (Tier.SFT, Tier.PRETRAIN)
UNKNOWN = "unknown"
OTHER_SOURCES = "all other sources"
_MOST_SOURCES = 500


@dataclass(frozen=True, slots=True)
class SubgroupQuestion:
    """``measure``: of what is kept, the share that people accept; or of everything, the share that agrees."""

    corpus: str
    dimension: str = "language"
    measure: str = "accepted"
    cut: Tier = Tier.SFT
    evidence: str = "drawn"


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group: what was judged, how much of it there is, and the result; ``word`` is what the facts call it."""

    name: str
    word: str
    counted: GroupCount
    population: int
    result: GroupResult


@dataclass(frozen=True, slots=True)
class Dimension:
    """All groups of one dimension, the worst first, and the one named worst. ``known`` is the share of clips for
    which it is given at all."""

    key: str
    rows: tuple[GroupRow, ...]
    worst: str | Undefined
    known: float


@dataclass(frozen=True, slots=True)
class SubgroupView:
    """What the page shows: the chosen dimension, the worst of each, and how good the evidence is. ``base``: which judged
    clips the question is about.
    """

    corpus: Corpus
    question: SubgroupQuestion
    chosen: Dimension
    all: tuple[Dimension, ...]
    explorer: Explorer
    evidence: Evidence
    base: NDArray[np.bool_]
    weighted: bool
    uneven: bool


def subgroup_view(question: SubgroupQuestion) -> SubgroupView | NothingYet:
    """The view of one question, from judgments and snapshot as they are now."""
    corpus = Corpus.objects.select_related("active_policy").filter(slug=question.corpus).first()
    if corpus is None:
        return NothingYet(f"No corpus is called {question.corpus}.", "Choose one from the list of corpora.")
    if corpus.active_policy is None:
        return NothingYet(
            "No policy is active in this corpus.",
            "Activate one under Policies; then review its proposals.",
            f"/corpora/{corpus.slug}/policies/",
            "Policies",
        )
    try:
        explorer = snapshot_explorer(
            corpus=corpus, rules=policy_rules(corpus.active_policy), origin=corpus.active_policy.origin
        )
    except NoSnapshot as error:
        return NothingYet("This corpus has no analytic snapshot yet.", f"{error}.")
    judged = evidence_of(corpus, explorer.index.table)
    if not len(judged):
        return NothingYet(
            "Nobody has settled a clip of this corpus yet.",
            "Draw an audit under Review: subgroups are compared on what people settled.",
            "/review/",
            "Review",
        )
    weighted = question.evidence == "drawn"
    if weighted and judged.audit is None:
        return NothingYet(
            "No audit of the whole corpus has been drawn and settled.",
            "Draw one under Review, or look at all judged clips, however they came to be judged.",
            "/review/new/",
            "Draw an audit",
        )
    used = judged.drawn() if weighted else judged
    base, success = counted_in(explorer, used, question)
    lowest = int(lowest_tier(question))
    found = tuple(
        _dimension(explorer, corpus, used, base, success, lowest, key, weighted) for key in DIMENSIONS
    )
    chosen = next(one for one in found if one.key == question.dimension)
    uneven = weighted and len(used) > 0 and bool(np.ptp(used.probability) > 1e-12)
    return SubgroupView(corpus, question, chosen, found, explorer, used, base, weighted, uneven)


def _dimension(
    explorer: Explorer,
    corpus: Corpus,
    used: Evidence,
    base: NDArray[np.bool_],
    success: NDArray[np.bool_],
    lowest: int,
    key: str,
    weighted: bool,
) -> Dimension:
    here, clips, names = _groups(explorer, corpus, used, key)
    size = len(names)
    n, accepted = np.bincount(here[base], minlength=size), np.bincount(here[success], minlength=size)
    population, usable = clips[:, lowest:].sum(axis=1), clips.sum(axis=1)
    places = [place for place in range(size) if population[place] or n[place]]
    if key == "source":
        places = [place for place in places if n[place]]
    counted = [
        GroupCount(
            names[place] or UNKNOWN,
            int(accepted[place]),
            int(n[place]),
            int(population[place]) if weighted else None,
        )
        for place in places
    ]
    result: Subgroups = compare_subgroups(counted)
    rows = [
        GroupRow(count.name, names[place], count, int(population[place]), one)
        for place, count, one in zip(places, counted, result.groups, strict=True)
    ]
    rows.sort(key=lambda row: (isinstance(row.result.shrunken, Undefined), _number(row), row.name))
    total, unknown = int(usable.sum()), int(usable[0]) if names and names[0] == "" else 0
    return Dimension(key, tuple(rows), result.worst, (total - unknown) / total if total else 0.0)


def lowest_tier(question: SubgroupQuestion) -> Tier:
    """The clips that the question is about are proposed as this tier or better: what is kept, or all that is decided."""
    return question.cut if question.measure == "accepted" else Tier.REJECT


def counted_in(
    explorer: Explorer, used: Evidence, question: SubgroupQuestion
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which judged clips the question is about, and which of them are accepted, or agreed on."""
    tiers = tiers_under(used, explorer.index.rules)
    kept, good = tiers >= int(question.cut), used.verdict >= int(question.cut)
    base = tiers >= int(lowest_tier(question))
    return base, base & (good if question.measure == "accepted" else kept == good)


def group_of(
    explorer: Explorer, corpus: Corpus, used: Evidence, key: str, word: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which judged clips, and which rows of the table, are of the group that ``GroupRow.word`` names."""
    here, _, names = _groups(explorer, corpus, used, key)
    place = names.index(word)
    if key == "source":
        ids = _told_apart(explorer.index.table.take("source_id", used.rows))
        return here == place, _places(explorer.index.table.whole("source_id"), ids) == place
    return here == place, explorer.index.table.whole(key) == place


def _number(row: GroupRow) -> float:
    return row.result.shrunken if isinstance(row.result.shrunken, float) else 0.0


def _groups(
    explorer: Explorer, corpus: Corpus, used: Evidence, key: str
) -> tuple[NDArray[np.integer], NDArray[np.int64], list[str]]:
    """For each judged clip the place of its group; usable clips by group and tier; the groups' names."""
    table = explorer.index.table
    here = table.take(key if key != "source" else "source_id", used.rows)
    if key != "source":
        names = list(table.words.get(key, ("",)))
        return here, _population(explorer, key, len(names)), names
    ids = _told_apart(here)
    known = dict(Source.objects.filter(corpus=corpus, pk__in=ids.tolist()).values_list("pk", "name"))
    names = [f"{known.get(pk, 'source')} ({pk})" for pk in ids.tolist()] + [OTHER_SOURCES]
    return _places(here, ids), _population(explorer, key, len(names), ids), names


def _told_apart(judged: NDArray[np.integer]) -> NDArray[np.integer]:
    """The sources of judged clips that are groups of their own, ascending: those with the most, where there are many.

    All others, looked at or not, are one group, the last: without them "the rest" would not be the rest.
    """
    ids, times = np.unique(judged, return_counts=True)
    return np.sort(ids[np.argsort(-times, kind="stable")[:_MOST_SOURCES]])


_NO_IDS = np.empty(0, np.int64)
# By dimension, with the sources that were told apart. An explorer's table and tiers never change, so neither do these.
_counted: WeakKeyDictionary[Explorer, dict[str, tuple[bytes, NDArray[np.int64]]]] = WeakKeyDictionary()


def _population(
    explorer: Explorer, key: str, size: int, ids: NDArray[np.integer] = _NO_IDS
) -> NDArray[np.int64]:
    """Usable clips by group (``size`` of them) and tier code; of sources, ``ids`` ascending and the rest as the last."""
    kept, asked = _counted.setdefault(explorer, {}), ids.tobytes()
    if key not in kept or kept[key][0] != asked:
        table, tier = explorer.index.table, explorer.index.tier
        codes = table.whole(key) if key != "source" else _places(table.whole("source_id"), ids)
        usable = tier >= 0
        both = codes[usable].astype(np.int64) * len(Tier) + tier[usable]
        counts = np.bincount(both, minlength=size * len(Tier)).reshape(-1, len(Tier))
        kept[key] = (asked, counts)
    return kept[key][1]


def _places(everybody: NDArray[np.integer], ids: NDArray[np.integer]) -> NDArray[np.integer]:
    """Where each of ``everybody`` stands in ``ids``; behind the last where it does not."""
    codes = np.full(len(everybody), len(ids), np.int32)
    if len(ids):
        place = np.searchsorted(ids, everybody).clip(max=len(ids) - 1)
        found = ids[place] == everybody
        codes[found] = place[found]
    return codes
