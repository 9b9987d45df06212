"""Queues, their items, and slots: one place for one rater on one item."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from curation.models import Clip, Corpus, DialoguePair, PersonPair, Policy

from .draw import Draw, DrawItem
from .rater import Rater
from .rubric import RubricVersion


class Queue(models.Model):
    """Rubric version + draw + overlap + blind or verify + gold share + who may claim."""

    class Kind(models.TextChoices):
        VERIFY = "verify", "verify"
        STUDY = "study", "study"
        AUDIT = "audit", "audit"
        PAIRS = "pairs", "pairs"
        IDENTITY = "identity", "identity"
        ADJUDICATION = "adjudication", "adjudication"
        CALIBRATION = "calibration", "calibration"
        GOLD = "gold", "golds"

    # Kinds that give every rater a place of their own on every item; what is said there is kept and never counted.
    UNCOUNTED = (Kind.CALIBRATION, Kind.GOLD)

    class State(models.TextChoices):
        OPEN = "open", "open"
        PAUSED = "paused", "paused"
        CLOSED = "closed", "closed"

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="queues")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    rubric_version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="queues")
    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="queues")
    policy = models.ForeignKey(Policy, null=True, on_delete=models.PROTECT, related_name="queues")
    overlap = models.SmallIntegerField(default=1)
    blind = models.BooleanField(default=False)
    gold_share = models.FloatField(default=0)
    lease_seconds = models.IntegerField(default=600)
    who = models.JSONField(
        default=dict, help_text="Who may claim: `raters` (pseudonyms), `match_language`, `round` (passed)."
    )
    needs_preview = models.BooleanField(
        default=True, help_text="Give out a clip only once the browser has something to play."
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    origin = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="adjudications",
        help_text="The queue whose disputes this one settles.",
    )
    golds_of = models.OneToOneField(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="golds",
        help_text="The queue into which these golds are mixed; no page lists them.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["corpus", "name"], name="queue_name_once_a_corpus"),
            models.UniqueConstraint(
                fields=["origin"],
                condition=models.Q(kind="adjudication"),
                name="one_adjudication_a_queue",
            ),
            models.CheckConstraint(
                condition=models.Q(overlap__gte=1, overlap__lte=9), name="overlap_is_sensible"
            ),
            models.CheckConstraint(
                condition=models.Q(gold_share__gte=0, gold_share__lte=0.5), name="gold_share_is"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Item(models.Model):
    """One clip, dialogue pair or pair of persons in a queue.

    ``question`` narrows the rubric to one of its questions (a study asks each clip one); blank asks all.
    ``context`` is what the queue knows of the item and the rater may not see in a blind queue: rule, side, band.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        SETTLED = "settled", "settled"
        DISPUTED = "disputed", "disputed"
        OUT = "out", "taken out"

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="items", db_index=False)
    draw_item = models.ForeignKey(DrawItem, null=True, on_delete=models.PROTECT, related_name="+")
    position = models.IntegerField()
    clip = models.ForeignKey(Clip, null=True, on_delete=models.PROTECT, related_name="queue_items")
    pair = models.ForeignKey(DialoguePair, null=True, on_delete=models.PROTECT, related_name="queue_items")
    persons = models.ForeignKey(PersonPair, null=True, on_delete=models.PROTECT, related_name="queue_items")
    question = models.CharField(max_length=60, blank=True)
    context = models.JSONField(default=dict)
    origin = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="adjudicated_in",
        db_index=False,
        help_text="The disputed item that this one settles.",
    )
    gold_answer = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "position"], name="item_position_once"),
            models.UniqueConstraint(fields=["origin"], name="a_dispute_is_settled_once"),
            models.CheckConstraint(
                condition=models.Q(clip__isnull=False, pair__isnull=True, persons__isnull=True)
                | models.Q(clip__isnull=True, pair__isnull=False, persons__isnull=True)
                | models.Q(clip__isnull=True, pair__isnull=True, persons__isnull=False),
                name="item_is_a_clip_a_pair_or_two_persons",
            ),
        ]


class Slot(models.Model):
    """A place for one rater on one item. Leased by the database's clock; never two for the same rater."""

    class State(models.TextChoices):
        FREE = "free", "free"
        LEASED = "leased", "leased"
        DONE = "done", "done"
        OUT = "out", "taken out"

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="slots", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="slots", db_index=False)
    number = models.SmallIntegerField()
    position = models.IntegerField(help_text="The item's, so that claiming reads one index.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.FREE)
    rater = models.ForeignKey(
        Rater, null=True, on_delete=models.PROTECT, related_name="slots", db_index=False
    )
    token = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    judgment = models.OneToOneField(
        "annotation.Judgment",
        null=True,
        on_delete=models.PROTECT,
        related_name="slot",
        help_text="The counted judgment that fills this place, the latest of its chain.",
    )
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="slot_number_once_an_item"),
            models.UniqueConstraint(fields=["item", "rater"], name="rater_once_an_item"),
        ]
        indexes = [
            models.Index(
                fields=["queue", "position", "number"],
                condition=models.Q(state__in=["free", "leased"]),
                name="slot_claimable",
            ),
            models.Index(fields=["rater", "state"], name="slot_rater_state"),
            models.Index(fields=["queue", "state"], name="slot_queue_state"),
        ]
