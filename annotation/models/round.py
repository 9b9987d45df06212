"""Calibration rounds: a rubric version, common items, all raters; then everybody's answers side by side."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .queue import Queue
from .rater import Rater
from .rubric import RubricVersion


class Round(models.Model):
    """A calibration. Its queue gives every rater every item, blind; none of it is counted or becomes a verdict.

    ``results`` is empty until the round is closed, then maps pseudonym → ``{"agreement": 0 to 1 or null, "n",
    "passed"}``. ``decisions`` maps item id → ``{"answer", "note"}``, what the discussion ended with.
    """

    queue = models.OneToOneField(Queue, on_delete=models.PROTECT, related_name="round")
    raters = models.ManyToManyField(Rater, related_name="rounds", help_text="Who is expected to answer.")
    required_agreement = models.FloatField(
        help_text="Share of the others' answers to match, 0 to 1, to pass."
    )
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    results = models.JSONField(default=dict)
    decisions = models.JSONField(default=dict)
    next_version = models.ForeignKey(
        RubricVersion,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The rubric's next number, with the decisions as its examples.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(required_agreement__gte=0, required_agreement__lte=1),
                name="required_agreement_is_a_share",
            )
        ]

    def __str__(self) -> str:
        return self.queue.name
