"""A certificate as a document: what is claimed, all that it rests on, and every figure that follows from that.

``derive`` computes everything that can be computed from the rest of the document; building a certificate and verifying
one both go through it, so that a figure can only be what the judgments give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from annotation.certificates.canonical import DIGEST, digest_of
from annotation.certificates.editions import EDITION
from annotation.certificates.figures import Figures, figures
from annotation.certificates.further import Further, further
from annotation.certificates.procedure import Procedure
from annotation.certificates.records import Design, DrawnRecord, Stratum, raters_of, record_from
from annotation.certificates.words import claim, spoilers
from annotation.estimation import (
    Certification,
    InputError,
    RaterSensitivity,
    TwoPhase,
    Undefined,
    as_plain,
)
from annotation.sampling import Effort

FORMAT = "rushes-certificate-1"
FIXED, SEQUENCE = "fixed", "sequence"
DERIVED = ("counts", "figures", "raters", "statement", "spoilers", "outcomes")


class Unsupported(InputError):
    """The judgments carry no claim: the sentence says why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was settled before anybody judged: ``reading`` is ``fixed`` (all drawn items, exact) or ``sequence``."""

    target: float
    reading: str
    confidence: float = 0.95


def build(
    *,
    subset: Mapping[str, Any],
    policy: Mapping[str, Any] | None,
    rubric: Mapping[str, Any],
    procedure: Procedure,
    draw: Mapping[str, Any],
    settings: Settings,
    effort: Effort,
    sources: int,
    dates: Mapping[str, Any],
    records: Sequence[DrawnRecord],
) -> dict[str, Any]:
    """The whole document with its digest. Raises ``Unsupported`` where no claim can be made.

    Only the settled prefix is kept of ``records``, with the number of those settled beyond it.
    """
    design = design_of(draw)
    found = figures(records, procedure, design, target=settings.target, confidence=settings.confidence)
    kept = records[: found.prefix.n]
    following = records[found.prefix.n] if found.prefix.n < len(records) else None
    basis: dict[str, Any] = {
        "format": FORMAT,
        "edition": EDITION,
        "subset": dict(subset),
        "policy": None if policy is None else dict(policy),
        "rubric": dict(rubric),
        "procedure": {
            "question": procedure.question,
            "overlap": procedure.overlap,
            "accepts": {level: list(answers) for level, answers in procedure.accepts.items()},
            "panel_share": procedure.panel_share,
            "panel_seed": procedure.panel_seed,
            "most_declined": procedure.most_declined,
        },
        "draw": {
            **draw,
            # The next item's rank sets the probabilities of a prefix of a draw with unequal ones.
            "next": None
            if following is None
            else {"number": following.number, "probability": following.probability},
            "beyond": found.prefix.beyond,
        },
        "settings": asdict(settings),
        "effort": asdict(effort),
        "sources": sources,
        "dates": dict(dates),
        "items": [record.as_dict() for record in kept],
    }
    document = {**basis, **derive(basis)}
    document[DIGEST] = digest_of(document)
    return document


def derive(document: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that follows from the judgments, the draw and the settings in ``document``."""
    design, procedure = design_of(document["draw"]), procedure_of(document["procedure"])
    settings, effort = Settings(**document["settings"]), Effort(**document["effort"])
    records = [record_from(row) for row in document["items"]]
    found = _figures(records, document["draw"], procedure, design, settings)
    sequence = settings.reading == SEQUENCE
    if not sequence and found.prefix.n < design.drawn:
        raise Unsupported(
            f"all {design.drawn:,} drawn items are to be settled before this audit says anything; "
            f"{found.prefix.n:,} at the head of the order are"
        )
    headline = found.sequence if sequence else found.share
    if isinstance(headline, Undefined):
        raise Unsupported(headline.reason)
    if isinstance(headline.interval, Undefined):
        raise Unsupported(f"no bound can be given: {headline.interval.reason}")
    said = claim(
        found,
        headline,
        clips=document["subset"]["clips"],
        overlap=procedure.overlap,
        rubric=f"“{document['rubric']['name']}” version {document['rubric']['version']}",
        levels=list(document["subset"]["tiers"]),
    )
    more = further(
        found, design, settings.target, sequence=sequence, effort=effort, confidence=settings.confidence
    )
    return {
        "counts": {**asdict(found.counts), "drawn": design.drawn, "beyond": document["draw"]["beyond"]},
        "figures": {
            "estimate": headline.value,
            "lower_bound": headline.interval.lower,
            "upper_bound": headline.interval.upper,
            "method": headline.interval.method,
            "exact": not headline.interval.approximate,
            "share": as_plain(found.share),
            "sequence": as_plain(found.sequence),
            "hours": as_plain(found.hours),
            "corrected": plain_two_phase(found.corrected),
            "state": plain_state(found.state),
            "further": plain_further(more),
            "raters": plain_raters(found.raters),
        },
        "raters": raters_of(records),
        "statement": {"sentence": said.sentence, "corrected": said.second},
        "spoilers": spoilers(
            found,
            records,
            headline,
            sources=document["sources"],
            sequence=sequence,
            target=settings.target,
        ),
        "outcomes": [one.outcome.value for one in found.readings[: len(records)]],
    }


