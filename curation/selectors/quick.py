"""Quick answers for large corpora: the same questions as to PostgreSQL, answered by the analytic snapshot.

A small corpus asks PostgreSQL, which is always of this moment. A large one asks the snapshot, whose age is shown;
where there is none yet, PostgreSQL answers, slowly, and the page says which command makes one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from curation.analytics.engine import Explorer
from curation.analytics.errors import NoSnapshot
from curation.analytics.filters import ClipFilter as QuickFilter
from curation.models import Clip, Corpus, Policy
from curation.policies.rules import Operator, Rule, RuleList
from curation.policies.tiers import Tier, tier_from_word
from curation.selectors.clipfilter import ATTRIBUTES, UNKNOWN, BadFilter, ClipFilter
from curation.selectors.policies import default_origin, policy_rules
from curation.services.snapshot import snapshot_engine, snapshot_explorer

FROM_CLIPS = 50_000
SETTLED = frozenset(tier.word for tier in Tier)
# Where no policy is active, rows are looked at under a rule that nobody is shown.
_UNRULED = RuleList((Rule(Tier.SFT, "duration_s", Operator.AT_LEAST, low=0.0),))
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Quick:
    """A corpus's snapshot under a policy's rules; ``age_s`` seconds since it was last found up to date."""

    explorer: Explorer
    rules: RuleList
    age_s: float
    stamp: Any
    origin: str


def is_large(corpus: Corpus) -> bool:
    """Whether the snapshot answers for this corpus: from ``FROM_CLIPS`` clips on."""
    key = (corpus.pk, FROM_CLIPS)
    if key not in _large:
        if not Clip.objects.filter(corpus=corpus).order_by("id")[FROM_CLIPS : FROM_CLIPS + 1].exists():
            return False
        _large.add(key)
    return True


_large: set[tuple[int, int]] = set()  # rows of clips are never removed, so a large corpus stays large


def quick_view(corpus: Corpus, policy: Policy | None = None) -> Quick | None:
    """The snapshot under ``policy`` (the active one, if not told); None where PostgreSQL is to be asked instead."""
    if not is_large(corpus):
        return None
    policy = policy or corpus.active_policy
    if policy is not None and policy.subject != Policy.Subject.CLIP:
        return None
    rules = policy_rules(policy) if policy else _UNRULED
    origin = policy.origin if policy else default_origin(corpus)
    try:
        explorer = snapshot_explorer(corpus=corpus, rules=rules, origin=origin)
    except NoSnapshot:
        return None
    engine = snapshot_engine(corpus.pk, origin)
    return Quick(explorer, rules, engine.age_s() or 0.0, (corpus.pk, origin, engine.store.stamp()), origin)


def quick_filter(chosen: ClipFilter, quick: Quick) -> QuickFilter | None:
    """The same filter in the snapshot's words; None for the rare one that only PostgreSQL knows. Raises ``BadFilter``
    as the SQL does."""
    if chosen.held:
        return None
    if (chosen.tiers or chosen.rule is not None or chosen.verdict == "differs") and quick.rules is _UNRULED:
        raise BadFilter("tier and rule need an active policy: this corpus has none yet")
    if chosen.rule is not None and chosen.rule >= len(quick.rules):
        raise BadFilter(f"rule: the active policy has rules 0 to {len(quick.rules) - 1}, not {chosen.rule}")
    words: dict[str, list[str]] = {}
    if chosen.branch:
        words["branch"] = [chosen.branch]
    for name in ("language", "category", *ATTRIBUTES):
        if wanted := getattr(chosen, name):
            words[name] = ["" if wanted == UNKNOWN else wanted]
    if chosen.verdict and chosen.verdict != "differs":
        known = {"any": sorted(SETTLED), "none": [""]}
        words["verdict"] = known.get(chosen.verdict, [chosen.verdict])
    named = (("source_id", chosen.source), ("person_id", chosen.person))
    failing = chosen.rule is not None and not chosen.only
    return QuickFilter.of(
        words,
        tiers=frozenset(tier_from_word(word) for word in chosen.tiers),
        ids=tuple((name, number) for name, number in named if number is not None),
        ranges=((chosen.metric, chosen.low, chosen.high),) if chosen.metric else (),
        fails=frozenset({chosen.rule}) if failing else frozenset(),
        only_fails=chosen.rule if chosen.only else None,
        differs=chosen.verdict == "differs",
        scored=chosen.scored == "yes" if chosen.scored else None,
    )


_kept: OrderedDict[Any, Any] = OrderedDict()
_lock = Lock()


def kept_while(quick: Quick | None, question: Any, make: Callable[[], Kept]) -> Kept:
    """What ``make`` reads from PostgreSQL, read once for each published state of the snapshot; always anew without one.

    For counts over millions of rows that change only when scorecards do.
    """
    if quick is None:
        return make()
    key = (quick.stamp, question)
    with _lock:
        if key in _kept:
            return _kept[key]
    answer = make()
    with _lock:
        _kept[key] = answer
        while len(_kept) > 64:
            _kept.popitem(last=False)
    return answer
