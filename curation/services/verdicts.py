"""Verdicts: what people settled, written once with its evidence; a later one supersedes, nothing is changed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from curation.models import Clip, DialoguePair, PersonVerdict, Verdict
from curation.models.verdict import REOPENED
from curation.prepared import columns_of, objects_of
from curation.selectors.verdicts import is_last_word
from curation.services.locks import named_lock

# Stronger evidence is not overridden by weaker: a panel's word stands against one later judgment.
STRENGTH: dict[str, int] = {"single": 1, "majority": 2, "agreed": 3, "panel": 4, "curator": 5}
UNSETTLED = "undecided"
AnyVerdict = Verdict | PersonVerdict
_STANDING = f"""
SELECT {columns_of(Verdict, "v")} FROM curation_verdict v WHERE v.{{subject}} = %s AND v.question = %s
AND {is_last_word("v")} ORDER BY v.id DESC LIMIT 1
"""
_OF_CLIP, _OF_PAIR = (_STANDING.format(subject=subject) for subject in ("clip_id", "pair_id"))


def current_verdict(
    *, clip: Clip | None = None, pair: DialoguePair | None = None, question: str
) -> Verdict | None:
    """The verdict that stands, or None. One of method ``reopened`` says that nothing is settled any more."""
    statement, subject = (_OF_CLIP, clip.pk) if clip is not None else (_OF_PAIR, pair.pk if pair else None)
    return next(iter(objects_of(Verdict, statement, [subject, question])), None)


@transaction.atomic(savepoint=False)
def verdict_record(
    *,
    clip: Clip | None = None,
    pair: DialoguePair | None = None,
    question: str,
    answer: str,
    method: str,
    blind: bool,
    evidence: dict[str, Any],
) -> tuple[Verdict, bool]:
    """Write a verdict, superseding the one that stands. Returns the standing verdict and whether it is this one.

    ``evidence`` names the item it came from under ``item``. A verdict of stronger evidence from another item stays
    (method first, then blind before seen); the same content again changes nothing.
    """
    method_check(method)
    subject = clip or pair
    assert subject is not None, "a verdict is about a clip or a pair"
    _lock(clip, pair, question)
    standing = current_verdict(clip=clip, pair=pair, question=question)
    if standing is not None:
        if is_said(standing, answer=answer, method=method, evidence=evidence):
            return standing, True
        if is_outweighed(standing, method=method, blind=blind, evidence=evidence):
            return standing, False
    verdict = Verdict.objects.create(
        corpus_id=subject.corpus_id,
        clip=clip,
        pair=pair,
        question=question,
        answer=answer,
        method=method,
        blind=blind,
        evidence=evidence,
        supersedes=standing,
    )
    return verdict, True


def method_check(method: str) -> None:
    """Raises ``ValueError`` for what is no way to settle."""
    if method not in STRENGTH and method != REOPENED:
        raise ValueError(f"{method!r} is no way to settle; there are {', '.join(STRENGTH)}")


def is_said(standing: AnyVerdict, *, answer: str, method: str, evidence: dict[str, Any]) -> bool:
    """Whether ``standing`` says the very same already."""
    return (standing.answer, standing.method, standing.evidence) == (answer, method, evidence)


def is_outweighed(standing: AnyVerdict, *, method: str, blind: bool, evidence: dict[str, Any]) -> bool:
    """Whether ``standing``, from another item, is of stronger evidence: method first, then blind before seen."""
    own = standing.evidence.get("item") == evidence.get("item")
    weaker = (STRENGTH.get(method, 0), blind) < (STRENGTH.get(standing.method, 0), standing.blind)
    return weaker and not own


def verdict_reopen(
    *, clip: Clip | None = None, pair: DialoguePair | None = None, question: str, evidence: dict[str, Any]
) -> Verdict | None:
    """Say that the judgments behind the standing verdict of this item no longer settle anything.

    Does nothing (None) where no verdict stands, or where the standing one came from another item.
    """
    _lock(clip, pair, question)
    standing = current_verdict(clip=clip, pair=pair, question=question)
    if (
        standing is None
        or standing.method == REOPENED
        or standing.evidence.get("item") != evidence.get("item")
    ):
        return None
    verdict, _ = verdict_record(
        clip=clip,
        pair=pair,
        question=question,
        answer=UNSETTLED,
        method=REOPENED,
        blind=standing.blind,
        evidence=evidence,
    )
    return verdict


def _lock(clip: Clip | None, pair: DialoguePair | None, question: str) -> None:
    """One writer at a time for a subject's question, so that the chain of verdicts stays a chain."""
    subject = f"clip {clip.pk}" if clip else f"pair {pair.pk if pair else 0}"
    named_lock(f"verdict {subject} {question}")
