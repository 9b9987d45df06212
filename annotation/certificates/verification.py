"""Does a certificate follow from its judgments and its draw? Everything that differs, place by place."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotation.certificates.canonical import DIGEST, digest_of
from annotation.certificates.document import (
    DERIVED,
    FIXED,
    FORMAT,
    SEQUENCE,
    Unsupported,
    derive,
    procedure_of,
    stated_probabilities,
)
from annotation.certificates.editions import edition_of, may_differ
from annotation.certificates.procedure import TIER_ACCEPTS, read
from annotation.certificates.records import DrawnRecord, record_from
from annotation.certificates.shape import STRANGE, misfits
from annotation.estimation import InputError, Outcome
from annotation.sampling import permanent_random_number

_TOLERANCE = 1e-9
MOST_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be: ``where`` in the document, what it says, what it should be."""

    where: str
    stated: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: the file says {self.stated}; {self.found}"


@dataclass(frozen=True, slots=True)
class Findings:
    """What differs: ``wrong`` whatever the formulas, ``open`` where they have changed since the document's edition.

    Only a document of which nothing differs follows from its judgments: what is open may be a change of the formulas or
    of the file, and nobody can tell without the version that issued it.
    """

    wrong: tuple[Difference, ...]
    open: tuple[Difference, ...]

    @property
    def clean(self) -> bool:
        """Whether every figure was computed again and is the same."""
        return not self.wrong and not self.open


class BadDocument(Exception):
    """The file is no certificate that can be read; the sentence says why."""


