"""What the verdicts say of the work that goes on."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from curation.models import Verdict

AT_WORK = timedelta(minutes=5)


def people_judge() -> bool:
    """Whether anything was settled in the last minutes: then people are at their pages, and wait for answers."""
    last = Verdict.objects.order_by("-pk").values_list("settled_at", flat=True).first()
    return last is not None and last > timezone.now() - AT_WORK
