"""Ingest jobs: taking footage in from a folder or from object storage, gone on with after a kill."""

from __future__ import annotations

from django.db import models

from .clip import Recipe
from .corpus import Corpus
from .leased import LeasedJob


class IngestJob(LeasedJob):
    """One run over everything below an address. ``after`` is the last key that is in, or listed as bad."""

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="ingest_jobs")
    address = models.TextField(help_text="s3://bucket/prefix, or a folder within MEDIA_ROOTS.")
    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="+")
    after = models.TextField(blank=True)
    counts = models.JSONField(
        default=dict, help_text="added, known, failed, refused, passed_over, clips: so far."
    )
