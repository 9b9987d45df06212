"""Tracks that do not belong to their person: taken off as people say so, and put back when they do not say so any more.

Like ``Person.same_as``, this is never set by hand: it follows from the verdicts that stand. Each track taken off becomes a
person of its own, because nobody has said that two of them are one; identity questions may join them later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import F, QuerySet

from curation.models import Person, PersonVerdict, Source, Track, TrackLink
from curation.pairing.identities import Edge
from curation.services.persons import person_label, tracks_followed

MIXED = "mixed"
TAKEN_BACK = "taken_back"


def tracks_settle(verdict: PersonVerdict) -> int:
    """Bring the tracks of the verdict's two persons in line with everything that stands. Returns how many moved.

    Must run in the transaction that recorded the verdict, with the corpus' identities locked.
    """
    pair = verdict.pair
    moved: list[TrackLink] = []
    for person in Person.objects.filter(pk__in=(pair.first_id, pair.second_id)).order_by("pk"):
        said = apart_from(person)
        own = Track.objects.filter(pk__in=said, person=person) if person.withdrawn_at is None else ()
        for track in own:
            moved.append(TrackLink(track=track, before=person, after=_somebody(track, person), apart=True))
        for link in _standing(person):
            if link.track_id not in said and link.after.withdrawn_at is None:
                moved.append(TrackLink(track=link.track, before=link.after, after=person, apart=False))
    sources: dict[int, list[Track]] = defaultdict(list)
    for link in moved:
        link.verdict = verdict
        link.track.person = link.after
        sources[link.track.source_id].append(link.track)
    TrackLink.objects.bulk_create(moved)
    Track.objects.bulk_update([link.track for link in moved], ["person"])
    for source in Source.objects.filter(pk__in=sources):
        tracks_followed(source, sources[source.pk])
    return len(moved)


def apart_from(person: Person) -> set[int]:
    """Ids of the tracks that standing answers say do not show ``person``.

    Each question's last word counts, also where the same two were asked about again after the tracks had left: those
    who answered then did not see them any more. A word taken back counts no longer.
    """
    last: dict[tuple[int, int], PersonVerdict] = {}
    back: dict[tuple[int, int], int] = {}
    verdicts = PersonVerdict.objects.filter(pair__first=person) | PersonVerdict.objects.filter(
        pair__second=person
    )
    for one in verdicts.order_by("id"):
        last[one.pair_id, one.evidence.get("item", 0)] = one
        if TAKEN_BACK in one.evidence:
            back[one.pair_id, one.evidence[TAKEN_BACK]] = one.pk
    return {
        int(track)
        for key, one in last.items()
        if one.answer == MIXED and one.pk > back.get(key, 0)
        for track, whose in one.evidence.get("apart", {}).items()
        if whose == person.pk
    }


def apart_edges(persons: Iterable[int]) -> list[Edge]:
    """Pairs of ``persons`` of whom one is a track that was taken off the other: people said that they are two."""
    known = list(persons)
    links = _latest().filter(before__in=known, after__in=known)
    return sorted({(min(a, b), max(a, b)) for a, b in links.values_list("before", "after")})


def _latest() -> QuerySet[TrackLink]:
    """The links that hold now: tracks that are still where people put them when they took them off."""
    return TrackLink.objects.filter(apart=True, track__person=F("after"))


def _standing(person: Person) -> list[TrackLink]:
    links = _latest().filter(before=person).select_related("track", "after").order_by("id")
    return list({link.track_id: link for link in links}.values())


def _somebody(track: Track, person: Person) -> Person:
    """Whom the track showed when it was taken off before, so that ids stay; else a person nobody knows."""
    before = TrackLink.objects.filter(track=track, before=person, apart=True, after__withdrawn_at=None)
    link = before.select_related("after").order_by("-id").first()
    if link is not None:
        return link.after
    return Person.objects.create(
        corpus_id=person.corpus_id, source_id=track.source_id, label=person_label(track.source)
    )