def design_of(draw: Mapping[str, Any]) -> Design:
    """The design that a document states."""
    strata = tuple(Stratum(row["name"], row["N"], row["n"]) for row in draw["strata"])
    return Design(
        draw["design"], draw["population"], draw["drawn"], strata if draw["design"] == "stratified" else ()
    )


def procedure_of(document: Mapping[str, Any]) -> Procedure:
    """The procedure that a document states."""
    return Procedure(
        question=document["question"],
        overlap=document["overlap"],
        accepts={level: tuple(answers) for level, answers in document["accepts"].items()},
        panel_share=document["panel_share"],
        panel_seed=document["panel_seed"],
        most_declined=document["most_declined"],
    )


def stated_probabilities(records: Sequence[DrawnRecord], draw: Mapping[str, Any]) -> tuple[float, ...]:
    """What the draw as a whole must have stated for each kept item: n / N, within its stratum if there are strata."""
    design = design_of(draw)
    if design.kind == "poisson":
        return tuple(record.probability or 0.0 for record in records)
    if design.kind == "stratified":
        chances = {
            stratum.name: stratum.drawn / stratum.population
            for stratum in design.strata
            if stratum.population
        }
        return tuple(chances.get(record.stratum, 0.0) for record in records)
    return (design.drawn / design.population if design.population else 0.0,) * len(records)


def _figures(
    records: list[DrawnRecord],
    draw: Mapping[str, Any],
    procedure: Procedure,
    design: Design,
    settings: Settings,
) -> Figures:
    """The kept items, followed by one open item where the draw goes on: so a prefix is read as a prefix."""
    following = draw["next"]
    rows = list(records)
    if following is not None:
        rows.append(
            DrawnRecord(
                item=0,
                position=len(records) + 1,
                clip=0,
                seconds=0.0,
                level=next(iter(procedure.accepts)),
                stratum=design.strata[0].name if design.strata else "",
                probability=following["probability"],
                number=following["number"],
            )
        )
    return figures(rows, procedure, design, target=settings.target, confidence=settings.confidence)


def plain_two_phase(found: TwoPhase | Undefined) -> dict[str, Any]:
    """The two-phase estimate as JSON values."""
    if isinstance(found, Undefined):
        return as_plain(found)
    return {
        **as_plain(found.corrected),
        "uncorrected": found.uncorrected,
        "groups": [asdict(group) for group in found.groups],
    }


def plain_state(state: Certification | Undefined) -> dict[str, Any]:
    """The sequential state as JSON values."""
    if isinstance(state, Undefined):
        return as_plain(state)
    return {
        "decision": state.decision.value,
        "target": state.target,
        "n": state.n,
        "largest_n": state.largest_n,
        "decided_at": state.decided_at,
        "interval": as_plain(state.interval),
    }


def plain_further(more: Further | Undefined) -> dict[str, Any]:
    """How many more, as JSON values."""
    return as_plain(more) if isinstance(more, Undefined) else asdict(more)


def plain_raters(found: RaterSensitivity | Undefined) -> dict[str, Any]:
    """The sensitivity to raters as JSON values."""
    if isinstance(found, Undefined):
        return as_plain(found)
    without = {
        name: share if isinstance(share, float) else as_plain(share) for name, share in found.without.items()
    }
    return {**as_plain(found.share), "without": without}
