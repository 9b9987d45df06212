"""The right side: what the draft would do."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import html

from curation.policies.diff import diff_words
from curation.policies.funnel import Amount
from curation.policies.rules import Operator, Rule, shortest
from curation.policies.tiers import Tier
from dashboards.data.draft import state_of
from dashboards.data.thresholds import Answer
from dashboards.figures.theme import Palette
from dashboards.figures.thresholds import FunnelLine, funnel, funnel_height
from dashboards.parts import (
    behind_address,
    card,
    clips_address,
    graph,
    hours,
    measure_parts,
    notice,
    number_cell,
    table,
    tier_mark,
)

_ORDER = (Tier.SFT, Tier.PRETRAIN, Tier.REJECT, Tier.UNDECIDED)
CUT_LABELS = {Tier.SFT: "sft", Tier.PRETRAIN: "pretrain or better"}


def outcome(found: Answer, colours: Palette) -> list[Any]:
    """Tiers, quality, funnel, moves, cost."""
    slug = found.desk.draft.corpus.slug
    csv = f"/corpora/{slug}/dashboards/thresholds/"
    return [
        *[notice(fault, warning=True) for fault in found.desk.draft.faults],
        card("Kept, now → then", _tiers(found), _changes(found), csv=f"{csv}tiers.csv"),
        card("People on what is kept", _quality(found), _evidence(found), csv=f"{csv}quality.csv"),
        card("What flips", *_moves(found), csv=f"{csv}moves.csv"),
        *_funnels(found, colours, csv),
    ]


def _tiers(found: Answer) -> html.Div:
    slug = found.desk.draft.corpus.slug
    rows = []
    for tier in _ORDER:
        now, then = found.before.tiers[tier], found.after.tiers[tier]
        if not (now.clips or then.clips):
            continue
        rows.append(
            html.Tr(
                [
                    html.Th(tier_mark(tier), scope="row"),
                    _amount(now, clips_address(slug, tier=tier.word) if now.clips else ""),
                    _amount(then, _behind(found, "tier", tier=tier.word, when="then") if then.clips else ""),
                    _change(now, then),
                ]
            )
        )
    heads: list[Any] = ["", ("now", "number"), ("then", "number"), ("change", "number")]
    return table(heads, rows, caption="Hours and clips by tier, now and with the draft")


def _behind(found: Answer, number: str, **which: Any) -> str:
    """The clips behind a number, with the draft and the verdicts that it was counted on."""
    state = {**state_of(found.desk.draft), "verdicts": "drawn" if found.weighted else "all"}
    return behind_address(found.desk.draft.corpus.slug, "thresholds", number, state, **which)


def _amount(amount: Amount, href: str = "") -> html.Td:
    clips = f"{amount.clips:,} clips"
    return html.Td(
        [
            html.Span(hours(amount.seconds), className="value"),
            html.Br(),
            html.A(clips, href=href, className="interval")
            if href
            else html.Span(clips, className="interval"),
        ],
        className="number",
    )


def _change(now: Amount, then: Amount) -> html.Td:
    delta = then - now
    if not delta.clips and not delta.microseconds:
        return html.Td("same", className="number faint")
    sign = "+" if delta.microseconds >= 0 else "−"
    share = f"{delta.microseconds / now.microseconds:+.1%}".replace("-", "−") if now.microseconds else "new"
    clips = f"{delta.clips:+,} clips".replace("-", "−")
    return html.Td(
        [
            html.Span(f"{sign}{hours(abs(delta.seconds))}", className="value", title=clips),
            html.Br(),
            html.Span(share, className="interval"),
        ],
        className="number",
    )


def _changes(found: Answer) -> Any:
    lines = diff_words(found.desk.draft.now_rules, found.desk.draft.rules)
    if not lines:
        text = f"The numbers of policy {found.desk.draft.now.number}, which is active. Move a slider, or type a number."
        return html.P(text, className="small muted")
    return html.Ul([html.Li(line) for line in lines], className="dots small tuning-diff")


def _quality(found: Answer) -> html.Div:
    rows = []
    for cut, (now, then) in found.quality.items():
        for name in ("precision", "recall"):
            rows.append(
                html.Tr(
                    [
                        html.Th(f"{name}, {CUT_LABELS[cut]}", scope="row"),
                        *(
                            html.Td(
                                measure_parts(
                                    getattr(each, name),
                                    2,
                                    _behind(found, "quality", cut=cut.word, of=name, when=when),
                                ),
                                className="number",
                            )
                            for when, each in (("now", now), ("then", then))
                        ),
                    ]
                )
            )
    return table(
        ["", ("now", "number"), ("then", "number")], rows, caption="Precision and recall, now and then"
    )


def _evidence(found: Answer) -> html.Div:
    used, audit = found.evidence, found.evidence.audit
    if found.weighted and audit is not None and used.why_none:
        return html.P(f"Not defined: {used.why_none}. {audit.left_out()}", className="small muted")
    if found.weighted and audit is None:
        text = "No audit of the whole corpus has been drawn and settled. Draw one under Review: only it speaks for all clips."
        return html.P(text, className="small muted")
    if not len(used):
        text = "Nobody has settled a clip yet. Draw an audit under Review: it shows what people think of both sides."
        return html.P(text, className="small muted")
    if found.weighted and audit is not None:
        sentence = (
            f"{len(used):,} clips drawn from the whole corpus and settled blind, of {audit.items:,} in ",
            html.A(audit.name, href=f"/review/{audit.queue}/"),
            f". {audit.left_out()} A number chosen on them needs other clips to certify it.",
        )
        return html.P(sentence, className="small muted")
    said = f"{len(used):,} judged clips, however they came to be judged: they do not stand for the corpus."
    if found.verify:
        said += f" {found.verify:,} were settled with the proposal in sight, which draws people towards the filter."
    return html.P(said, className="small muted tuning-marked")


def _funnels(found: Answer, colours: Palette, csv: str) -> list[Any]:
    cards = []
    for tier, steps in found.after.left.items():
        lines = funnel_lines(found, tier)
        figure = funnel(lines, colours, {Tier.SFT: colours.sft, Tier.PRETRAIN: colours.pretrain}[tier])
        said = "; ".join(f"{line.words}: {line.then_hours:.1f} h left" for line in lines)
        cards.append(
            card(
                f"Funnel of {tier.word}",
                graph(f"funnel-{tier.word}", figure, funnel_height(lines), words=said),
                name=f"funnel-{tier.word}",
                csv=f"{csv}funnel.csv",
                has_figure=True,
                note="bar: then, mark: now",
            )
        )
        assert len(steps) == len(lines)
    return cards


def funnel_lines(found: Answer, tier: Tier) -> list[FunnelLine]:
    """The funnel of one tier; what is left now only where the active policy asks the same in the same order."""
    draft = found.desk.draft
    now = found.before.left.get(tier, ())
    alike = len(now) == len(found.after.left[tier]) and len(draft.now_rules) == len(draft.rules)
    lines = []
    for place, (ordinal, left) in enumerate(found.after.left[tier]):
        rule = draft.rules.rules[ordinal]
        same = alike and draft.now_rules.rules[now[place][0]].metric == rule.metric
        lead = _behind(found, "left", rule=ordinal)
        hours_now = now[place][1].hours if same else None
        lines.append(FunnelLine(rule.spec.label, hours_now, left.hours, left.clips, lead))
    return lines


def _moves(found: Answer) -> list[Any]:
    moves = sorted(found.after.moves.items(), key=lambda pair: -pair[1].clips)
    if not moves:
        return [html.P("No clip would change its tier.", className="small muted")]
    rows = []
    for (before, after), amount in moves:
        lead = _behind(found, "move", **{"from": before.word, "to": after.word})
        rows.append(
            html.Tr(
                [
                    html.Th(
                        [tier_mark(before), " → ", tier_mark(after)], scope="row", className="nowrap-head"
                    ),
                    number_cell(amount.clips, href=lead),
                    html.Td(hours(amount.seconds), className="number"),
                ]
            )
        )
    total = sum(amount.clips for amount in found.after.moves.values())
    return [
        table(["", ("clips", "number"), ("length", "number")], rows, caption="What flips"),
        *_together(found),
        html.P(_cost(found, total), className="small muted"),
    ]


def _together(found: Answer) -> list[Any]:
    """Where one number sends clips of a tier to several others, the clip browser can show them together."""
    lines = []
    for before in _ORDER:
        moves = [amount.clips for (start, _), amount in found.after.moves.items() if start is before]
        lead = span_lead(found, before)
        if len(moves) > 1 and lead:
            text = f"See the {sum(moves):,} that are {before.word} now"
            lines.append(html.P(html.A(text, href=lead), className="small"))
    return lines


def _cost(found: Answer, total: int) -> str:
    had = f"{found.settled_moves:,} judged clips are among them; their verdicts stand. "
    if found.seconds is None:
        return f"{had}What looking at all {total:,} costs is not known: nobody's time was measured yet."
    work = hours(total * found.seconds)
    return f"{had}To look at all {total:,} takes one person {work}, at {found.seconds:.1f} s a clip (median)."


def span_lead(found: Answer, before: Tier) -> str:
    """The clips of one tier that a single changed number of the active policy moves; nothing if it is not that."""
    draft = found.desk.draft
    if not draft.is_active or len(draft.changed) != 1:
        return ""
    (ordinal,) = draft.changed
    old, new = draft.written.rules[ordinal], draft.rules.rules[ordinal]
    span = _between(old, new)
    if span is None:
        return ""
    low, high, loosens = span
    filters: dict[str, Any] = {"tier": before.word, "metric": new.metric}
    if loosens:
        filters |= {"rule": ordinal, "only": "1"}
    for name, value in (("low", low), ("high", high)):
        if value is not None:
            filters[name] = repr(shortest(value))
    return clips_address(draft.corpus.slug, **filters)


def _between(old: Rule, new: Rule) -> tuple[float | None, float | None, bool] | None:
    """The values that pass one of two rules and not the other, and whether the new one lets more in."""
    if old.operator is Operator.OUTSIDE or (old.low != new.low and old.high != new.high):
        return None
    below, above = np.float32(-np.inf), np.float32(np.inf)
    if old.low is not None and new.low is not None and old.low != new.low:
        low, high = sorted((old.low, new.low))
        return low, float(np.nextafter(np.float32(high), below)), new.low < old.low
    if old.high is not None and new.high is not None and old.high != new.high:
        low, high = sorted((old.high, new.high))
        return float(np.nextafter(np.float32(low), above)), high, new.high > old.high
    return None
