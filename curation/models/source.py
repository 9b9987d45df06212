"""Source: one video file or object of one corpus, and the files that could not become one."""

from __future__ import annotations

from django.db import models

from .corpus import Corpus
from .fields import SecondsField


class Source(models.Model):
    """A video as probed. NULL is 'the file does not say and could not be measured'."""

    class State(models.TextChoices):
        READY = "ready", "ready"
        FAILED = "failed", "failed"
        WITHDRAWN = "withdrawn", "withdrawn"
        LISTED = "listed", "listed by a manifest, no file here"

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, db_index=False, related_name="sources")
    sha256 = models.CharField(
        max_length=64, help_text="Of the file's bytes; of its name in the manifest where no file is here."
    )
    external_id = models.CharField(max_length=200, blank=True, help_text="The id that a manifest gave.")
    uri = models.TextField(help_text="Absolute path, or s3://bucket/key; never shown to a browser.")
    name = models.CharField(max_length=255, help_text="The file's own name, for people.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.READY)
    failure_code = models.CharField(max_length=40, blank=True)
    failure = models.TextField(blank=True)

    size_bytes = models.BigIntegerField(null=True)
    container = models.CharField(max_length=60, blank=True)
    picture_codec = models.CharField(max_length=40, blank=True)
    sound_codec = models.CharField(max_length=40, blank=True)
    width = models.IntegerField(null=True, help_text="As displayed, rotation applied.")
    height = models.IntegerField(null=True)
    rotation = models.SmallIntegerField(null=True)
    fps = models.FloatField(null=True)
    variable_rate = models.BooleanField(null=True)
    start_s = SecondsField(null=True)
    duration_s = SecondsField(null=True)
    bit_rate = models.BigIntegerField(null=True)
    has_sound = models.BooleanField(null=True)
    sample_rate = models.IntegerField(null=True)
    facts = models.JSONField(
        default=dict, help_text="What the probe found beyond the columns, and how it was measured."
    )

    language = models.CharField(max_length=20, blank=True)
    category = models.CharField(max_length=80, blank=True)
    link = models.TextField(blank=True)
    attributes = models.JSONField(default=dict, help_text="Imported attributes, each with its origin.")

    withdrawn_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["corpus", "sha256"], name="source_content_once_a_corpus"),
        ]
        indexes = [models.Index(fields=["corpus", "id"], name="source_corpus_id")]

    def __str__(self) -> str:
        return self.name


class RefusedFile(models.Model):
    """A file that ingest met and could not take: which, when, why. Retried whenever its content changes."""

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="refused_files")
    uri = models.TextField()
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=40)
    reason = models.TextField()
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["corpus", "uri"], name="refused_file_once_a_corpus")]
