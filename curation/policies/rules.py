"""A rule, and the flat list of rules that is a policy.

Thresholds are rounded to float32 when a rule is made, because scorecards hold float32 (``real``): a value on the
threshold then compares equal in Python, PostgreSQL and NumPy alike. Percentile rules carry a percentile of the
corpus and no number until activation freezes one in (``RuleList.resolved``).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

import numpy as np

from curation.metrics import MetricSpec, metric
from curation.policies.errors import (
    BadThreshold,
    DuplicateRule,
    MixedScope,
    RuleCount,
    UnknownMetric,
    UnknownOperator,
    UnknownTier,
    UnresolvedPercentile,
)
from curation.policies.tiers import Tier, tier_from_word

MAX_RULES = 63  # a PostgreSQL bigint has 63 bits beside its sign
# Best first. Only these carry rules: a clip that reaches none of them is rejected.
RULED_TIERS: tuple[Tier, ...] = (Tier.SFT, Tier.PRETRAIN)
Subject = Literal["clip", "pair"]


class Operator(StrEnum):
    """How a value is held against its threshold; bounds count as inside, so ``outside`` excludes them."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    WITHIN = "within"
    OUTSIDE = "outside"
    PERCENTILE_AT_LEAST = "percentile_at_least"
    PERCENTILE_AT_MOST = "percentile_at_most"

    @property
    def is_percentile(self) -> bool:
        """Whether the threshold is a percentile of the corpus."""
        return self in (Operator.PERCENTILE_AT_LEAST, Operator.PERCENTILE_AT_MOST)

    @property
    def reads_low(self) -> bool:
        """Whether ``low`` is compared."""
        return self not in (Operator.AT_MOST, Operator.PERCENTILE_AT_MOST)

    @property
    def reads_high(self) -> bool:
        """Whether ``high`` is compared."""
        return self not in (Operator.AT_LEAST, Operator.PERCENTILE_AT_LEAST)


