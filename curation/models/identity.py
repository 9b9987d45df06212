"""Who may be the same person, what people settled about it, the links and tracks that follow. All but pairs: append-only."""

from __future__ import annotations

from django.db import models

from .corpus import Corpus
from .footage import Person, Track
from .verdict import VerdictQuerySet


class PersonPair(models.Model):
    """Two persons who may be one: a candidate with a stable id. ``first`` has the lower id."""

    class Why(models.TextChoices):
        APART = "apart", "in one source, never seen at the same time"
        NAMED = "named", "of the same name in two sources"

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="person_pairs")
    first = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=12, choices=Why.choices)
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="person_pair_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="person_pair_in_order"
            ),
        ]


class PersonVerdict(models.Model):
    """What people settled about two persons: ``same``, ``different``, ``mixed`` (one sheet shows several people)."""

    pair = models.ForeignKey(PersonPair, on_delete=models.PROTECT, related_name="verdicts")
    answer = models.CharField(max_length=60)
    method = models.CharField(max_length=40, help_text="single, agreed, majority, panel, curator; reopened.")
    blind = models.BooleanField()
    evidence = models.JSONField(
        help_text="Item, judgments, raters, answers, the clips marked as somebody else."
    )
    supersedes = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    settled_at = models.DateTimeField(auto_now_add=True)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pair"],
                condition=models.Q(supersedes__isnull=True),
                name="first_person_verdict_once",
            ),
        ]


class PersonLink(models.Model):
    """One change of ``Person.same_as`` that a verdict brought about: from whom, to whom. NULL: a person of its own."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="links")
    before = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    verdict = models.ForeignKey(PersonVerdict, on_delete=models.PROTECT, related_name="links")
    linked_at = models.DateTimeField(auto_now_add=True)


class TrackLink(models.Model):
    """One change of ``Track.person`` that a verdict brought about, from whom to whom.

    ``apart``: the track was taken off ``before``, to whom it does not belong; otherwise it was put back. Who ``after``
    is, nobody has said yet: a person of its own, who may be asked about like anybody.
    """

    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="links")
    before = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    apart = models.BooleanField()
    verdict = models.ForeignKey(PersonVerdict, on_delete=models.PROTECT, related_name="track_links")
    linked_at = models.DateTimeField(auto_now_add=True)
