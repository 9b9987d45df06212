"""A certificate in words: the claim, and what could spoil it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from annotation.certificates.figures import Figures
from annotation.certificates.records import DrawnRecord, raters_of
from annotation.estimation import (
    Certification,
    Decision,
    Estimate,
    Interval,
    Measure,
    RaterSensitivity,
    TwoPhase,
    Undefined,
)

_FEW_RATERS, _FEW_SOURCES, _MOSTLY_WATCHED = 3, 20, 0.9


@dataclass(frozen=True, slots=True)
class Claim:
    """What a certificate says: ``lower`` is the bound in [0, 1], ``sentence`` the claim, ``second`` the corrected one."""

    lower: float
    sentence: str
    second: str


def percent(value: float, *, down: bool = False) -> str:
    """``96.1 %``. A lower bound is rounded down, so that the sentence never says more than was shown."""
    tenths = math.floor(value * 1000 + 1e-9) if down else round(value * 1000)
    if not down and 0 < value < 1 and tenths in (0, 1000):
        return ">99.9 %" if tenths else "<0.1 %"
    return f"{tenths / 10:.1f} %"


def claim(
    found: Figures, headline: Estimate, *, clips: int, overlap: int, rubric: str, levels: Sequence[str]
) -> Claim:
    """The claim for a subset of ``clips`` from ``headline``, whose interval must be there."""
    bounds = headline.interval
    assert isinstance(bounds, Interval)
    people = {2: "two people", 3: "three people"}.get(overlap, f"{overlap} people")
    about = "about " if bounds.approximate else ""
    what = " or better, as claimed of each" if len(levels) > 1 else ""
    sentence = (
        f"We are {about}{bounds.confidence * 100:g} % confident that at least {percent(bounds.lower, down=True)} of the "
        f"{clips:,} clips would be accepted as {' or '.join(levels)}{what} by {people} who judge blind by {rubric}, "
        "with a blind third where they disagree."
    )
    return Claim(bounds.lower, sentence, _corrected_words(found.corrected))


def _corrected_words(corrected: TwoPhase | Undefined) -> str:
    if isinstance(corrected, Undefined):
        return f"How often people agreed and were wrong is not known: {corrected.reason}."
    measure = corrected.corrected
    if isinstance(measure, Undefined):
        return f"How often people agreed and were wrong is not known: {measure.reason}."
    if isinstance(measure.interval, Undefined):
        return f"Corrected for items on which people agreed and were wrong: {percent(measure.value)} ({measure.interval.reason})."
    bounds = measure.interval
    return (
        f"Corrected for items on which people agreed and were wrong, the panel would accept {percent(measure.value)} "
        f"(about {percent(bounds.lower, down=True)} to {percent(bounds.upper)})."
    )


def _lower(measure: Measure) -> float:
    """The lower bound; 0 where there is none, for nothing more is known."""
    if isinstance(measure, Estimate) and isinstance(measure.interval, Interval):
        return measure.interval.lower
    return 0.0


def spoilers(
    found: Figures,
    records: Sequence[DrawnRecord],
    headline: Measure,
    *,
    sources: int,
    sequence: bool,
    target: float,
) -> list[dict[str, Any]]:
    """What could make the claim mislead, most telling first, each with a stable ``code`` and a sentence."""
    counts, lines = found.counts, []

    def say(code: str, sentence: str) -> None:
        lines.append({"code": code, "sentence": sentence})

    refused = isinstance(found.state, Certification) and found.state.decision is Decision.REFUSE
    if sequence and refused:
        say("refused", f"The wanted share of {percent(target)} was refused by the judgments.")
    elif _lower(headline) < target:
        say("not_reached", f"The wanted bound of {percent(target)} has not been reached.")
    corrected = Undefined("") if isinstance(found.corrected, Undefined) else found.corrected.corrected
    if _lower(headline) >= target > _lower(corrected):
        say(
            "corrected_lower",
            f"The bound corrected for agreed errors lies below the wanted {percent(target)}: more items checked by the "
            "panel would show whether the share does.",
        )
    if counts.overruled:
        say(
            "agreed_but_wrong",
            f"The panel overruled {counts.overruled} of {counts.checked} items on which people had agreed: "
            "read the corrected share beside the claim.",
        )
    elif not counts.checked:
        say("unchecked", "No item on which people agreed has been checked by the panel.")
    if counts.skipped:
        say(
            "skipped",
            f"{counts.skipped} of {counts.prefix} items could not be judged; the bound counts them as refused.",
        )
    if counts.prefix and counts.disputed / counts.prefix >= 0.1:
        say(
            "disputes",
            f"People disagreed at first on {counts.disputed} of {counts.prefix} items; the third vote decided those.",
        )
    raters = raters_of(records)
    if len(raters) < _FEW_RATERS:
        say("few_raters", f"Only {len(raters)} people judged: others might judge otherwise.")
    if isinstance(found.raters, RaterSensitivity) and isinstance(found.raters.spread, float):
        say(
            "raters",
            f"Leaving out one person at a time moves the share of accepting votes by up to {percent(found.raters.spread)}.",
        )
    casts = [cast for record in records for cast in record.votes]
    hasty = sum(cast.watched is not None and cast.watched < _MOSTLY_WATCHED for cast in casts)
    if hasty:
        say("hasty", f"{hasty} of {len(casts)} votes came before nine tenths of the clip had been watched.")
    if sources < _FEW_SOURCES:
        say("few_sources", f"The judged clips come from {sources} sources.")
    if (
        isinstance(headline, Estimate)
        and isinstance(headline.interval, Interval)
        and headline.interval.approximate
    ):
        say("approximate", "The interval is approximate: it holds about as often as it says.")
    say("this_list", "It speaks of this frozen list; clips added, or footage of the future, are not covered.")
    say("chance", "One such claim in twenty may be wrong by the luck of the draw.")
    return lines
