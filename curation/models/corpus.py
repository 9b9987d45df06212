"""Corpus: a named collection. Percentiles, queues and estimates belong to one."""

from __future__ import annotations

from django.db import models


class Corpus(models.Model):
    """A named collection with at most one active policy for clips and one for pairs."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.TextField(blank=True)
    is_synthetic = models.BooleanField(
        default=False, help_text="Made up by `synthesise`; shown wherever it appears."
    )
    active_policy = models.ForeignKey(
        "curation.Policy", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    active_pair_policy = models.ForeignKey(
        "curation.Policy", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    recipes = models.ManyToManyField(
        "curation.Recipe",
        related_name="corpora",
        help_text="Applied again whenever shots, tracks or turns change.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "corpora"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
