"""Draws: which items were chosen, from what frame, with what probability, in which order. Frozen."""

from __future__ import annotations

from django.db import models

from curation.models import Clip, Corpus, DialoguePair, PersonPair, Policy


class Draw(models.Model):
    """A frozen sample. ``frame_sha256`` hashes the frame's ids in order, one a line."""

    class Design(models.TextChoices):
        SIMPLE = "simple", "simple random"
        STRATIFIED = "stratified", "stratified random"
        POISSON = "poisson", "sequential Poisson"
        CENSUS = "census", "everything"
        ORDERED = "ordered", "ordered; never enters an estimate"

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="draws")
    policy = models.ForeignKey(Policy, null=True, on_delete=models.PROTECT, related_name="draws")
    design = models.CharField(max_length=12, choices=Design.choices)
    seed = models.BigIntegerField()
    frame = models.JSONField(help_text="The filter that made the frame.")
    frame_count = models.BigIntegerField()
    frame_sha256 = models.CharField(max_length=64)
    strata = models.JSONField(default=list, help_text="Per stratum: name, N, n.")
    drawn_at = models.DateTimeField(auto_now_add=True)


class DrawItem(models.Model):
    """One drawn clip, dialogue pair or pair of persons; ``inclusion_probability`` is NULL for ordered draws."""

    class Purpose(models.TextChoices):
        WORK = "work", "work"
        TUNE = "tune", "tune"
        CERTIFY = "certify", "certify"

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="items")
    position = models.IntegerField()
    clip = models.ForeignKey(Clip, null=True, on_delete=models.PROTECT, related_name="+")
    pair = models.ForeignKey(DialoguePair, null=True, on_delete=models.PROTECT, related_name="+")
    persons = models.ForeignKey(PersonPair, null=True, on_delete=models.PROTECT, related_name="+")
    stratum = models.CharField(max_length=120, blank=True)
    inclusion_probability = models.FloatField(null=True)
    permanent_number = models.FloatField(null=True)
    purpose = models.CharField(max_length=8, choices=Purpose.choices, default=Purpose.WORK)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draw", "position"], name="draw_position_once"),
            models.CheckConstraint(
                condition=models.Q(inclusion_probability__isnull=True)
                | models.Q(inclusion_probability__gt=0, inclusion_probability__lte=1),
                name="inclusion_probability_is_one",
            ),
        ]