def read_document(path: Path) -> dict[str, Any]:
    """The certificate in ``path``; raises ``BadDocument``."""
    try:
        if path.exists() and not path.is_file():
            raise BadDocument(f"{path} is no file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BadDocument(
                f"{path} is too large to be a certificate: more than {MOST_BYTES // 10**6} million bytes"
            )
        document = json.loads(content.decode("utf-8"), object_pairs_hook=_once)
    except OSError as error:
        raise BadDocument(f"{path} cannot be read: {error.strerror}") from None
    except RecursionError:
        raise BadDocument(f"{path} is nested too deeply to be a certificate") from None
    except ValueError as error:  # no UTF-8, no JSON, a number of thousands of digits
        raise BadDocument(f"{path} is no JSON: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadDocument(f"{path} is no certificate of the form {FORMAT}")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different: of two values under one name, readers would see different ones."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise BadDocument(
            f"the certificate says two things under one name: {next(name for name in names if names.count(name) > 1)!r}"
        )
    return found


def verify(document: Mapping[str, Any]) -> list[Difference]:
    """Recompute everything that the document's own judgments, draw and settings determine. Empty: it all follows.

    Raises ``BadDocument`` where parts are missing or of the wrong kind.
    """
    strange = []
    for place, sentence in misfits(document):
        if sentence != STRANGE:
            raise BadDocument(f"a part of the certificate is of the wrong kind: {place}, where {sentence}")
        strange.append(Difference(place, "something", sentence))
    try:
        found = [*_draw(document), *_items(document), *_derived(document)]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise BadDocument(f"a part of the certificate is missing or of the wrong kind: {error!r}") from None
    except Unsupported as error:
        found = [*_draw(document), *_items(document), Difference("figures", "a claim", str(error))]
    except InputError as error:
        found = [Difference("items", "judgments and a draw", f"they contradict each other: {error}")]
    found = [*strange, *found]
    try:
        digest = digest_of(document)
    except UnicodeError:
        raise BadDocument("the certificate holds a text that no file can hold") from None
    except ValueError as error:
        raise BadDocument(f"the certificate holds a number that is none: {error}") from None
    if document.get(DIGEST) != digest:
        found.append(
            Difference(DIGEST, str(document.get(DIGEST)), f"the content has {digest}: something was changed")
        )
    return found


def findings(document: Mapping[str, Any]) -> Findings:
    """``verify``, its differences told apart by whether another edition of the formulas may be their reason."""
    found, sequence = verify(document), document["settings"]["reading"] == SEQUENCE
    open_ = [each for each in found if may_differ(document, each.where, sequence=sequence)]
    return Findings(tuple(each for each in found if each not in open_), tuple(open_))


def _draw(document: Mapping[str, Any]) -> list[Difference]:
    draw, subset = document["draw"], document["subset"]
    found = []
    if edition_of(document) < 1:
        stated = str(document["edition"])
        found.append(Difference("edition", stated, "editions are counted from 1"))

    def same(where: str, stated: Any, wanted: Any, why: str) -> None:
        if stated != wanted:
            found.append(Difference(where, _text(stated), f"{why} {_text(wanted)}"))

    same("draw.frame_sha256", draw["frame_sha256"], subset["list_sha256"], "the frozen list has")
    same("draw.population", draw["population"], subset["clips"], "the frozen list holds")
    if draw["strata"]:
        same(
            "draw.population",
            draw["population"],
            sum(row["N"] for row in draw["strata"]),
            "the strata add up to",
        )
        same("draw.drawn", draw["drawn"], sum(row["n"] for row in draw["strata"]), "the strata add up to")
    accepts = {level: list(answers) for level, answers in TIER_ACCEPTS.items()}
    same(
        "procedure.question", document["procedure"]["question"], "tier", "a certificate rests on the question"
    )
    same("procedure.accepts", document["procedure"]["accepts"], accepts, "tiers accept")
    if document["settings"]["reading"] not in (FIXED, SEQUENCE):
        words = f"judgments are read as {FIXED} or {SEQUENCE}"
        found.append(Difference("settings.reading", _text(document["settings"]["reading"]), words))
    ends = len(document["items"]) >= draw["drawn"]
    if ends != (draw["next"] is None):
        words = "all drawn items are there" if ends else "the draw goes on after the items"
        found.append(Difference("draw.next", _text(draw["next"]), words))
    return found


def _items(document: Mapping[str, Any]) -> list[Difference]:
    draw, procedure = document["draw"], procedure_of(document["procedure"])
    records = [record_from(row) for row in document["items"]]
    chances = stated_probabilities(records, draw)
    found = []
    before = 0.0
    for place, (record, chance, outcome) in enumerate(
        zip(records, chances, document["outcomes"], strict=False)
    ):
        where = f"items[{place}]"
        if record.position != place + 1:
            found.append(Difference(f"{where}.position", str(record.position), f"its place is {place + 1}"))
        if record.probability is None or not _close(record.probability, chance):
            found.append(
                Difference(f"{where}.probability", _text(record.probability), f"the draw gives {chance!r}")
            )
        if draw["design"] != "poisson":
            key = order_key(draw["seed"], record.clip)
            if key <= before:
                found.append(
                    Difference(
                        f"{where}.clip", f"clip {record.clip}", f"the seed {draw['seed']} orders it elsewhere"
                    )
                )
            before = key
        said = read(record, procedure)
        if said.outcome is Outcome.PENDING:
            found.append(Difference(where, "a settled item", "its votes leave it open"))
        elif said.outcome.value != outcome:
            found.append(Difference(f"{where}.outcome", outcome, f"its votes give {said.outcome.value}"))
        found.extend(_twice(where, record))
    if len(records) != len(document["outcomes"]):
        found.append(
            Difference("outcomes", f"{len(document['outcomes'])} outcomes", f"there are {len(records)} items")
        )
    judgments = [cast.judgment for record in records for cast in _casts(record)]
    if len(set(judgments)) < len(judgments):
        found.append(Difference("items", "each judgment once", "one judgment stands in two places"))
    return found


def _twice(where: str, record: DrawnRecord) -> list[Difference]:
    raters = [cast.rater for cast in _casts(record)]
    if len(set(raters)) < len(raters):
        return [Difference(where, "different people", "one person judged it twice")]
    return []


def _casts(record: DrawnRecord) -> list[Any]:
    return [*record.votes, *([record.panel] if record.panel else ())]


def _derived(document: Mapping[str, Any]) -> list[Difference]:
    wanted = derive(document)
    found: list[Difference] = []
    for key in DERIVED:
        if key == "outcomes":  # told item by item already
            continue
        _compare(key, document[key], wanted[key], found)
    return found


def _compare(where: str, stated: Any, wanted: Any, found: list[Difference]) -> None:
    """Walk both; a difference is told at the deepest place."""
    if isinstance(stated, dict) and isinstance(wanted, dict):
        for key in sorted({*stated, *wanted}):
            _compare(f"{where}.{key}", stated.get(key), wanted.get(key), found)
    elif isinstance(stated, list) and isinstance(wanted, list) and len(stated) == len(wanted):
        for place, (one, other) in enumerate(zip(stated, wanted, strict=True)):
            _compare(f"{where}[{place}]", one, other, found)
    elif not _same(stated, wanted):
        found.append(Difference(where, _text(stated), f"the judgments and the draw give {_text(wanted)}"))


def _same(stated: Any, wanted: Any) -> bool:
    numbers = (int, float)
    if isinstance(stated, bool) or isinstance(wanted, bool):
        return stated is wanted
    if isinstance(stated, numbers) and isinstance(wanted, numbers):
        return _close(stated, wanted)
    return bool(stated == wanted)


def _close(one: float, other: float) -> bool:
    try:
        return math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    except OverflowError:  # a whole number that no float can hold
        return one == other


def _text(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def order_key(seed: int, clip: int) -> float:
    """The key by which a draw orders clips: their permanent random numbers under its seed."""
    return permanent_random_number(str(seed), str(clip))


def list_sha256(clips: Iterable[int]) -> str:
    """sha256 of the clip ids in rising order, one a line: how frames and frozen lists are hashed."""
    digest = hashlib.sha256()
    for clip in sorted(clips):
        digest.update(f"{clip}\n".encode())
    return digest.hexdigest()


def verify_list(document: Mapping[str, Any], clips: Iterable[int]) -> list[Difference]:
    """Hold the document against the frozen list itself: its hash, its length, and that the draw comes from it."""
    draw, members = document["draw"], set(clips)
    found = []
    if list_sha256(members) != draw["frame_sha256"]:
        found.append(
            Difference("draw.frame_sha256", draw["frame_sha256"], f"the list has {list_sha256(members)}")
        )
    if len(members) != draw["population"]:
        found.append(Difference("draw.population", str(draw["population"]), f"the list holds {len(members)}"))
    drawn = [row["clip"] for row in document["items"]]
    strangers = [clip for clip in drawn if clip not in members]
    found.extend(Difference("items", f"clip {clip}", "the list does not hold it") for clip in strangers)
    if draw["design"] in ("simple", "census") and not strangers:
        wanted = sorted(members, key=lambda clip: (order_key(draw["seed"], clip), clip))[: len(drawn)]
        for place, (stated, other) in enumerate(zip(drawn, wanted, strict=False)):
            if stated != other:
                found.append(
                    Difference(f"items[{place}].clip", f"clip {stated}", f"the draw gives clip {other}")
                )
                break
    return found
