"""How far seeing the proposal pulls people toward it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from annotation.estimation.binomial import proportion
from annotation.estimation.difference import share_difference
from annotation.estimation.values import InputError, Measure


@dataclass(frozen=True, slots=True)
class ModeAnswer:
    """One judgment: of which item, by whom, with the proposal shown (verify) or not (blind)."""

    item: str
    rater: str
    verify: bool
    agrees: bool


@dataclass(frozen=True, slots=True)
class AnchoringGap:
    """Share of judgments that agree with the proposal in each mode, and verify minus blind."""

    blind: Measure
    verify: Measure
    gap: Measure


def anchoring_gap(answers: Iterable[ModeAnswer], *, confidence: float = 0.95) -> AnchoringGap:
    """The gap between items randomised to verify and items randomised to blind.

    Each item must have been randomised to one mode only, and be judged once here. Several judgments of one
    rater are taken as independent.
    """
    seen: set[str] = set()
    agreeing, total = {False: 0, True: 0}, {False: 0, True: 0}
    for answer in answers:
        if answer.item in seen:
            raise InputError(f"item {answer.item} appears twice: each item is judged once, blind or verify")
        seen.add(answer.item)
        agreeing[answer.verify] += answer.agrees
        total[answer.verify] += 1
    return AnchoringGap(
        blind=proportion(agreeing[False], total[False], confidence, empty="no item was judged blind"),
        verify=proportion(agreeing[True], total[True], confidence, empty="no item was judged in verify mode"),
        gap=share_difference(agreeing[True], total[True], agreeing[False], total[False], confidence),
    )
