"""The clips behind each number of the thresholds dashboard, for the draft that an address describes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from annotation.estimation import Direction
from curation.analytics.index import PolicyIndex, tiers_of_masks, without_bit
from curation.policies.compiled import compile_rules
from curation.policies.rules import shortest
from curation.policies.tiers import Tier
from curation.policies.words import rule_words
from dashboards.data.behind import Behind, NoSuchNumber, behind_rows, number_in, tier_in, word_in
from dashboards.data.curves import curve_question, kept_at
from dashboards.data.judged import Evidence, evidence_for, evidence_of, passes_others, tiers_under
from dashboards.data.nothing import NothingYet
from dashboards.data.stops import stops_of
from dashboards.data.thresholds import CUTS, Desk, desk_of

_WHEN = ("now", "then")
_SIDES = ("accepted", "rejected")


def tier(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The clips of a tier, ``when`` now or with the draft."""
    desk, wanted, when = _desk(corpus, asked), tier_in(asked, "tier"), word_in(asked, "when", _WHEN)
    index = desk.now.index if when == "now" else _then(desk)
    return _usable(index, index.tier == int(wanted), f"{wanted.word} {_of(desk, when)}")


def move(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The clips that would go from one tier to another."""
    desk, before, after = _desk(corpus, asked), tier_in(asked, "from"), tier_in(asked, "to")
    index = _then(desk)
    moved = (desk.now.index.tier == int(before)) & (index.tier == int(after))
    return _usable(index, moved, f"{before.word} now, {after.word} with the draft")


def left(corpus: str, asked: Mapping[str, str]) -> Behind:
    """What no rule of the tier has failed, down to the named one."""
    desk = _desk(corpus, asked)
    ordinal = number_in(asked, "rule", len(desk.draft.rules))
    rule, index = desk.draft.rules.rules[ordinal], _then(desk)
    before = sum(1 << other for other, _ in desk.draft.rules.of_tier(rule.tier) if other <= ordinal)
    passed = (index.failing & index.failing.dtype.type(before)) == 0
    words = f"left in the funnel of {Tier(rule.tier).word} after {rule.spec.label}, {_of(desk, 'then')}"
    return _usable(index, passed, words)


def bin(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The clips of one bar of a rule's histogram: their value lies there, and their tier hangs on the rule."""
    desk = _desk(corpus, asked)
    ordinal, place, span = _bar(desk, asked)
    rule, index = desk.draft.rules.rules[ordinal], _then(desk)
    compiled = compile_rules(desk.draft.rules)
    bit = index.failing.dtype.type(1 << ordinal)
    others = without_bit(index.failing, ordinal)
    held = tiers_of_masks(compiled, others, index.missing)
    hangs = (held != tiers_of_masks(compiled, others | bit, index.missing)) & ((index.missing & bit) == 0)
    here = _place(desk, ordinal, index.table.whole(rule.metric)) == place
    return _usable(index, hangs & here, f"tier hangs on “{rule_words(rule)}”, {span}")


def said(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The judged clips of one bar below a histogram: they pass the tier's other rules, and people said so of them."""
    desk = _desk(corpus, asked)
    ordinal, place, span = _bar(desk, asked)
    side, rule = word_in(asked, "said", _SIDES), desk.draft.rules.rules[ordinal]
    judged = evidence_of(desk.draft.corpus, desk.now.index.table)
    here = _place(desk, ordinal, judged.column(rule.metric)) == place
    people = (judged.verdict >= int(rule.tier)) == (side == "accepted")
    here &= people & passes_others(judged, desk.draft.rules, ordinal) & ~np.isnan(judged.column(rule.metric))
    words = f"judged, {side} as {Tier(rule.tier).word}; pass the tier’s other rules; {span}"
    return _judged(judged, here, words)


def quality(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The judged clips that a precision or recall is a share of."""
    desk, cut = _desk(corpus, asked), tier_in(asked, "cut", CUTS)
    name, when = word_in(asked, "of", ("precision", "recall")), word_in(asked, "when", _WHEN)
    used, whence = _evidence(desk, asked)
    kept = tiers_under(used, desk.draft.now_rules if when == "now" else desk.draft.rules) >= int(cut)
    accepted = used.verdict >= int(cut)
    both, level = int((kept & accepted).sum()), "sft" if cut is Tier.SFT else "pretrain or better"
    if name == "precision":
        words = f"{whence}, kept as {level} {_of(desk, when)}; people accept {both:,} of them"
    else:
        words = f"{whence}, accepted by people as {level}; {both:,} of them are kept {_of(desk, when)}"
    return _judged(used, kept if name == "precision" else accepted, words)


def curve(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The judged clips that a point of the curve keeps."""
    desk = _desk(corpus, asked)
    question = curve_question(desk, asked)
    try:
        at = float(np.float32(asked.get("at", "")))
    except ValueError:
        raise NoSuchNumber("at") from None
    if question is None or not np.isfinite(at):
        raise NoSuchNumber("at")
    used, whence = _evidence(desk, {"verdicts": "drawn"})
    kept, direction = kept_at(desk, question, used, at)
    rule, way = desk.draft.rules.rules[question.ordinal], "from" if direction is Direction.AT_LEAST else "to"
    good = int((used.verdict[kept] >= int(rule.tier)).sum())
    words = f"{whence}, pass the tier’s other rules, {rule.spec.label} {way} {shortest(at):g}; people accept {good:,} of them"
    return _judged(used, kept, words)


def _desk(corpus: str, asked: Mapping[str, str]) -> Desk:
    desk = desk_of(corpus, asked)
    if isinstance(desk, NothingYet):
        raise NoSuchNumber(desk.reason)
    return desk


def _then(desk: Desk) -> PolicyIndex:
    rules = desk.draft.rules
    return desk.now.index if rules == desk.now.index.rules else desk.engine.explorer(rules).index


def _of(desk: Desk, when: str) -> str:
    return f"under policy {desk.draft.now.number}" if when == "now" else "with the draft"


def _evidence(desk: Desk, asked: Mapping[str, str]) -> tuple[Evidence, str]:
    judged = evidence_of(desk.draft.corpus, desk.now.index.table)
    if evidence_for(desk.draft.corpus, asked.get("verdicts")) != "drawn":
        return judged, "judged"
    return judged.drawn(), "drawn at random and settled"


def _bar(desk: Desk, asked: Mapping[str, str]) -> tuple[int, int, str]:
    """Rule, place of the bar, and the span of its values in words."""
    ordinal = number_in(asked, "rule", len(desk.draft.rules))
    edges = stops_of(desk.index.table, desk.draft.written.rules[ordinal])
    place = number_in(asked, "bin", len(edges) + 1)
    label = desk.draft.rules.rules[ordinal].spec.label
    low = f" from {edges[place - 1]:g}" if place else ""
    high = f" below {edges[place]:g}" if place < len(edges) else ""
    return ordinal, place, f"{label}{low}{high}"


def _place(desk: Desk, ordinal: int, values: NDArray) -> NDArray[np.intp]:
    edges = np.asarray(stops_of(desk.index.table, desk.draft.written.rules[ordinal]), np.float32)
    return np.searchsorted(edges, values, "right")


def _usable(index: PolicyIndex, wanted: NDArray[np.bool_], words: str) -> Behind:
    return behind_rows(index.table, np.flatnonzero(wanted & (index.tier >= 0)), words)


def _judged(used: Evidence, wanted: NDArray[np.bool_], words: str) -> Behind:
    return behind_rows(used.table, used.rows[wanted], words)
