"""Three-valued logic in two bitmasks: what every engine shares, so that all of them decide alike.

Each rule is, for one clip, true, false (its bit in ``failing``) or unknown (its bit in ``missing``, because the
metric is NULL). What a tier is follows from the two masks alone:

=================================================  ==========================================
the rules of the tier                              the tier is
=================================================  ==========================================
one is false, whatever else is missing             out
all true                                           certain
none false, and no possible value helps            out (its rules on a missing metric clash)
none false, and every possible value helps         certain (its rules ask nothing of it)
none false, and the missing values matter          open
=================================================  ==========================================

and the clip is what the first tier says that is not out, best tier first:

=========  ===========  ============================
sft        pretrain     the clip
=========  ===========  ============================
certain    anything     sft
open       anything     undecided
out        certain      pretrain
out        open         undecided
out        out          reject
=========  ===========  ============================

This is exact, not cautious: ``undecided`` if and only if two completions of the missing values, each a float32
within its metric's range, give different tiers. The rules of one tier on one missing metric are taken together
(at least 5 and at most 3 can't both hold; at least 0 of a share always holds), and metrics are free of each other
otherwise, so a tier's pending conditions form a box: it is empty if one side is, everything if all sides are.
An open sft has a completion inside and one outside, hence two tiers. That an average can't lie below its own
minimum is not used. A tier without rules is not offered: always out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from curation.metrics import MetricSpec, metric
from curation.policies.errors import UnresolvedPercentile
from curation.policies.rules import RULED_TIERS, Rule, RuleList
from curation.policies.tiers import Tier

_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class TierMasks:
    """The constants of one tier: ``rules`` its bits, ``dead`` and ``doubt`` bits whose absence matters.

    With a bit of ``dead`` missing nothing can satisfy the tier; with a bit of ``doubt`` missing it is not certain.
    """

    tier: Tier
    rules: int
    dead: int
    doubt: int

    def is_out(self, failing: int, missing: int) -> bool:
        """Whether no completion of the missing values reaches the tier."""
        return bool(failing & self.rules) or bool(missing & self.dead)

    def is_certain(self, failing: int, missing: int) -> bool:
        """Whether every completion of the missing values reaches the tier's rules."""
        return not self.is_out(failing, missing) and not missing & self.doubt


@dataclass(frozen=True, slots=True)
class Compiled:
    """A resolved rule list with its masks; ``tiers`` holds the offered ones, best first."""

    rules: RuleList
    tiers: tuple[TierMasks, ...]
    bits: dict[str, int]
    advice: tuple[str, ...]

    def tier(self, failing: int, missing: int) -> Tier:
        """The clip's tier from its two masks (table above)."""
        for masks in self.tiers:
            if not masks.is_out(failing, missing):
                return Tier.UNDECIDED if missing & masks.doubt else masks.tier
        return Tier.REJECT

    def possible(self, failing: int, missing: int) -> tuple[Tier, ...]:
        """Every tier that some completion of the missing values gives, best first; never empty."""
        held = [masks for masks in self.tiers if not masks.is_out(failing, missing)]
        names = [name for name, bits in self.bits.items() if missing & bits]
        boxes = [_Box(self.rules, masks.tier, names) for masks in held]
        found = [box.tier for i, box in enumerate(boxes) if i == 0 or not box.inside(boxes[0])]
        if not _cover(boxes, names):
            found.append(Tier.REJECT)
        return tuple(found)


@lru_cache(maxsize=512)
def compile_rules(rules: RuleList) -> Compiled:
    """The masks of ``rules``; raises ``UnresolvedPercentile`` while a percentile has no number."""
    if rules.unresolved:
        ordinal, rule = rules.unresolved[0]
        raise UnresolvedPercentile(
            f"rule {ordinal}, {rule.metric} {rule.operator} {rule.percentile:g}: not yet a number"
        )
    bits: dict[str, int] = {}
    for ordinal, rule in enumerate(rules):
        bits[rule.metric] = bits.get(rule.metric, 0) | 1 << ordinal
    tiers: list[TierMasks] = []
    advice: list[str] = []
    for tier in RULED_TIERS:
        own = rules.of_tier(tier)
        if not own:
            continue
        mask, dead, doubt = 0, 0, 0
        for name in dict.fromkeys(rule.metric for _, rule in own):
            here = sum(1 << ordinal for ordinal, rule in own if rule.metric == name)
            accepted = [_all_accept(rules, tier, name, point) for point in _points(rules, name)]
            mask |= here
            label = metric(name).label
            if not any(accepted):
                dead |= here
                advice.append(f"{tier.word} can never be reached: no value of {label} satisfies its rules")
            elif not all(accepted):
                doubt |= here
            else:
                advice.append(f"{label} excludes nothing from {tier.word}: every possible value passes")
        tiers.append(TierMasks(tier, mask, dead, doubt))
    return Compiled(rules, tuple(tiers), bits, tuple(advice))


def value_range(spec: MetricSpec) -> tuple[float, float]:
    """The lowest and highest float32 that the metric can be."""
    low = -_LARGEST if spec.low is None else spec.low
    return low, _LARGEST if spec.high is None else spec.high


@lru_cache(maxsize=4096)
def _points(rules: RuleList, name: str) -> tuple[float, ...]:
    """Float32 values of the metric such that any other meets the rules exactly as one of these does."""
    low, high = value_range(metric(name))
    points = {np.float32(low), np.float32(high)}
    for rule in rules:
        if rule.metric == name:
            for edge in (rule.low, rule.high):
                if edge is not None:
                    at = np.float32(edge)
                    with np.errstate(over="ignore"):
                        below, above = (
                            np.nextafter(at, np.float32(-np.inf)),
                            np.nextafter(at, np.float32(np.inf)),
                        )
                    points |= {at, below, above}
    return tuple(sorted(float(point) for point in points if low <= point <= high))


def _all_accept(rules: RuleList, tier: Tier, name: str, value: float) -> bool:
    return all(rule.accepts(value) for rule in rules if rule.tier is tier and rule.metric == name)


class _Box:
    """What a tier still asks of the missing metrics: per metric, which of its points are good."""

    def __init__(self, rules: RuleList, tier: Tier, names: list[str]) -> None:
        self.tier = tier
        self.good = {
            name: [_all_accept(rules, tier, name, at) for at in _points(rules, name)] for name in names
        }

    def inside(self, other: _Box) -> bool:
        """Whether every completion in this box (which is not empty) is in ``other``."""
        return all(
            theirs or not mine
            for name in self.good
            for mine, theirs in zip(self.good[name], other.good[name], strict=True)
        )


def _cover(boxes: list[_Box], names: list[str]) -> bool:
    """Whether the boxes of at most two tiers leave no completion out."""
    partial = [[name for name in names if not all(box.good[name])] for box in boxes]
    if any(not sides for sides in partial):
        return True
    # Two boxes cover everything only if they bound one and the same metric and meet there.
    if len(boxes) == 2 and partial[0] == partial[1] and len(partial[0]) == 1:
        name = partial[0][0]
        return all(a or b for a, b in zip(boxes[0].good[name], boxes[1].good[name], strict=True))
    return False


def bits_of(mask: int) -> tuple[int, ...]:
    """The ordinals whose bits are set, ascending."""
    return tuple(i for i in range(mask.bit_length()) if mask >> i & 1)


def rules_of(rules: RuleList, mask: int) -> tuple[Rule, ...]:
    """The rules whose bits are set in ``mask``."""
    return tuple(rules.rules[i] for i in bits_of(mask))
