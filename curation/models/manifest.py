"""Imports of manifests: how far each has come, and the rows that could not go in."""

from __future__ import annotations

from django.db import models

from .corpus import Corpus


class ManifestImport(models.Model):
    """One manifest into one corpus: resumable, and known again by its name, size and beginning."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="manifest_imports")
    format = models.CharField(max_length=24)
    origin = models.CharField(max_length=60)
    path = models.TextField()
    fingerprint = models.CharField(
        max_length=64, help_text="Of name, size and first mebibyte, not of the whole."
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    position = models.BigIntegerField(default=0, help_text="Everything before it is in, or listed as bad.")
    line = models.BigIntegerField(default=0)
    good = models.BigIntegerField(default=0)
    bad = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["corpus", "origin", "fingerprint"], name="manifest_once_a_corpus_and_origin"
            )
        ]


class ManifestFault(models.Model):
    """One thing that was wrong with one row."""

    manifest = models.ForeignKey(ManifestImport, on_delete=models.CASCADE, related_name="faults")
    line = models.BigIntegerField()
    field = models.CharField(max_length=120)
    reason = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["manifest", "line"], name="manifest_fault_line")]
