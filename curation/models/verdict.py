"""Verdicts: what people settled, with the evidence. Append-only; a later one supersedes."""

from __future__ import annotations

from typing import Self

from django.db import models

from .clip import Clip, DialoguePair
from .corpus import Corpus

REOPENED = "reopened"  # the method that settles nothing: what was settled is open again


class VerdictQuerySet(models.QuerySet):
    """Verdicts on clips and pairs, or those on persons: both are chains, in which a later one supersedes."""

    def standing(self) -> Self:
        """What people settled and holds now; at most one a subject and question."""
        return self.filter(superseded_by=None).exclude(method=REOPENED)


class Verdict(models.Model):
    """The settled answer to one question about one clip or pair.

    ``question`` is ``tier`` or a rubric question's key; ``answer`` a tier's word or the option's key.
    ``evidence`` lists judgments (ids), raters (pseudonyms), the answers, the settling rule and the rubric version.
    """

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="verdicts", db_index=False)
    clip = models.ForeignKey(Clip, null=True, on_delete=models.PROTECT, related_name="verdicts")
    pair = models.ForeignKey(DialoguePair, null=True, on_delete=models.PROTECT, related_name="verdicts")
    question = models.CharField(max_length=60, default="tier")
    answer = models.CharField(max_length=60)
    method = models.CharField(max_length=40, help_text="single, agreed, majority, panel, curator.")
    blind = models.BooleanField(help_text="True if no judgment behind it saw the proposal.")
    evidence = models.JSONField()
    supersedes = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    settled_at = models.DateTimeField(auto_now_add=True)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(clip__isnull=False, pair__isnull=True)
                | models.Q(clip__isnull=True, pair__isnull=False),
                name="verdict_of_a_clip_or_a_pair",
            ),
            # One first verdict a question; every later one must supersede the one before it.
            models.UniqueConstraint(
                fields=["clip", "question"],
                condition=models.Q(supersedes__isnull=True),
                name="first_clip_verdict_once",
            ),
            models.UniqueConstraint(
                fields=["pair", "question"],
                condition=models.Q(supersedes__isnull=True),
                name="first_pair_verdict_once",
            ),
        ]
        indexes = [
            models.Index(fields=["corpus", "question", "id"], name="verdict_corpus_question"),
        ]
