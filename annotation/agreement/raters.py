"""Each rater against the measuring golds and against the others, with the time they take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from annotation.agreement.ratings import Answer, Rating
from annotation.estimation.binomial import proportion
from annotation.estimation.values import InputError, Measure, Undefined


@dataclass(frozen=True, slots=True)
class RaterProfile:
    """One rater's record.

    ``gold``: share of measuring golds answered as settled; ``agreement``: share of items, judged by others
    too, on which every other person gave the same answer; ``seconds``: median active seconds a judgment.
    """

    rater: str
    judged: int
    gold: Measure
    agreement: Measure
    seconds: float | Undefined


def rater_profiles(
    ratings: Iterable[Rating], golds: Mapping[str, Answer] | None = None, *, confidence: float = 0.95
) -> tuple[RaterProfile, ...]:
    """A profile per rater, by name; ``golds`` maps items to their settled answers.

    Shares have Clopper–Pearson intervals: a rater's items are independent draws. Only measuring golds
    belong here, since training golds tell what was taught.
    """
    golds = golds or {}
    by_item: dict[str, dict[str, Rating]] = {}
    for rating in ratings:
        given = by_item.setdefault(rating.item, {})
        if rating.rater in given:
            raise InputError(
                f"item {rating.item} has two answers of rater {rating.rater}: keep the one that counts"
            )
        given[rating.rater] = rating
    raters = sorted({rater for given in by_item.values() for rater in given})
    return tuple(_profile(rater, by_item, golds, confidence) for rater in raters)


def _profile(
    rater: str, by_item: Mapping[str, Mapping[str, Rating]], golds: Mapping[str, Answer], confidence: float
) -> RaterProfile:
    judged = right = on_gold = alike = shared = 0
    times: list[float] = []
    for item, given in by_item.items():
        own = given.get(rater)
        if own is None:
            continue
        judged += 1
        if own.seconds is not None:
            times.append(own.seconds)
        if item in golds:
            on_gold += 1
            right += own.answer == golds[item]
        others = [rating.answer for name, rating in given.items() if name != rater]
        if others:
            shared += 1
            alike += all(answer == own.answer for answer in others)
    return RaterProfile(
        rater=rater,
        judged=judged,
        gold=proportion(right, on_gold, confidence, empty="no measuring gold was judged"),
        agreement=proportion(alike, shared, confidence, empty="nobody else judged the same items"),
        seconds=median(times) if times else Undefined("no active time was measured"),
    )
