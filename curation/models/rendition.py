"""Renditions: what a browser plays, per clip region, and the small pictures and waveforms beside them."""

from __future__ import annotations

from django.db import models

from .clip import Clip
from .fields import SecondsField


class Rendition(models.Model):
    """A file made for people from a clip. Known by its hash; purged on withdrawal."""

    class Kind(models.TextChoices):
        PREVIEW = "preview", "preview"
        ORIGINAL = "original", "original quality"
        POSTER = "poster", "poster"
        WAVEFORM = "waveform", "waveform"
        CUT = "cut", "cut for exports"

    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="renditions")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    path = models.TextField(help_text="Relative to the rendition store.")
    content_type = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    start_s = SecondsField(null=True, help_text="Presentation time of its first frame in the source.")
    timestamps = models.JSONField(null=True, help_text="True presentation time of each frame, from 0.")
    made = models.JSONField(
        null=True,
        help_text="Of a cut: how picture and sound were made (copied or encoded), and how many pictures.",
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clip", "kind"], name="rendition_once_a_kind")]
