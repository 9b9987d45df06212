"""What a rule costs, as two numbers.

Recall over clips near a threshold says nothing of the hours thrown away; and a clip that fails three rules
is not the loss of any one of them. So: how much of what is good in the rule's own dimension passes it, and
how many hours fail this rule alone and would have been accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from annotation.estimation.values import Estimate, InputError, Interval, Measure, Undefined
from annotation.estimation.weighted import weighted_share


@dataclass(frozen=True, slots=True)
class RuleItem:
    """A judged clip seen from one rule.

    ``passed``: the rule lets it through; ``only_failure``: it fails this rule and no other;
    ``dimension_ok``: people's answer to the rule's own question, None if not asked; ``accepted``: what
    people settled of the clip as a whole, None if not settled; ``hours`` of footage, ``probability`` of
    inclusion in (0, 1].
    """

    passed: bool
    only_failure: bool
    dimension_ok: bool | None
    accepted: bool | None
    hours: float
    probability: float


@dataclass(frozen=True, slots=True)
class RuleRecall:
    """``own_dimension``: share of clips good in this dimension that pass the rule, in [0, 1];
    ``sole_loss_share``: share of hours failing only this rule that people accept, in [0, 1];
    ``sole_loss_hours``: those hours in the corpus.
    """

    own_dimension: Measure
    sole_loss_share: Measure
    sole_loss_hours: Measure


def rule_recall(
    items: Iterable[RuleItem], *, hours_failing_only: float | None = None, confidence: float = 0.95
) -> RuleRecall:
    """Both numbers from design-weighted judgments.

    ``hours_failing_only``: hours in the corpus that fail this rule alone, which the frame knows exactly;
    without it the hours lost are not defined. Passes and rejects must both have been sampled for the first
    number.
    """
    rows = list(items)
    for place, row in enumerate(rows):
        if row.passed and row.only_failure:
            raise InputError(f"row {place}: a clip that passes the rule cannot fail only it")
    asked = [row for row in rows if row.dimension_ok is not None]
    good = [row for row in asked if row.dimension_ok]
    own: Measure
    if not asked:
        own = Undefined("nobody was asked the rule's own question")
    elif len({row.passed for row in asked}) < 2:
        side = "passing" if asked[0].passed else "failing"
        own = Undefined(f"only clips {side} the rule were asked about, so its recall is unknown")
    elif not good:
        own = Undefined("no judged clip was good in this dimension")
    else:
        own = weighted_share(
            [float(row.passed) for row in good],
            [1.0] * len(good),
            [row.probability for row in good],
            confidence=confidence,
        )
    sole = [row for row in rows if row.only_failure and row.accepted is not None]
    share: Measure = Undefined("no clip failing only this rule was judged")
    if sole:
        share = weighted_share(
            [row.hours if row.accepted else 0.0 for row in sole],
            [row.hours for row in sole],
            [row.probability for row in sole],
            confidence=confidence,
        )
    return RuleRecall(own, share, _scaled(share, hours_failing_only))


def _scaled(share: Measure, hours: float | None) -> Measure:
    if isinstance(share, Undefined):
        return share
    if hours is None:
        return Undefined("the hours that fail only this rule are not known for this corpus")
    if hours < 0:
        raise InputError(f"hours cannot be below 0, got {hours}")
    if isinstance(share.interval, Undefined):
        return Estimate(share.value * hours, share.interval, share.n)
    bounds = share.interval
    interval = Interval(
        bounds.lower * hours, bounds.upper * hours, bounds.confidence, bounds.method, bounds.approximate
    )
    return Estimate(share.value * hours, interval, share.n)
