"""Answers and reasons in the rubric's own words: `{% load answers %}`."""

from __future__ import annotations

from typing import Any

from django import template

from annotation.rubrics.parts import CANNOT, CANNOT_REASONS
from curation.templatetags.rushes import tier

register = template.Library()


@register.filter
def answered(answer: str | None, question: dict[str, Any]) -> str:
    """An answer as its label, or as a tier's badge; a dash for none."""
    if not answer:
        return "–"
    if answer == CANNOT:
        return "could not judge"
    if question["kind"] == "tier":
        return tier(answer)
    labels = {option["key"]: option["label"] for option in question["options"]}
    return labels.get(answer, answer)


@register.filter
def reasoned(reasons: list[str], question: dict[str, Any]) -> str:
    """Reasons as their labels, one after the other."""
    labels = {one["key"]: one["label"] for one in question.get("reasons", ())} | dict(CANNOT_REASONS)
    return ", ".join(labels.get(one, one) for one in reasons)


@register.filter
def question_of(judgment: Any) -> dict[str, Any]:
    """The question that a judgment answers, as its rubric asks it; its key alone where the rubric has it no more."""
    questions = judgment.queue.rubric_version.questions
    bare = {"key": judgment.question, "kind": "choice", "options": [], "reasons": []}
    return next((one for one in questions if one["key"] == judgment.question), bare)
