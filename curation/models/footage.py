"""What a source shows and sounds like: shots, persons, tracks, turns, and the series measured on it."""

from __future__ import annotations

from django.db import models

from .corpus import Corpus
from .fields import RealField, SecondsField
from .source import Source


class Shot(models.Model):
    """The span between two cuts, in seconds of presentation time."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="shots")
    number = models.IntegerField()
    start_s = SecondsField()
    end_s = SecondsField()
    transition = models.CharField(
        max_length=20, default="cut", help_text="How it begins: start, cut or fade."
    )

    class Meta:
        ordering = ["source_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="shot_number_once_a_source"),
            models.CheckConstraint(condition=models.Q(end_s__gt=models.F("start_s")), name="shot_has_length"),
        ]


class Person(models.Model):
    """An identity within a source; linked across sources where known. Attributes carry their origin."""

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, db_index=False, related_name="persons")
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, related_name="persons")
    label = models.CharField(max_length=120)
    same_as = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="appearances")
    gender = models.CharField(max_length=40, blank=True)
    age_group = models.CharField(max_length=40, blank=True)
    ethnicity = models.CharField(max_length=60, blank=True)
    attributes_origin = models.CharField(max_length=60, blank=True, help_text="Who said so; never inferred.")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["corpus", "label"], name="person_corpus_label")]


class Track(models.Model):
    """One person's box through a shot. The boxes themselves lie in the source's series."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_index=False, related_name="tracks")
    shot = models.ForeignKey(Shot, null=True, on_delete=models.PROTECT, related_name="tracks")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="tracks")
    number = models.IntegerField(help_text="As the series call it.")
    start_s = SecondsField()
    end_s = SecondsField()
    mean_box = models.JSONField(null=True, help_text="Mean of [x, y, width, height], shares of the frame.")

    class Meta:
        ordering = ["source_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="track_number_once_a_source")
        ]


class Turn(models.Model):
    """A span in which a person speaks; off-screen where no visible track does."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_index=False, related_name="turns")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="turns")
    track = models.ForeignKey(Track, null=True, on_delete=models.PROTECT, related_name="turns")
    start_s = SecondsField()
    end_s = SecondsField()
    speaker = models.CharField(max_length=80, blank=True, help_text="The name that an import gave.")
    off_screen = models.BooleanField(default=False)
    talk_share = RealField(
        null=True, help_text="Share of its frames labelled as talking; NULL: not measured."
    )
    origin = models.CharField(max_length=60, default="measured")

    class Meta:
        ordering = ["source_id", "start_s"]
        indexes = [models.Index(fields=["source", "start_s"], name="turn_source_start")]
        constraints = [
            models.CheckConstraint(condition=models.Q(end_s__gt=models.F("start_s")), name="turn_has_length")
        ]


class SeriesFile(models.Model):
    """Where the series of one stage of a source lie: a compact columnar file, known by its hash."""

    class Stage(models.TextChoices):
        LISTEN = "listen", "listen"
        LOOK = "look", "look"

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="series_files")
    stage = models.CharField(max_length=12, choices=Stage.choices)
    builds_key = models.CharField(max_length=64, help_text="Hash of the scorer builds that made it.")
    path = models.TextField(help_text="Relative to the series store.")
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    statuses = models.JSONField(
        default=dict, help_text="Per scorer: measured, unavailable or failed, and why."
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "stage", "builds_key"], name="series_once_a_build")
        ]
