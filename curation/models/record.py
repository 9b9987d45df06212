"""Records of who did what: the audit log, and withdrawals with what they cover. Append-only but for the purge's progress."""

from __future__ import annotations

from django.db import models

from .corpus import Corpus
from .fields import SecondsField, by_whom
from .footage import Person
from .source import Source


class AuditEvent(models.Model):
    """Who did what to what, when, from where. No personal data in ``detail``."""

    actor = by_whom()
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)
    address = models.GenericIPAddressField(
        null=True, help_text="Of old events; now beside it, in AuditOrigin."
    )
    request_id = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    origin_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of salt and address in AuditOrigin, which can be erased."
    )

    class Meta:
        indexes = [models.Index(fields=["action", "id"], name="audit_action_id")]


class AuditOrigin(models.Model):
    """From where an event came. Personal data: erased with its person, and the chain stays whole without it."""

    event = models.OneToOneField(
        AuditEvent, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="origin"
    )
    salt = models.CharField(max_length=32)
    address = models.GenericIPAddressField()


class AuditLink(models.Model):
    """An event's place in the chain: ``chain_sha256`` covers the event and every one before it. Append-only."""

    position = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(
        AuditEvent, on_delete=models.DO_NOTHING, db_constraint=False, related_name="link"
    )
    chain_sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)


class Withdrawal(models.Model):
    """That a source or a person left, and why. The withdrawn rows themselves carry the moment."""

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="withdrawals")
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, related_name="withdrawals")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="withdrawals")
    reason = models.TextField()
    by = by_whom()
    at = models.DateTimeField(auto_now_add=True)


class WithdrawnSpan(models.Model):
    """Where in a source a withdrawn person is seen or heard: no clip may be made of it again. Append-only."""

    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="spans")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="withdrawn_spans")
    start_s = SecondsField()
    end_s = SecondsField()

    class Meta:
        indexes = [models.Index(fields=["source", "start_s"], name="withdrawn_source_start")]


class Purge(models.Model):
    """The files of a withdrawal being removed from disk: progress, and a second look once no lease can still write."""

    class State(models.TextChoices):
        OPEN = "open", "being purged"
        LOOK_AGAIN = "look_again", "purged, looked at once more later"
        DONE = "done", "purged"

    withdrawal = models.OneToOneField(Withdrawal, on_delete=models.PROTECT, related_name="purge")
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    files = models.IntegerField(default=0, help_text="Removed so far.")
    size_bytes = models.BigIntegerField(default=0)
    tokens = models.JSONField(default=list, help_text="Leases that were writing when it was withdrawn.")
    error = models.TextField(blank=True)
    due_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
