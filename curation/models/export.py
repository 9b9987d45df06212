"""Subsets and exports: a frozen list with its evidence, the job that writes it, the record that it was written."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .clip import Clip
from .corpus import Corpus
from .fields import by_whom
from .freezing import FreezeJob
from .leased import LeasedJob


class Subset(models.Model):
    """Filter + tier + validated only or proposed too, frozen as a list. Never changed afterwards."""

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="subsets")
    name = models.CharField(max_length=120)
    filter = models.JSONField(default=dict)
    validated_only = models.BooleanField(default=True)
    policy = models.ForeignKey("curation.Policy", null=True, on_delete=models.PROTECT, related_name="+")
    clip_count = models.BigIntegerField()
    total_seconds = models.FloatField()
    list_sha256 = models.CharField(max_length=64, help_text="Of the clip ids in order, one a line.")
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    frozen_at = models.DateTimeField(auto_now_add=True)
    job = models.OneToOneField(
        FreezeJob,
        null=True,
        on_delete=models.PROTECT,
        related_name="subset",
        help_text="Which job froze it; NULL: it was short, and frozen at once.",
    )


class SubsetClip(models.Model):
    """One clip of a frozen subset with the evidence as it stood then."""

    pk = models.CompositePrimaryKey("subset_id", "position")
    subset = models.ForeignKey(Subset, on_delete=models.PROTECT, related_name="members", db_index=False)
    position = models.BigIntegerField()
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="+")
    tier = models.SmallIntegerField()
    verdict = models.ForeignKey("curation.Verdict", null=True, on_delete=models.PROTECT, related_name="+")
    evidence = models.JSONField(
        default=dict,
        help_text="Scores, provenance, proposal and attributes when frozen, so that later scoring changes no export.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subset", "clip"], name="subset_clip_once")]


class ExportJob(LeasedJob):
    """Writing a subset out: claimed from here by a worker, resumable, cancellable."""

    subset = models.ForeignKey(Subset, on_delete=models.PROTECT, related_name="export_jobs")
    format = models.CharField(max_length=24)
    destination = models.TextField(help_text="Folder name under the export store, or s3://bucket/prefix.")
    options = models.JSONField(default=dict)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    checkpoint = models.JSONField(default=dict)


class ExportRecord(models.Model):
    """That an export was written: what, where, with which manifest. Append-only."""

    subset = models.ForeignKey(Subset, on_delete=models.PROTECT, related_name="export_records")
    job = models.OneToOneField(
        ExportJob, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="record"
    )
    format = models.CharField(max_length=24)
    destination = models.TextField()
    manifest = models.JSONField()
    manifest_sha256 = models.CharField(max_length=64)
    exported_by = by_whom()
    written_at = models.DateTimeField(auto_now_add=True)


class Certificate(models.Model):
    """A statement of quality about a frozen subset, recomputable from its inputs. Append-only."""

    subset = models.ForeignKey(Subset, on_delete=models.PROTECT, related_name="certificates")
    document = models.JSONField()
    document_sha256 = models.CharField(max_length=64)
    issued_by = by_whom()
    issued_at = models.DateTimeField(auto_now_add=True)
