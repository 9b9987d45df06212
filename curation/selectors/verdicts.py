"""Which verdicts stand, in SQL, and what they say of the work that goes on. In Python, ``Verdict.objects.standing()``."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from curation.models import Verdict
from curation.models.verdict import REOPENED

AT_WORK = timedelta(minutes=5)


def is_last_word(verdict: str, table: str = "curation_verdict") -> str:
    """SQL: nothing supersedes the row ``verdict`` of ``table``. It may say that all is open again."""
    return f"NOT EXISTS (SELECT 1 FROM {table} later WHERE later.supersedes_id = {verdict}.id)"


def stands(verdict: str, table: str = "curation_verdict") -> str:
    """SQL: the row ``verdict`` of ``table`` is what people settled and holds now; at most one a subject and question."""
    return f"{verdict}.method <> '{REOPENED}' AND {is_last_word(verdict, table)}"


def people_judge() -> bool:
    """Whether anything was settled in the last minutes: then people are at their pages, and wait for answers."""
    last = Verdict.objects.order_by("-pk").values_list("settled_at", flat=True).first()
    return last is not None and last > timezone.now() - AT_WORK
