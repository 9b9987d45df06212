"""What an estimate rests on: drawn items in their order, with every vote on them, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotation.estimation.values import InputError


@dataclass(frozen=True, slots=True)
class Cast:
    """One person's answer to the question; ``answer`` None: could not judge, ``reasons`` says why.

    ``seen``: given after seeing the others' votes (the panel's last word). ``watched`` is the share of the clip
    that was watched, 0 to 1, None where the client did not say.
    """

    judgment: str
    rater: str
    answer: str | None
    reasons: tuple[str, ...] = ()
    seen: bool = False
    watched: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """As a certificate keeps it."""
        return {
            "judgment": self.judgment,
            "rater": self.rater,
            "answer": self.answer,
            "reasons": list(self.reasons),
            "seen": self.seen,
            "watched": self.watched,
        }


@dataclass(frozen=True, slots=True)
class DrawnRecord:
    """One drawn clip: its place in the order, its chance, its length, and who said what.

    ``level`` is what is claimed of the clip (a tier, or the accepted answer of another question); ``out``: taken out,
    nobody will judge it. ``panel`` is the third vote on a dispute or the check of an agreed item.
    """

    item: int
    position: int
    clip: int
    seconds: float
    level: str
    stratum: str = ""
    probability: float | None = None
    number: float | None = None
    out: bool = False
    votes: tuple[Cast, ...] = ()
    panel: Cast | None = None

    def as_dict(self) -> dict[str, Any]:
        """As a certificate keeps it."""
        return {
            "item": self.item,
            "position": self.position,
            "clip": self.clip,
            "seconds": self.seconds,
            "level": self.level,
            "stratum": self.stratum,
            "probability": self.probability,
            "number": self.number,
            "out": self.out,
            "votes": [vote.as_dict() for vote in self.votes],
            "panel": None if self.panel is None else self.panel.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Stratum:
    """``population`` clips, of which ``drawn`` were drawn at random."""

    name: str
    population: int
    drawn: int


@dataclass(frozen=True, slots=True)
class Design:
    """How the items were drawn. ``kind``: simple, census, stratified or poisson.

    ``population`` None: the size of this part of the list is not known, only that its items came at random.
    ``strata`` only for a stratified draw.
    """

    kind: str
    population: int | None
    drawn: int
    strata: tuple[Stratum, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in ("simple", "census", "stratified", "poisson"):
            raise InputError(f"a {self.kind!r} draw enters no estimate")
        if self.kind == "stratified" and not self.strata:
            raise InputError("a stratified draw needs its strata")
        if self.population is not None and self.drawn > self.population:
            raise InputError(f"{self.drawn} clips cannot be drawn from {self.population}")


def record_from(document: Mapping[str, Any]) -> DrawnRecord:
    """The record that ``as_dict`` wrote; raises ``KeyError`` or ``TypeError`` for what is not one."""
    panel = document["panel"]
    return DrawnRecord(
        item=document["item"],
        position=document["position"],
        clip=document["clip"],
        seconds=document["seconds"],
        level=document["level"],
        stratum=document["stratum"],
        probability=document["probability"],
        number=document["number"],
        out=document["out"],
        votes=tuple(_cast(vote) for vote in document["votes"]),
        panel=None if panel is None else _cast(panel),
    )


def raters_of(records: Sequence[DrawnRecord]) -> dict[str, int]:
    """Judgments by rater, the panel's included, by pseudonym."""
    found: dict[str, int] = {}
    for record in records:
        for cast in (*record.votes, *([record.panel] if record.panel else ())):
            found[cast.rater] = found.get(cast.rater, 0) + 1
    return dict(sorted(found.items()))


def _cast(document: Mapping[str, Any]) -> Cast:
    return Cast(
        document["judgment"],
        document["rater"],
        document["answer"],
        tuple(document["reasons"]),
        document["seen"],
        document["watched"],
    )
