"""Lists that are long to freeze: a worker does it, and tells how far it is."""

from __future__ import annotations

from django.db import models

from .corpus import Corpus
from .leased import LeasedJob


class FreezeJob(LeasedJob):
    """A subset asked for. It is frozen whole, in one transaction, or not at all; the subset then points here."""

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="freeze_jobs")
    name = models.CharField(max_length=120)
    asked = models.JSONField(
        help_text="tiers, validated_only and filter, as ``subset_freeze`` takes them; split, where one is asked for."
    )
    done = models.BigIntegerField(default=0, help_text="Clips of the corpus looked at so far.")
    total = models.BigIntegerField(default=0, help_text="Clips of the corpus, counted by who does it.")
