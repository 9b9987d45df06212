"""Certificates against this database: are the judgments, the list and the record the ones that are kept here?"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from annotation.certificates import Difference, verify_list
from annotation.models import Judgment, Queue
from annotation.rubrics.parts import CANNOT
from curation.models import Certificate, Corpus, Subset, SubsetClip

_CHUNK = 2000


def certificates_of(corpus: Corpus) -> QuerySet[Certificate]:
    """Certificates of a corpus, newest first, without their judgments being read twice."""
    return (
        Certificate.objects.filter(subset__corpus=corpus)
        .select_related("subset__corpus", "issued_by")
        .order_by("-id")
    )


def audits_of_subset(subset: Subset) -> QuerySet[Queue]:
    """Blind audits that were drawn from exactly the subset's list, newest first."""
    return Queue.objects.filter(
        corpus_id=subset.corpus_id,
        kind=Queue.Kind.AUDIT,
        blind=True,
        overlap__gte=2,
        draw__frame_sha256=subset.list_sha256,
    ).order_by("-id")


def subsets_of_audit(queue: Queue) -> QuerySet[Subset]:
    """Frozen subsets whose list is exactly what the audit was drawn from."""
    return Subset.objects.filter(
        corpus_id=queue.corpus_id, list_sha256=queue.draw.frame_sha256, clip_count=queue.draw.frame_count
    ).order_by("-id")


def compare_with_database(document: Mapping[str, Any]) -> list[Difference] | None:
    """What differs from what is kept here; None where this database knows neither the document's list nor its judgments."""
    stated = document["subset"]["list_sha256"]
    subset = Subset.objects.filter(list_sha256=stated).order_by("id").first()
    if subset is None:
        if not _holds_judgments(document):
            return None
        words = "its judgments are kept here, and no frozen list with this hash is"
        return [Difference("subset.list_sha256", stated, words)]
    found: list[Difference] = []
    if not Certificate.objects.filter(document_sha256=document["sha256"]).exists():
        found.append(
            Difference("sha256", document["sha256"], "no certificate with this digest was issued from here")
        )
    members = SubsetClip.objects.filter(subset=subset).values_list("clip_id", flat=True)
    found.extend(verify_list(document, members.iterator(chunk_size=5000)))
    return [*found, *_judgments(document)]


def _holds_judgments(document: Mapping[str, Any]) -> bool:
    keys = [key for row in document["items"] for cast in row["votes"] if (key := _key(cast["judgment"]))]
    return any(
        Judgment.objects.filter(pk__in=keys[start : start + _CHUNK]).exists()
        for start in range(0, len(keys), _CHUNK)
    )


def _judgments(document: Mapping[str, Any]) -> list[Difference]:
    question = document["procedure"]["question"]
    stated = [
        (f"items[{place}]", row["clip"], cast)
        for place, row in enumerate(document["items"])
        for cast in (*row["votes"], *([row["panel"]] if row["panel"] else ()))
    ]
    found = []
    for start in range(0, len(stated), _CHUNK):
        part = stated[start : start + _CHUNK]
        keys = [key for _, _, cast in part if (key := _key(cast["judgment"])) is not None]
        kept = Judgment.objects.select_related("rater").in_bulk(keys)
        for where, clip, cast in part:
            key = _key(cast["judgment"])
            judgment = kept.get(key) if key is not None else None
            if judgment is None:
                found.append(
                    Difference(where, f"judgment {cast['judgment']}", "there is no such judgment here")
                )
                continue
            for name, said, own in (
                ("answer", cast["answer"], _answer(judgment, question)),
                ("rater", cast["rater"], judgment.rater.pseudonym),
                ("clip", clip, judgment.clip_id),
            ):
                if said != own:
                    found.append(Difference(f"{where}.{name}", str(said), f"the database says {own}"))
            if not judgment.counted or not judgment.blind:
                found.append(
                    Difference(where, "a blind judgment that counts", "the database says that it is not")
                )
    return found


def _answer(judgment: Judgment, question: str) -> str | None:
    if judgment.kind != Judgment.Kind.ANSWER or judgment.answer == CANNOT:
        return None
    if judgment.question == question:
        return judgment.answer
    return judgment.details.get("answers", {}).get(question)


def _key(text: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
