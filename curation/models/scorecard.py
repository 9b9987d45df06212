"""Scorecards: one wide row a clip and origin, a nullable column per metric of the catalogue."""

from __future__ import annotations

from django.db import models

from curation.metrics import clip_metrics, pair_metrics

from .clip import Clip, DialoguePair
from .fields import RealField

MEASURED = "measured"


class ScorerBuild(models.Model):
    """What exactly measured: scorer, version, checksum of its model, device."""

    scorer = models.CharField(max_length=40)
    version = models.CharField(max_length=40)
    model_sha256 = models.CharField(max_length=64, blank=True)
    device = models.CharField(max_length=20, default="cpu")
    first_seen = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scorer", "version", "model_sha256", "device"], name="scorer_build_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.scorer} {self.version}"


class Provenance(models.Model):
    """Status and build per scorer, shared by all scorecards that were measured alike.

    ``statuses`` maps a scorer's name to ``{"state": "measured" | "not_run" | "unavailable" | "failed",
    "build": ScorerBuild id or null, "reason": text}``; ``digest`` is the sha256 of its canonical JSON.
    """

    digest = models.CharField(max_length=64, unique=True)
    statuses = models.JSONField()


class Scorecard(models.Model):
    """A clip's metrics from one origin. NULL is 'not measured'; the provenance says why."""

    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, db_index=False, related_name="scorecards")
    origin = models.CharField(max_length=60, default=MEASURED)
    provenance = models.ForeignKey(
        Provenance, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    scored_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clip", "origin"], name="scorecard_once_an_origin")]


class PairScorecard(models.Model):
    """A dialogue pair's metrics from one origin."""

    pair = models.ForeignKey(
        DialoguePair, on_delete=models.PROTECT, db_index=False, related_name="scorecards"
    )
    origin = models.CharField(max_length=60, default=MEASURED)
    provenance = models.ForeignKey(
        Provenance, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    scored_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pair", "origin"], name="pair_scorecard_once_an_origin")
        ]


for _spec in clip_metrics():
    RealField(null=True, verbose_name=_spec.label, help_text=_spec.formula).contribute_to_class(
        Scorecard, _spec.name
    )
for _spec in pair_metrics():
    RealField(null=True, verbose_name=_spec.label, help_text=_spec.formula).contribute_to_class(
        PairScorecard, _spec.name
    )
