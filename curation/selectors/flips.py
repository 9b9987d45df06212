"""What changes hands from one policy to another, and the rules that caused it: two partitions, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from curation.errors import RushesError
from curation.models import Policy
from curation.policies.compiled import compile_rules, rules_of
from curation.policies.funnel import Amount
from curation.policies.rules import RuleList
from curation.policies.tiers import Tier
from curation.policies.words import rule_words
from curation.selectors.policies import policy_rules
from curation.selectors.proposals import CURRENT

_ORDER = {Tier.SFT: 3, Tier.PRETRAIN: 2, Tier.UNDECIDED: 1, Tier.REJECT: 0}


class NotComparable(RushesError):
    """Two policies that do not judge the same things."""

    code = "not_comparable"


@dataclass(frozen=True, slots=True)
class FlipCount:
    """How much goes from one tier to another."""

    before: Tier
    after: Tier
    amount: Amount


@dataclass(frozen=True, slots=True)
class Flip:
    """One clip (or pair) whose tier differs. ``causes`` say which rules made it so."""

    target_id: int
    before: Tier
    after: Tier
    causes: tuple[str, ...]


def flip_counts(before: Policy, after: Policy) -> list[FlipCount]:
    """Clips and hours by tier before and after, where they differ; most clips first. Raises ``NotComparable``."""
    table, key = _table(before, after)
    seconds, rows, current = _current(key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a.tier, b.tier, count(*), sum(round(({seconds}) * 1e6)::bigint) FROM {table} a JOIN {table} b USING ({key}) {rows} "
            f"WHERE a.policy_id = %s AND b.policy_id = %s AND a.tier <> b.tier AND {current} "
            "GROUP BY a.tier, b.tier ORDER BY count(*) DESC",
            [before.pk, after.pk],
        )
        return [FlipCount(Tier(x), Tier(y), Amount(n, int(s))) for x, y, n, s in cursor.fetchall()]


def flips(
    before: Policy,
    after: Policy,
    *,
    from_tier: Tier | None = None,
    to_tier: Tier | None = None,
    after_id: int = 0,
    limit: int = 50,
) -> list[Flip]:
    """Flipped clips (or pairs) with ids above ``after_id``, ascending, at most ``limit``: one page."""
    table, key = _table(before, after)
    _, rows, current = _current(key)
    where, params = "", [before.pk, after.pk, after_id]
    for alias, tier in (("a", from_tier), ("b", to_tier)):
        if tier is not None:
            where += f" AND {alias}.tier = %s"
            params.append(int(tier))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, a.tier, a.failing, a.missing, b.tier, b.failing, b.missing "
            f"FROM {table} a JOIN {table} b USING ({key}) {rows} "
            f"WHERE a.policy_id = %s AND b.policy_id = %s AND a.tier <> b.tier AND {key} > %s AND {current}{where} "
            f"ORDER BY {key} LIMIT %s",
            [*params, limit],
        )
        fetched = cursor.fetchall()
    old, new = policy_rules(before), policy_rules(after)
    return [
        Flip(pk, Tier(t0), Tier(t1), flip_causes(old, new, (Tier(t0), f0, m0), (Tier(t1), f1, m1)))
        for pk, t0, f0, m0, t1, f1, m1 in fetched
    ]


def flip_causes(
    old: RuleList, new: RuleList, before: tuple[Tier, int, int], after: tuple[Tier, int, int]
) -> tuple[str, ...]:
    """The rules behind a flip. Downwards: those of the new policy that keep it from its old tier; upwards: those of
    the old policy that kept it from its new one."""
    if _ORDER[after[0]] < _ORDER[before[0]]:
        return _blockers(new, before[0], after, "now")
    return _blockers(old, after[0], before, "no longer")


def _blockers(rules: RuleList, tier: Tier, held: tuple[Tier, int, int], when: str) -> tuple[str, ...]:
    _, failing, missing = held
    for masks in compile_rules(rules).tiers:
        if masks.tier is tier or tier is Tier.UNDECIDED:
            failed = [f"{when} fails {rule_words(rule)}" for rule in rules_of(rules, failing & masks.rules)]
            absent = missing & (masks.doubt | masks.dead)
            if failed or absent:
                return (*failed, *(f"{when} lacks {rule_words(rule)}" for rule in rules_of(rules, absent)))
    if tier is Tier.REJECT:
        return (f"{when} held by what has not been measured",)
    return (f"{when} no tier {tier.word} reached first",)


def _table(before: Policy, after: Policy) -> tuple[str, str]:
    if before.corpus_id != after.corpus_id or before.subject != after.subject:
        raise NotComparable(
            f"policies {before.number} and {after.number} do not judge the same clips or pairs of one corpus"
        )
    if before.subject == Policy.Subject.PAIR:
        return "curation_pairproposal", "pair_id"
    return "curation_proposal", "clip_id"


def _current(key: str) -> tuple[str, str, str]:
    """``(seconds, joins, condition)`` for flips that still count."""
    if key == "clip_id":
        return "c.end_s - c.start_s", "JOIN curation_clip c ON c.id = clip_id", CURRENT
    joins = "JOIN curation_dialoguepair d ON d.id = pair_id JOIN curation_clip c ON c.id = d.initiator_id"
    return "c.end_s - c.start_s", joins, f"d.is_current AND d.withdrawn_at IS NULL AND {CURRENT}"
