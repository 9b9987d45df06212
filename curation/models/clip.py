"""Clip: a span of a source that people and policies decide about, the recipe it came from, and what became none."""

from __future__ import annotations

from django.db import models

from .corpus import Corpus
from .fields import SecondsField
from .footage import Person, Shot, Track
from .source import Source


class Recipe(models.Model):
    """A versioned way to derive clips from shots, tracks and turns. Immutable once used."""

    name = models.CharField(max_length=40)
    version = models.IntegerField()
    parameters = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="recipe_version_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Branch(models.TextChoices):
    """What kind of talk a clip is, in SpeakerVid's words; blank is 'not told apart'."""

    SINGLE = "single", "single"
    DIALOGUE = "dialogue", "dialogue"
    LISTENING = "listening", "listening"
    MULTI_TURN = "multi_turn", "multi-turn"


class Clip(models.Model):
    """[start_s, end_s) of a source in presentation time, on one track or the whole frame."""

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, db_index=False, related_name="clips")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_index=False, related_name="clips")
    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, db_index=False, related_name="clips")
    shot = models.ForeignKey(Shot, null=True, on_delete=models.PROTECT, related_name="clips")
    track = models.ForeignKey(Track, null=True, on_delete=models.PROTECT, related_name="clips")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="clips")
    external_id = models.CharField(max_length=200, blank=True)
    start_s = SecondsField()
    end_s = SecondsField()
    region = models.JSONField(
        null=True, help_text="[x, y, width, height] as shares of the frame; NULL: all of it."
    )
    branch = models.CharField(max_length=12, choices=Branch.choices, blank=True)
    language = models.CharField(max_length=20, blank=True)
    attributes = models.JSONField(null=True, help_text="What a manifest said of it beyond the columns.")
    is_current = models.BooleanField(default=True, help_text="False once its recipe no longer derives it.")
    held_at = models.DateTimeField(null=True, help_text="Taken out by a report until a curator looks.")
    withdrawn_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(end_s__gt=models.F("start_s")), name="clip_has_length"),
            models.UniqueConstraint(
                fields=["source", "recipe", "track", "start_s", "end_s"],
                name="clip_once_a_recipe",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(fields=["corpus", "id"], name="clip_corpus_id"),
            models.Index(fields=["source", "start_s"], name="clip_source_start"),
            models.Index(
                fields=["corpus", "id"],
                condition=models.Q(withdrawn_at__isnull=False),
                name="clip_withdrawn",
            ),
            models.Index(
                fields=["corpus", "id"], condition=models.Q(held_at__isnull=False), name="clip_held"
            ),
        ]

    def __str__(self) -> str:
        return f"clip {self.pk}"

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


class DroppedSpan(models.Model):
    """A span that became no clip, with the recipe's reason, so that it can be audited too."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="dropped_spans")
    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="+")
    start_s = SecondsField()
    end_s = SecondsField()
    code = models.CharField(max_length=40)
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["source", "recipe"], name="dropped_source_recipe")]


class DialoguePair(models.Model):
    """A candidate exchange: the responder's clip may answer the initiator's. A fact with a stable id."""

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, db_index=False, related_name="pairs")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="pairs")
    initiator = models.ForeignKey(Clip, on_delete=models.PROTECT, db_index=False, related_name="pairs_begun")
    responder = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="pairs_answered")
    chain = models.CharField(max_length=40, blank=True, help_text="Same value: turns of one exchange.")
    chain_position = models.SmallIntegerField(null=True)
    is_current = models.BooleanField(
        default=True, db_default=True, help_text="False once the turns no longer give it."
    )
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["initiator", "responder"], name="pair_once")]
        indexes = [models.Index(fields=["corpus", "id"], name="pair_corpus_id")]
