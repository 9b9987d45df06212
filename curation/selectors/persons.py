"""Persons: one identity with all appearances, and pages of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q

from curation.errors import Gone, NotFound
from curation.models import Corpus, Person, PersonVerdict, Source, Track, TrackLink, Turn
from curation.selectors.browser import ClipRow, clip_rows
from curation.selectors.withdrawals import Reach, person_ids, person_reach

PAGE = 50


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Persons in order of id with their count of present clips (``clip_count``)."""

    rows: Sequence[Person]
    after: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class Appearance:
    """A person in one source: spans seen and spans heard, in seconds."""

    source: Source
    label: str
    tracks: list[Track]
    turns: list[Turn]

    @property
    def seen_s(self) -> float:
        return sum(each.end_s - each.start_s for each in self.tracks)

    @property
    def heard_s(self) -> float:
        return sum(each.end_s - each.start_s for each in self.turns)


@dataclass(frozen=True, slots=True)
class Said:
    """What people settled about this identity and ``other``; ``followed``: false for a "same" that contradicts others."""

    other: Person
    verdict: PersonVerdict
    followed: bool


@dataclass(frozen=True, slots=True)
class PersonDetail:
    """One identity across its sources, the first of its clips, what people said of it, what a withdrawal would take."""

    person: Person
    appearances: list[Appearance]
    clips: list[ClipRow]
    clip_total: int
    reach: Reach
    said: list[Said]
    moved: list[TrackLink]


def persons_page(
    corpus: Corpus, *, after: int | None = None, before: int | None = None, size: int = PAGE
) -> PersonPage:
    """The next persons; withdrawn ones, appearances of another, and those whose only track went back are not listed."""
    rows = Person.objects.filter(corpus=corpus, withdrawn_at=None, same_as=None)
    parted = TrackLink.objects.filter(after=OuterRef("pk"), apart=True)
    rows = rows.exclude(Exists(parted) & ~Exists(Track.objects.filter(person=OuterRef("pk"))))
    rows = (
        rows.filter(pk__lt=before).order_by("-pk")
        if before
        else rows.filter(pk__gt=after or 0).order_by("pk")
    )
    ids = list(rows.values_list("pk", flat=True)[: size + 1])
    more, ids = len(ids) > size, sorted(ids[:size])
    live = Q(clips__is_current=True, clips__withdrawn_at=None)
    found = (
        Person.objects.filter(pk__in=ids)
        .select_related("source")
        .annotate(clip_count=Count("clips", filter=live))
    )
    has_after, has_before = (True, more) if before else (more, after is not None)
    return PersonPage(
        list(found.order_by("pk")),
        ids[-1] if ids and has_after else None,
        ids[0] if ids and has_before else None,
    )


def person_get(pk: int) -> Person:
    """The person; raises ``NotFound``, and ``Gone`` if withdrawn."""
    person = Person.objects.select_related("corpus__active_policy", "same_as").filter(pk=pk).first()
    if person is None:
        raise NotFound(f"there is no person {pk}")
    if person.withdrawn_at is not None:
        raise Gone(f"This person was withdrawn on {person.withdrawn_at:%d %B %Y}.")
    return person


def person_detail(person: Person, limit: int = 48) -> PersonDetail:
    """Everything that the person page shows."""
    ids = person_ids(person)
    tracks = list(
        Track.objects.filter(person__in=ids, source__withdrawn_at=None).order_by("source_id", "start_s")
    )
    turns = list(
        Turn.objects.filter(person__in=ids, source__withdrawn_at=None).order_by("source_id", "start_s")
    )
    everyone = {each.pk: each for each in Person.objects.filter(pk__in=ids)}
    labels = {each.source_id: each.label for each in everyone.values() if each.source_id}
    wanted = {*labels, *(each.source_id for each in tracks), *(each.source_id for each in turns)}
    clips = person.corpus.clips.filter(person__in=ids, is_current=True, withdrawn_at=None).order_by("pk")
    wanted |= set(clips.values_list("source_id", flat=True).distinct()[:200])
    sources = Source.objects.filter(pk__in=wanted, withdrawn_at=None).order_by("pk")[:200]
    return PersonDetail(
        person,
        [
            Appearance(
                source,
                labels.get(source.pk, person.label),
                [each for each in tracks if each.source_id == source.pk],
                [each for each in turns if each.source_id == source.pk],
            )
            for source in sources
        ],
        clip_rows(person.corpus, list(clips.values_list("pk", flat=True)[:limit])),
        clips.count(),
        person_reach(person),
        person_said(person),
        person_moved(person),
    )


def person_moved(person: Person) -> list[TrackLink]:
    """The tracks that people took off this identity's persons, or that these are, as they stand now; oldest first."""
    ids = person_ids(person)
    links = TrackLink.objects.filter(
        Q(before__in=ids) | Q(after__in=ids), apart=True, track__person=F("after")
    )
    here = links.filter(before__withdrawn_at=None, after__withdrawn_at=None)
    found = {one.track_id: one for one in here.select_related("before", "after", "track").order_by("id")}
    return list(found.values())


def person_said(person: Person) -> list[Said]:
    """The verdicts that stand between this identity's persons and others who are still here, newest first."""
    ids = set(person_ids(person))
    standing = (
        PersonVerdict.objects.standing()
        .filter(Q(pair__first__in=ids) | Q(pair__second__in=ids))
        .filter(pair__first__withdrawn_at=None, pair__second__withdrawn_at=None)
        .select_related("pair__first", "pair__second")
        .order_by("-id")
    )
    found = []
    for verdict in standing:
        first, second = verdict.pair.first, verdict.pair.second
        together = (first.same_as_id or first.pk) == (second.same_as_id or second.pk)
        other = second if first.pk == person.pk or (second.pk != person.pk and first.pk in ids) else first
        found.append(Said(other, verdict, together or verdict.answer != "same"))
    return found
