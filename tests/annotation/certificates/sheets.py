"""Made-up audits for the tests of certificates: drawn items, votes of people who err, and whole documents."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from annotation.certificates import (
    FIXED,
    TIER_ACCEPTS,
    Cast,
    Design,
    DrawnRecord,
    Procedure,
    Settings,
    build,
    list_sha256,
    order_key,
)
from annotation.sampling import Effort

PROCEDURE = Procedure("tier", 2, TIER_ACCEPTS, 0.1, "7")
SEED = 42


def vote(rater: str, answer: str | None, item: int, **fields: Any) -> Cast:
    return Cast(f"judgment-{item}-{rater}", rater, answer, **fields)


def record(item: int, *answers: str | None, panel: str | None = None, **fields: Any) -> DrawnRecord:
    """An item with these answers of raters a, b, …; due items that agree get ``panel`` or the same answer checked."""
    votes = tuple(vote(chr(ord("a") + n), answer, item) for n, answer in enumerate(answers))
    said = vote("panel", panel, item) if panel else None
    fields = {"position": item, "clip": item, "seconds": 6.0, "level": "sft", **fields}
    made = DrawnRecord(item=item, votes=votes, panel=said, **fields)
    if panel is None and PROCEDURE.due(item) and len(set(answers)) == 1 and len(answers) > 1:
        return replace(made, panel=vote("panel", answers[0], item))
    return made


def clips(population: int, drawn: int) -> list[int]:
    """The drawn clips in the order that the seed gives."""
    return sorted(range(1, population + 1), key=lambda clip: order_key(SEED, clip))[:drawn]


def audit(
    population: int = 400, drawn: int = 120, *, good: float = 0.9, error: float = 0.08
) -> list[DrawnRecord]:
    """``drawn`` of ``population`` clips, judged by two people who err, the panel always right."""
    rng = random.Random(5)
    found = []
    for place, clip in enumerate(clips(population, drawn), 1):
        truth = "sft" if rng.random() < good else "reject"
        other = "reject" if truth == "sft" else "sft"
        answers = [other if rng.random() < error else truth for _ in range(2)]
        needs = answers[0] != answers[1] or PROCEDURE.due(place)
        found.append(
            record(
                place,
                *answers,
                panel=truth if needs else None,
                clip=clip,
                probability=drawn / population,
                seconds=rng.uniform(3, 14),
            )
        )
    return found


def design(population: int = 400, drawn: int = 120) -> Design:
    return Design("simple", population, drawn)


def document(
    records: list[DrawnRecord] | None = None,
    *,
    population: int = 400,
    reading: str = FIXED,
    target: float = 0.8,
    **draw: Any,
) -> dict[str, Any]:
    """A whole certificate of a made-up subset."""
    rows = audit(population) if records is None else records
    hashed = list_sha256(range(1, population + 1))
    return build(
        subset={
            "name": "sft",
            "clips": population,
            "seconds": 2400.0,
            "tiers": ["sft"],
            "list_sha256": hashed,
        },
        policy={"number": 3},
        rubric={"name": "Tier with reasons", "version": 1},
        procedure=PROCEDURE,
        draw={
            "design": "simple",
            "seed": SEED,
            "population": population,
            "drawn": len(rows),
            "strata": [],
            "frame_sha256": hashed,
            **draw,
        },
        settings=Settings(target, reading),
        effort=Effort(),
        sources=40,
        dates={"issued": "2026-01-01"},
        records=rows,
    )
