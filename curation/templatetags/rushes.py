"""How numbers and tiers look on every page: `{% load rushes %}`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from curation.metrics import METRICS
from curation.policies.funnel import Amount
from curation.policies.tiers import Tier, tier_from_word
from curation.policies.words import unit_of

register = template.Library()

_IN_ORDER = (Tier.SFT, Tier.PRETRAIN, Tier.REJECT, Tier.UNDECIDED)
_NARROW = "\u202f"


def _tier(value: Tier | str | int) -> Tier:
    return tier_from_word(value) if isinstance(value, str) else Tier(value)


@register.filter
def tier(value: Tier | str | int | None) -> SafeString:
    """A tier (word or stored code) as its badge: colour, letter and word. None is a dash."""
    if value is None or value == "":
        return mark_safe('<span class="faint">–</span>')
    found = _tier(value)
    return format_html(
        '<span class="tier tier-{}"><b aria-hidden="true">{}</b>{}</span>',
        found.word,
        found.letter,
        found.word,
    )


@register.filter
def tier_letter(value: Tier | str | int) -> SafeString:
    """The small square of a tier: its letter, with its word for those who hear the page."""
    found = _tier(value)
    return format_html(
        '<span class="tier tier-small tier-{}" title="{}"><b aria-hidden="true">{}</b>'
        '<span class="visually-hidden">{}</span></span>',
        found.word,
        found.word,
        found.letter,
        found.word,
    )


@register.filter
def label_words(name: str) -> str:
    """A field's name as words: age_group as age group."""
    return name.replace("_", " ")


@register.filter
def count(value: int | None) -> str:
    """A whole number, thousands parted by a narrow space: 41 203. None is a dash."""
    return "–" if value is None else f"{value:,}".replace(",", _NARROW)


@register.filter
def hours(seconds: float | None) -> str:
    """Seconds as hours (1 234.5 h), as minutes below an hour, as seconds below a minute. None is a dash."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f}{_NARROW}s"
    if seconds < 3600:
        return f"{seconds / 60:.1f}{_NARROW}min"
    return f"{seconds / 3600:,.1f}{_NARROW}h".replace(",", _NARROW)


@register.filter
def amount(value: Amount, unit: str) -> str:
    """An amount of clips as their number where ``unit`` is clips, else as how long they last."""
    return count(value.clips) if unit == "clips" else hours(value.seconds)


@register.filter
def ago(seconds: float) -> str:
    """An age in words that do not flicker: just now, 40 s ago, 12 min ago, 3 h ago."""
    if seconds < 10:
        return "just now"
    if seconds < 60:
        return f"{10 * int(seconds // 10)}{_NARROW}s ago"
    return (
        f"{int(seconds // 60)}{_NARROW}min ago" if seconds < 3600 else f"{int(seconds // 3600)}{_NARROW}h ago"
    )


@register.filter
def pace(since: datetime) -> str:
    """How long to wait before asking again how far it is with what began at ``since``: a tenth of its age, so that what
    takes a second is not waited for, and what takes an hour is not asked for all the time."""
    age_ms = (timezone.now() - since).total_seconds() * 1000
    return f"{min(max(int(age_ms / 10), 100), 1000)}ms"


@register.filter
def left(seconds: float) -> str:
    """How much longer something takes, in words that do not flicker: a few seconds left, 40 s left, 3 min left."""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"{10 * round(seconds / 10)}{_NARROW}s left"
    return (
        f"{round(seconds / 60)}{_NARROW}min left"
        if seconds < 5400
        else f"{round(seconds / 3600)}{_NARROW}h left"
    )


@register.filter
def sentence(text: str) -> str:
    """What an error says, as a sentence of its own: a capital before it, and a full stop behind it unless one is there."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


@register.filter
def clock(seconds: float | None) -> str:
    """Presentation time as m:ss.mmm (h:mm:ss.mmm from an hour on). None is a dash."""
    if seconds is None:
        return "–"
    sign, milliseconds = ("−" if seconds < 0 else ""), round(abs(seconds) * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    whole_hours, minutes = divmod(minutes, 60)
    tail = f"{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
    return f"{sign}{whole_hours}:{minutes:02d}:{tail}" if whole_hours else f"{sign}{minutes}:{tail}"


@register.filter
def share(value: float | None) -> str:
    """0 to 1 as per cent; a dash for None. Never rounds something to 0 % or 100 %."""
    if value is None:
        return "–"
    if 0 < value < 0.0005:
        return f"<{_NARROW}0.1{_NARROW}%"
    if 0.9995 < value < 1:
        return f">{_NARROW}99.9{_NARROW}%"
    return f"{100 * value:.1f}{_NARROW}%"


@register.filter
def size(octets: int | None) -> str:
    """Bytes in the unit that fits."""
    if octets is None:
        return "–"
    number = float(octets)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f}{_NARROW}{unit}" if unit == "B" else f"{number:.1f}{_NARROW}{unit}"
        number /= 1000
    return f"{number:.1f}{_NARROW}TB"


@register.filter
def measured(value: float | None, name: str) -> str:
    """A metric's value with the decimals of the catalogue; a dash for not measured."""
    return (
        "–"
        if value is None
        else f"{value:,.{METRICS[name].decimals}f}".replace(",", _NARROW).replace("-", "−")
    )


@register.filter
def metric_label(name: str) -> str:
    """A metric's name for people."""
    return METRICS[name].label


