"""Judgments: what one person said, and what they were shown. Append-only."""

from __future__ import annotations

from typing import Self

from django.db import models

from curation.models import Clip, Corpus, DialoguePair

from .queue import Item, Queue
from .rater import Rater


class JudgmentQuerySet(models.QuerySet):
    """Judgments; each is part of a chain in which a later one supersedes."""

    def standing(self) -> Self:
        """Those that nothing supersedes, and that take nothing back; surplus ones too."""
        return self.filter(superseded_by=None).exclude(kind="retraction")


class Judgment(models.Model):
    """One answer of one rater to one item. Its id is made by the client, so that sending it again changes nothing.

    ``shown`` keeps what the rater saw: proposal, scores, scorer builds, policy, thresholds, rendition, blind or not.
    A correction is another judgment that supersedes this one; undo is one of kind ``retraction``.
    """

    class Kind(models.TextChoices):
        ANSWER = "answer", "answer"
        CANNOT = "cannot", "cannot judge"
        RETRACTION = "retraction", "retraction"

    id = models.UUIDField(primary_key=True)
    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="judgments", db_index=False)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="judgments")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="judgments", db_index=False)
    clip = models.ForeignKey(Clip, null=True, on_delete=models.PROTECT, related_name="judgments")
    pair = models.ForeignKey(DialoguePair, null=True, on_delete=models.PROTECT, related_name="judgments")
    rater = models.ForeignKey(Rater, on_delete=models.PROTECT, related_name="judgments", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.ANSWER)
    question = models.CharField(max_length=60, default="tier")
    answer = models.CharField(max_length=60, blank=True)
    reasons = models.JSONField(default=list)
    details = models.JSONField(
        default=dict, help_text="Answers to further questions, chosen neighbours, boundaries."
    )
    counted = models.BooleanField(help_text="False for a surplus one: kept, but beyond the item's overlap.")
    surplus_reason = models.CharField(max_length=40, blank=True)
    blind = models.BooleanField()
    shown = models.JSONField(default=dict)
    supersedes = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    active_ms = models.IntegerField(
        null=True, help_text="Visible and not idle; NULL: the client did not say."
    )
    watched_share = models.FloatField(null=True)
    received_at = models.DateTimeField(auto_now_add=True)

    objects = JudgmentQuerySet.as_manager()

    class Meta:
        constraints = [
            # A chain of corrections hangs on one first judgment: so nobody counts twice on an item.
            models.UniqueConstraint(
                fields=["item", "rater"],
                condition=models.Q(counted=True, supersedes__isnull=True),
                name="counted_once_an_item_and_rater",
            ),
        ]
        indexes = [
            models.Index(fields=["item", "rater"], name="judgment_item_rater"),
            models.Index(fields=["corpus", "question", "received_at"], name="judgment_corpus_time"),
            models.Index(fields=["rater", "received_at"], name="judgment_rater_time"),
        ]

    @property
    def active_seconds(self) -> float | None:
        """Active time in seconds; None where the client did not say."""
        return None if self.active_ms is None else self.active_ms / 1000


class JudgmentNote(models.Model):
    """Free text beside a judgment; apart from it, so that it can be erased."""

    judgment = models.OneToOneField(Judgment, on_delete=models.CASCADE, related_name="note")
    text = models.TextField()


class Draft(models.Model):
    """Partial work on an item, kept while the rater is away."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    rater = models.ForeignKey(Rater, on_delete=models.CASCADE, related_name="drafts")
    content = models.JSONField(default=dict)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "rater"], name="draft_once")]


class Report(models.Model):
    """A problem that a rater met (broken, privacy). The clip is held until a curator looks."""

    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="reports")
    rater = models.ForeignKey(Rater, on_delete=models.PROTECT, related_name="reports")
    problem = models.CharField(max_length=40)
    note = models.TextField(blank=True)
    reported_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=40, blank=True)
