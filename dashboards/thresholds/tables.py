"""The numbers of the thresholds dashboard as tables."""

from __future__ import annotations

from collections.abc import Mapping

from annotation.estimation import Undefined
from curation.policies.rules import shortest
from curation.policies.tiers import Tier
from dashboards.csvfile import MEASURE_HEADS, Table, measure_columns
from dashboards.data.curves import curve_question, curve_view
from dashboards.data.nothing import NothingYet
from dashboards.data.thresholds import Answer, answer, desk_of
from dashboards.thresholds.rules import rule_bins

_SPAN = ("now_clips", "now_hours", "then_clips", "then_hours")


def _answer(corpus: str, asked: Mapping[str, str]) -> Answer | None:
    desk = desk_of(corpus, asked)
    return None if isinstance(desk, NothingYet) else answer(desk, None, asked.get("verdicts"))


def tiers(corpus: str, asked: Mapping[str, str]) -> Table:
    """Clips and hours by tier, now and then."""
    found = _answer(corpus, asked)
    rows = []
    for tier in reversed(Tier) if found else ():
        assert found is not None
        now, then = found.before.tiers[tier], found.after.tiers[tier]
        rows.append((tier.word, now.clips, now.hours, then.clips, then.hours))
    return ("tier", *_SPAN), rows


def quality(corpus: str, asked: Mapping[str, str]) -> Table:
    """Precision and recall, now and then."""
    found = _answer(corpus, asked)
    rows = [
        (cut.word, figure, when, found.weighted, *measure_columns(getattr(each, figure)))
        for cut, pair in (found.quality.items() if found else ())
        for when, each in zip(("now", "then"), pair, strict=True)
        for figure in ("precision", "recall")
        if found is not None
    ]
    return ("kept_from_tier", "figure", "when", "speaks_for_corpus", *MEASURE_HEADS), rows


def moves(corpus: str, asked: Mapping[str, str]) -> Table:
    """What flips."""
    found = _answer(corpus, asked)
    pairs = found.after.moves.items() if found else ()
    return ("from", "to", "clips", "hours"), [
        (before.word, after.word, amount.clips, amount.hours) for (before, after), amount in pairs
    ]


def funnel(corpus: str, asked: Mapping[str, str]) -> Table:
    """What no rule so far has failed, with the draft."""
    found = _answer(corpus, asked)
    rows = [
        (tier.word, ordinal, found.desk.draft.rules.rules[ordinal].metric, left.clips, left.hours)
        for tier, steps in (found.after.left.items() if found else ())
        for ordinal, left in steps
        if found is not None
    ]
    return ("tier", "rule", "metric", "clips_left", "hours_left"), rows


def curve(corpus: str, asked: Mapping[str, str]) -> Table:
    """The curve of one number: shares over its possible values, each with its band."""
    heads = ("number", "metric", "threshold", "share", "judged_kept", "grey", *MEASURE_HEADS)
    desk = desk_of(corpus, asked)
    question = None if isinstance(desk, NothingYet) else curve_question(desk, asked)
    if isinstance(desk, NothingYet) or question is None:
        return heads, []
    view = curve_view(desk, question)
    if isinstance(view, Undefined):
        return heads, [(question.name, "", None, "precision", 0, True, *measure_columns(view))]
    return heads, [
        (
            question.name,
            view.rule.metric,
            shortest(point.threshold),
            share,
            point.judged,
            point.grey,
            *measure_columns(getattr(point, share)),
        )
        for point in view.points
        for share in ("precision", "recall", "kept")
    ]


def histograms(corpus: str, asked: Mapping[str, str]) -> Table:
    """Every rule's histogram: clips whose tier hangs on it, and people's verdicts."""
    desk = desk_of(corpus, asked)
    rows = []
    if not isinstance(desk, NothingYet):
        for ordinal, rule in enumerate(desk.draft.rules):
            bins = rule_bins(desk, ordinal)
            for place, clips in enumerate(bins.clips):
                low = None if place == 0 else bins.edges[place]
                high = None if place == len(bins.clips) - 1 else bins.edges[place + 1]
                rows.append(
                    (ordinal, rule.metric, low, high, clips, bins.accepted[place], bins.rejected[place])
                )
    return ("rule", "metric", "from", "below", "clips", "accepted", "rejected"), rows