@register.filter
def unit(name: str) -> str:
    """A metric's unit where it says something."""
    return unit_of(name)


@register.filter
def tier_word_or_none(value: Any) -> str:
    """A tier's word, or ``none`` for no tier: for class names."""
    return "none" if value is None or value == "" else _tier(value).word


@register.simple_tag
def tier_bar(shares: dict[Any, float], label: str = "") -> SafeString:
    """A stacked bar of ``{tier: amount}`` (words or codes), as SVG because styles in the page are refused."""
    amounts = {_tier(key): float(amount or 0) for key, amount in shares.items()}
    total = sum(amounts.values())
    parts, x = [], 0.0
    for each in _IN_ORDER:
        width = 1000 * amounts.get(each, 0) / total if total else 0
        if width:
            parts.append((each.word, f"{x:.2f}", f"{max(width - 3, 0.5):.2f}"))
            x += width
    rects = format_html_join("", '<rect class="fill-{}" x="{}" y="0" width="{}" height="10"/>', parts)
    return format_html(
        '<svg class="tier-bar" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        label or "share of each tier",
        rects,
    )


@register.simple_tag
def tier_bar_of_lines(lines: Any) -> SafeString:
    """The stacked bar of an overview's tier lines, by proposed hours."""
    return tier_bar({line.tier: line.proposed.seconds for line in lines}, "hours by proposed tier")


@register.simple_tag
def score_bar(score: Any) -> SafeString:
    """A score's bar with its thresholds as ticks; nothing where there is no range to draw it on."""
    if score.at is None and not score.marks:
        return mark_safe("")
    kind = "muted"
    if score.held and score.value is not None:
        kind = "good" if all(each.passes for each in score.held) else "bad"
    value = (
        format_html('<rect class="fill-{}" width="{}" height="12"/>', kind, score.at)
        if score.at is not None
        else ""
    )
    ticks = format_html_join(
        "", '<rect class="tick" x="{}" width="8" height="12"/>', ((min(mark, 992),) for mark in score.marks)
    )
    return format_html(
        '<svg class="score-bar" viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bar-track" width="1000" height="12"/>{}{}</svg>',
        value,
        ticks,
    )


@register.simple_tag
def source_lane(source: Any, rows: Any, dropped: Any) -> SafeString:
    """Clips of a source along its time, coloured by proposed tier; what became no clip is drawn low and grey."""
    length = source.duration_s or 1.0
    start = source.start_s or 0.0

    def place(each: Any) -> tuple[str, str]:
        x = 1000 * (each.start_s - start) / length
        return f"{x:.2f}", f"{max(1.5, 1000 * (each.end_s - each.start_s) / length - 1):.2f}"

    grey = format_html_join(
        "",
        '<rect class="fill-muted" x="{}" width="{}" y="16" height="8"/>',
        (place(each) for each in dropped),
    )
    clips = format_html_join(
        "",
        '<rect class="fill-{}" x="{}" width="{}" height="24"><title>clip {}</title></rect>',
        ((row.tier.word if row.tier is not None else "muted", *place(row.clip), row.clip.pk) for row in rows),
    )
    return format_html(
        '<svg class="lane" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label="clips along the source">{}{}</svg>',
        grey,
        clips,
    )


@register.filter
def words(code: str) -> str:
    """A stable code as words: `too_short` is too short."""
    return code.replace("_", " ")


@register.simple_tag
def length_of(span: Any) -> str:
    """The length of anything with ``start_s`` and ``end_s``, in seconds."""
    return f"{span.end_s - span.start_s:.2f}{_NARROW}s"


@register.simple_tag
def span_lane(
    source: Any, above: Any, below: Any, label: str = "where they are seen and heard"
) -> SafeString:
    """Two rows of spans along a source's time: ``above`` and ``below``, anything with ``start_s`` and ``end_s``."""
    length, start = source.duration_s or 1.0, source.start_s or 0.0

    def rects(spans: Any, kind: str, y: int) -> SafeString:
        places = (
            (
                kind,
                f"{1000 * (each.start_s - start) / length:.2f}",
                f"{max(1.5, 1000 * (each.end_s - each.start_s) / length):.2f}",
                y,
            )
            for each in spans
        )
        return format_html_join("", '<rect class="fill-{}" x="{}" width="{}" y="{}" height="11"/>', places)

    return format_html(
        '<svg class="lane" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label="{}">{}{}</svg>',
        label,
        rects(above, "accent", 0),
        rects(below, "muted", 13),
    )


@register.simple_tag
def bar(value: float, most: float, kind: str = "accent", label: str = "") -> SafeString:
    """A plain horizontal bar, ``value`` of ``most``; `kind` is accent, muted or a tier's word."""
    width = 0 if not most else max(0.0, min(1000.0, 1000 * value / most))
    return format_html(
        '<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="bar-track" width="1000" height="10"/><rect class="fill-{}" width="{}" height="10"/></svg>',
        label,
        kind,
        f"{width:.2f}",
    )


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The page's query string with ``changes`` laid over it; None or "" removes. A page's place is always dropped."""
    parameters = context["request"].GET.copy()
    for place in ("after", "before", "page"):
        if place not in changes:
            parameters.pop(place, None)
    for key, value in changes.items():
        if value is None or value == "":
            parameters.pop(key, None)
        else:
            parameters[key] = str(value)
    return f"?{parameters.urlencode()}" if parameters else "?"
