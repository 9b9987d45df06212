"""Policies: immutable, numbered lists of rules; their activations; what they propose."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .clip import Clip, DialoguePair
from .corpus import Corpus
from .fields import RealField, by_whom


class Policy(models.Model):
    """One version of the rules of a corpus. Never changed; a change is the next number."""

    class Subject(models.TextChoices):
        CLIP = "clip", "clips"
        PAIR = "pair", "pairs"

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="policies")
    number = models.IntegerField()
    name = models.CharField(max_length=120)
    subject = models.CharField(max_length=8, choices=Subject.choices, default=Subject.CLIP)
    origin = models.CharField(max_length=60, default="measured", help_text="The scorecards that it reads.")
    preset = models.CharField(max_length=60, blank=True)
    why = models.TextField(blank=True)
    rules_sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(fields=["corpus", "number"], name="policy_number_once_a_corpus")
        ]

    def __str__(self) -> str:
        return f"policy {self.number}"


class Rule(models.Model):
    """One condition for one tier; ``ordinal`` is its bit in the masks of proposals."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="rules")
    ordinal = models.SmallIntegerField()
    tier = models.SmallIntegerField(help_text="A code of curation.policies.tiers.Tier.")
    metric = models.CharField(max_length=60)
    operator = models.CharField(max_length=24)
    low = RealField(null=True)
    high = RealField(null=True)
    percentile = RealField(null=True)

    class Meta:
        ordering = ["policy_id", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "ordinal"], name="rule_ordinal_once_a_policy"),
            models.CheckConstraint(
                condition=models.Q(ordinal__gte=0, ordinal__lt=63), name="rule_fits_the_mask"
            ),
        ]


class ResolvedThreshold(models.Model):
    """The number that a percentile rule meant when its policy was first activated; frozen."""

    rule = models.OneToOneField(Rule, on_delete=models.PROTECT, related_name="resolved")
    value = RealField()
    over_count = models.BigIntegerField(help_text="Measured values that the percentile was taken over.")
    resolved_at = models.DateTimeField(auto_now_add=True)


class Activation(models.Model):
    """Who made which policy the active one, when and why. Append-only."""

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="activations")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="activations")
    previous = models.ForeignKey(Policy, null=True, on_delete=models.PROTECT, related_name="+")
    by = by_whom()
    why = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)


class ActivationJob(models.Model):
    """How far filling a policy's partition has come; it may be killed and taken up again."""

    class State(models.TextChoices):
        FILLING = "filling", "filling"
        SWITCHED = "switched", "switched"
        CANCELLED = "cancelled", "cancelled"
        FAILED = "failed", "failed"

    policy = models.OneToOneField(Policy, on_delete=models.PROTECT, related_name="activation_job")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    why = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.FILLING)
    last_id = models.BigIntegerField(default=0, help_text="Targets up to this id are in the partition.")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    watermark = models.DateTimeField(
        null=True, help_text="Scores after this moment are still to be caught up."
    )
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class Proposal(models.Model):
    """What a policy says of a clip. Lives in one partition per policy; written set-based.

    ``failing`` and ``missing`` hold a bit per rule ordinal: rules that the clip fails, rules that cannot be told.
    """

    pk = models.CompositePrimaryKey("policy_id", "clip_id")
    policy = models.ForeignKey(Policy, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    clip = models.ForeignKey(Clip, on_delete=models.DO_NOTHING, db_constraint=False, related_name="proposals")
    tier = models.SmallIntegerField()
    failing = models.BigIntegerField()
    missing = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "curation_proposal"


class PairProposal(models.Model):
    """What a policy says of a dialogue pair; as ``Proposal``."""

    pk = models.CompositePrimaryKey("policy_id", "pair_id")
    policy = models.ForeignKey(Policy, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    pair = models.ForeignKey(
        DialoguePair, on_delete=models.DO_NOTHING, db_constraint=False, related_name="proposals"
    )
    tier = models.SmallIntegerField()
    failing = models.BigIntegerField()
    missing = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "curation_pairproposal"
