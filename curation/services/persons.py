"""Persons within a source: which tracks show the same one, as the identity scorer found it.

Only numbers arrive here, never a face's vector: those live in the memory of the process that looks, and nowhere else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from curation.models import Clip, Person, Source, Track, TrackLink, Turn, Withdrawal
from curation.models.record import Purge, WithdrawnSpan
from curation.services.withdrawal import spans_apply


@transaction.atomic
def persons_assign(*, source: Source, persons: Mapping[int, int]) -> int:
    """Give each track (by number) the ``Person`` of its measured person number. Returns how many tracks changed.

    A measured person is whoever its tracks already are, by the longest time shared, so that ids stay when a source
    is measured again; one that nobody claims is new. Tracks that were not measured stay as they are, and so do those
    that people took off somebody. A track that
    turns out to show a withdrawn person takes its clips with it. Clips and turns follow their tracks.
    """
    Source.objects.select_for_update().get(pk=source.pk)
    tracks = {track.number: track for track in source.tracks.select_related("person")}
    # Where people put a track, it stays: they looked at it, and the measurement had been wrong about it.
    settled = tracks_moved(source)
    groups: dict[int, list[Track]] = defaultdict(list)
    for number, group_number in sorted(persons.items()):
        if number in tracks and number not in settled:
            groups[group_number].append(tracks[number])
    chosen = _claims(groups)
    changed: list[Track] = []
    for number, group in sorted(groups.items()):
        person = chosen.get(number)
        if person is None:
            person = Person.objects.create(
                corpus_id=source.corpus_id, source=source, label=person_label(source)
            )
        for track in group:
            if track.person_id != person.pk:
                track.person = person
                changed.append(track)
    Track.objects.bulk_update(changed, ["person"])
    tracks_followed(source, changed)
    return len(changed)


def person_label(source: Source) -> str:
    """What the next person of ``source`` is called: its name and a number."""
    return f"{Path(source.name).stem[:100]} {source.persons.count() + 1}"


def tracks_moved(source: Source) -> set[int]:
    """Numbers of the tracks of ``source`` that people took off somebody, and that are where people put them."""
    links = TrackLink.objects.filter(apart=True, track__person=F("after"), track__source=source)
    return set(links.values_list("track__number", flat=True))


def tracks_followed(source: Source, changed: list[Track]) -> None:
    """Clips and turns go where the ``changed`` tracks of ``source`` went; those of a withdrawn person leave."""
    _follow(source)
    _withdraw(source, [track for track in changed if track.person and track.person.withdrawn_at])


def _claims(groups: Mapping[int, list[Track]]) -> dict[int, Person]:
    """Who each group already is: the longest shared time first, nobody twice."""
    shared: dict[tuple[int, int], float] = defaultdict(float)
    known: dict[int, Person] = {}
    for number, group in groups.items():
        for track in group:
            if track.person is not None:
                known[track.person.pk] = track.person
                shared[number, track.person.pk] += track.end_s - track.start_s
    chosen: dict[int, Person] = {}
    for number, person_id in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        if number not in chosen and all(person.pk != person_id for person in chosen.values()):
            chosen[number] = known[person_id]
    return chosen


def _follow(source: Source) -> None:
    """Clips and turns of a track are of the track's person."""
    whose = Subquery(Track.objects.filter(pk=OuterRef("track")).values("person")[:1])
    for model in (Clip, Turn):
        rows = model.objects.filter(source=source, track__person__isnull=False)
        rows.exclude(person=F("track__person")).update(person=whose)
        rows.filter(person=None).update(person=whose)


def _withdraw(source: Source, tracks: list[Track]) -> None:
    """What a withdrawn person is now seen in goes the way of all else that showed them."""
    for track in tracks:
        assert track.person is not None
        root = track.person.same_as_id or track.person.pk
        withdrawal = Withdrawal.objects.filter(person_id=root).order_by("-pk").first()
        if withdrawal is None:
            continue
        WithdrawnSpan.objects.create(
            withdrawal=withdrawal, source=source, start_s=track.start_s, end_s=track.end_s
        )
        Purge.objects.filter(withdrawal=withdrawal).update(state=Purge.State.OPEN, due_at=timezone.now())
    if tracks:
        spans_apply(source_ids=[source.pk])
