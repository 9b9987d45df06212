"""Benchmarks and training splits: what was drawn from which strata, who is on which side, what leaks. Append-only."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .clip import Clip
from .corpus import Corpus
from .export import Subset
from .fields import by_whom
from .source import Source


class PictureHash(models.Model):
    """Perceptual hashes of moments of a clip's preview, to find near-duplicates by. Purged on withdrawal."""

    clip = models.OneToOneField(Clip, primary_key=True, on_delete=models.PROTECT, related_name="picture_hash")
    formula = models.CharField(max_length=20)
    hashes = ArrayField(models.BigIntegerField(), help_text="63 bits each, in order of time.")
    preview_sha256 = models.CharField(max_length=64, help_text="Of the preview that was looked at.")
    problem = models.TextField(blank=True, help_text="Why there are none.")
    measured_at = models.DateTimeField(auto_now=True)


class Benchmark(models.Model):
    """A stratified set of clips or dialogue pairs: the frozen list, the plan that it follows, and its report."""

    class Unit(models.TextChoices):
        CLIP = "clip", "clips"
        PAIR = "pair", "dialogue pairs"

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="benchmarks")
    subset = models.OneToOneField(Subset, on_delete=models.PROTECT, related_name="benchmark")
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=4, choices=Unit.choices)
    seed = models.CharField(max_length=120)
    plan = models.JSONField()
    report = models.JSONField(
        help_text="Strata with wanted, available and taken; leaks counted; what nobody could check."
    )
    made_by = by_whom()
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class BenchmarkLeak(models.Model):
    """A clip of a benchmark that the training tiers share something with, or that nobody could check."""

    class Kind(models.TextChoices):
        PERSON = "person", "same person"
        SOURCE = "source", "same source"
        PICTURE = "picture", "near-duplicate picture"
        NO_PERSON = "no_person", "person not known"
        NO_PICTURE = "no_picture", "no picture hash"

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="leaks")
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    other = models.ForeignKey(
        Clip, null=True, on_delete=models.PROTECT, related_name="+", help_text="The nearest, or the first."
    )
    others = models.BigIntegerField(
        default=0, help_text="How many clips of the training tiers are concerned."
    )
    distance = models.SmallIntegerField(null=True, help_text="Bits that differ, of 63.")
    reason = models.TextField(blank=True, help_text="Why it could not be checked.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["benchmark", "kind", "clip"], name="leak_once_a_clip_and_kind")
        ]


class TrainingSplit(models.Model):
    """Train, validation and test over a frozen list: no person and no source on two sides."""

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="training_splits")
    subset = models.OneToOneField(Subset, on_delete=models.PROTECT, related_name="training_split")
    benchmark = models.ForeignKey(
        Benchmark,
        null=True,
        on_delete=models.PROTECT,
        related_name="training_splits",
        help_text="Whose persons and sources are held out.",
    )
    name = models.CharField(max_length=120)
    seed = models.CharField(max_length=120)
    plan = models.JSONField()
    report = models.JSONField(help_text="Sides with clips, seconds, sources and persons; what was left out.")
    made_by = by_whom()
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class SplitSource(models.Model):
    """The side that all clips of a source are on."""

    split = models.ForeignKey(TrainingSplit, on_delete=models.PROTECT, related_name="sources")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=12, help_text="train, validation, test, or held_out.")
    group = models.IntegerField(help_text="Sources that share persons have the same number.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["split", "source"], name="split_source_once")]
