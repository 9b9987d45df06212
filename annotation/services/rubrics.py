"""Rubrics: putting a shipped one, or a curator's own, into the database as an immutable version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max

from annotation.errors import BadPlan
from annotation.models import Rubric, RubricVersion
from annotation.rubrics import preset
from annotation.rubrics.parts import CANNOT, RESERVED_KEYS
from curation.models import User
from curation.services.locks import named_lock


def rubric_preset(*, slug: str) -> RubricVersion:
    """The version that holds the shipped rubric ``slug`` as it is now. Raises ``BadPlan`` for an unknown one."""
    try:
        shipped = preset(slug)
    except KeyError as error:
        raise BadPlan(str(error.args[0])) from None
    return rubric_version(
        slug=slug, name=shipped.name, guideline=shipped.guideline, questions=list(shipped.questions)
    )


@transaction.atomic
def rubric_version(
    *,
    slug: str,
    name: str,
    guideline: str,
    questions: Sequence[dict[str, Any]],
    created_by: User | None = None,
) -> RubricVersion:
    """The newest version with this content; different content is the next number. Raises ``BadPlan``."""
    _check(questions)
    named_lock(f"rubric {slug}")
    rubric, _ = Rubric.objects.get_or_create(slug=slug, defaults={"name": name})
    last = rubric.versions.order_by("-number").first()
    if last is not None and last.questions == list(questions) and last.guideline == guideline:
        return last
    number = (rubric.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    return RubricVersion.objects.create(
        rubric=rubric, number=number, guideline=guideline, questions=list(questions), created_by=created_by
    )


def _check(questions: Sequence[dict[str, Any]]) -> None:
    """Every question has answers, and no key means two things."""
    if not questions:
        raise BadPlan("a rubric needs a question")
    keys = [question["key"] for question in questions]
    if len(set(keys)) != len(keys):
        raise BadPlan(f"two questions share a key: {', '.join(keys)}")
    for question in questions:
        if len(question["options"]) < 2:
            raise BadPlan(f"question {question['key']!r} needs at least two answers")
        taken: dict[str, str] = {}
        for one in (*question["options"], *question.get("reasons", ())):
            hotkey = one["hotkey"]
            if one["key"] == CANNOT:
                raise BadPlan(f"{CANNOT!r} is always offered; leave it out of question {question['key']!r}")
            if len(hotkey) != 1 or hotkey in RESERVED_KEYS:
                raise BadPlan(f"{one['key']!r} cannot have the key {hotkey!r}: it is kept for the player")
            if hotkey in taken:
                raise BadPlan(f"{one['key']!r} and {taken[hotkey]!r} share the key {hotkey!r}")
            taken[hotkey] = one["key"]