def to_float32(value: float) -> float:
    """``value`` rounded to the nearest float32, as a Python float; raises ``BadThreshold`` unless finite there."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating | np.integer):
        raise BadThreshold(f"a threshold must be a number, not {value!r}")
    with np.errstate(over="ignore"):
        rounded = float(np.float32(value))
    if not math.isfinite(rounded):
        raise BadThreshold(f"a threshold must be a finite float32 number, not {value!r}")
    return rounded + 0.0  # minus zero becomes zero


def shortest(value: float) -> float:
    """The float with the fewest digits that rounds to the same float32: 0.6 for 0.6000000238."""
    return float(str(np.float32(value)))


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition that a tier asks of one metric.

    ``low`` and ``high`` are in the metric's unit; ``percentile`` (0 to 100) belongs to the percentile operators,
    whose ``low`` or ``high`` stays ``None`` until resolved. Raises a ``PolicyError`` on anything it cannot mean.
    """

    tier: Tier
    metric: str
    operator: Operator
    low: float | None = None
    high: float | None = None
    percentile: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "tier", _ruled_tier(self.tier))
        try:
            metric(self.metric)
        except KeyError as error:
            raise UnknownMetric(str(error.args[0])) from None
        try:
            object.__setattr__(self, "operator", Operator(self.operator))
        except ValueError:
            raise UnknownOperator(
                f"no operator is called {self.operator!r}; there are {', '.join(Operator)}"
            ) from None
        self._check_thresholds()

    def _check_thresholds(self) -> None:
        where = f"{self.metric} {self.operator}"
        if self.operator.is_percentile:
            if self.percentile is None:
                raise BadThreshold(f"{where}: needs a percentile from 0 to 100")
            if isinstance(self.percentile, bool) or not 0 <= self.percentile <= 100:
                raise BadThreshold(f"{where}: a percentile lies from 0 to 100, not {self.percentile!r}")
            object.__setattr__(self, "percentile", to_float32(self.percentile))
        elif self.percentile is not None:
            raise BadThreshold(f"{where}: takes no percentile")
        for name, reads in (("low", self.operator.reads_low), ("high", self.operator.reads_high)):
            value = getattr(self, name)
            if not reads:
                if value is not None:
                    raise BadThreshold(f"{where}: takes no {name}")
            elif value is None:
                if not self.operator.is_percentile:
                    raise BadThreshold(f"{where}: needs {name}")
            else:
                try:
                    object.__setattr__(self, name, to_float32(value))
                except BadThreshold as error:
                    raise BadThreshold(f"{where}: {name}: {error}") from None
        if self.low is not None and self.high is not None and self.low > self.high:
            raise BadThreshold(f"{where}: low {self.low:g} lies above high {self.high:g}")

    @property
    def spec(self) -> MetricSpec:
        """The catalogue's entry for the metric."""
        return metric(self.metric)

    @property
    def is_resolved(self) -> bool:
        """False for a percentile that no corpus has given a number yet."""
        return self.low is not None or self.high is not None

    def accepts(self, value: float) -> bool:
        """Whether ``value``, a float32 number, satisfies the rule; raises ``UnresolvedPercentile``."""
        if not self.is_resolved:
            raise UnresolvedPercentile(f"{self.metric} {self.operator} {self.percentile:g}: not yet a number")
        inside = (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
        return inside != (self.operator is Operator.OUTSIDE)

    def resolve(self, value: float) -> Rule:
        """This percentile rule with its number frozen in; raises ``BadThreshold`` for any other operator."""
        if not self.operator.is_percentile:
            raise BadThreshold(f"{self.metric} {self.operator}: only a percentile is resolved")
        return replace(self, low=value) if self.operator.reads_low else replace(self, high=value)

    def unresolved(self) -> Rule:
        """This rule as a person wrote it: a percentile loses the number that some corpus gave it."""
        return replace(self, low=None, high=None) if self.operator.is_percentile else self


@dataclass(frozen=True, slots=True)
class RuleList:
    """The rules of a policy in their order; a rule's ordinal is its bit in the failing and missing masks.

    A tier without a rule is not offered (it does not swallow everything). Tiers need not be nested: a clip may
    reach sft and miss pretrain. Raises ``RuleCount``, ``MixedScope`` or ``DuplicateRule``.
    """

    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(self.rules))
        if not 1 <= len(self.rules) <= MAX_RULES:
            raise RuleCount(f"a policy has 1 to {MAX_RULES} rules, not {len(self.rules)}")
        subjects = {_subject_of(rule) for rule in self.rules}
        if len(subjects) > 1:
            pairs = ", ".join(rule.metric for rule in self.rules if _subject_of(rule) == "pair")
            raise MixedScope(f"a policy judges clips or pairs, not both; {pairs} belong to pairs")
        seen: dict[Rule, int] = {}
        for ordinal, rule in enumerate(self.rules):
            if rule in seen:
                raise DuplicateRule(
                    f"rule {ordinal} repeats rule {seen[rule]}: {rule.metric} {rule.operator}"
                )
            seen[rule] = ordinal

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    @property
    def subject(self) -> Subject:
        """Whether the rules read a clip's scorecard or a pair's."""
        return _subject_of(self.rules[0])

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that the rules read, each once, in order of first use."""
        return tuple(dict.fromkeys(rule.metric for rule in self.rules))

    @property
    def scorers(self) -> tuple[str, ...]:
        """The scorers whose metrics the rules read, each once."""
        return tuple(dict.fromkeys(rule.spec.scorer for rule in self.rules))

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers that a clip can reach by rules, best first."""
        return tuple(tier for tier in RULED_TIERS if any(rule.tier is tier for rule in self.rules))

    def of_tier(self, tier: Tier) -> tuple[tuple[int, Rule], ...]:
        """``(ordinal, rule)`` of each rule of ``tier``."""
        return tuple((ordinal, rule) for ordinal, rule in enumerate(self.rules) if rule.tier is tier)

    @property
    def unresolved(self) -> tuple[tuple[int, Rule], ...]:
        """``(ordinal, rule)`` of each percentile that has no number yet."""
        return tuple((ordinal, rule) for ordinal, rule in enumerate(self.rules) if not rule.is_resolved)

    def resolved(self, values: Mapping[int, float]) -> RuleList:
        """The list with ``values`` (ordinal → number) frozen into its percentile rules.

        Raises ``UnresolvedPercentile`` if one would stay open.
        """
        rules = [rule.resolve(values[i]) if i in values else rule for i, rule in enumerate(self.rules)]
        open_rules = [rule for rule in rules if not rule.is_resolved]
        if open_rules:
            names = ", ".join(f"{rule.metric} {rule.operator} {rule.percentile:g}" for rule in open_rules)
            raise UnresolvedPercentile(
                f"no number for {names}: is the metric measured in this corpus at all?"
            )
        return RuleList(tuple(rules))

    def with_threshold(
        self, ordinal: int, *, low: float | None = None, high: float | None = None
    ) -> RuleList:
        """The list with the numbers of one rule replaced (``None`` keeps the present one)."""
        rule = self.rules[ordinal]
        changed = replace(
            rule, low=rule.low if low is None else low, high=rule.high if high is None else high
        )
        return RuleList((*self.rules[:ordinal], changed, *self.rules[ordinal + 1 :]))

    @property
    def sha256(self) -> str:
        """Hex digest of the rules as written (percentiles unresolved), in order: equal lists, equal digests."""
        rows = [
            [rule.tier.word, rule.metric, rule.operator, *_digits(rule.unresolved())] for rule in self.rules
        ]
        return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()

    def advice(self) -> tuple[str, ...]:
        """What is allowed but looks like a slip: tiers that nothing can reach, rules that never exclude."""
        from curation.policies.compiled import compile_rules

        if self.unresolved:
            return ()
        return compile_rules(self).advice


def _digits(rule: Rule) -> list[float | None]:
    return [None if value is None else shortest(value) for value in (rule.low, rule.high, rule.percentile)]


def _ruled_tier(tier: Tier | str | int) -> Tier:
    try:
        found = tier_from_word(tier) if isinstance(tier, str) else Tier(tier)
    except ValueError as error:
        raise UnknownTier(str(error)) from None
    if found not in RULED_TIERS:
        raise UnknownTier(
            f"rules belong to sft or pretrain, not to {found.word}: what reaches neither is rejected"
        )
    return found


def _subject_of(rule: Rule) -> Subject:
    return "pair" if rule.spec.scope == "pair" else "clip"
