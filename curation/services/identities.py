"""Identities across tracks and sources: candidates, what people settled, and the links that follow from it.

``Person.same_as`` is never set by hand: it follows from the verdicts that stand. A later "different" takes the link away
again, and ``PersonLink`` tells which verdict changed what. The persons themselves, their tracks and clips stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from curation.models import Corpus, Person, PersonLink, PersonPair, PersonVerdict
from curation.models.verdict import REOPENED
from curation.pairing.identities import Edge, identities
from curation.services.locks import named_lock, no_withdrawal_lock
from curation.services.tracksplits import TAKEN_BACK, apart_edges, tracks_settle
from curation.services.verdicts import UNSETTLED, is_outweighed, is_said, method_check

SAME, DIFFERENT = "same", "different"

# Two who are seen at the same time in one source are two; so are two whose tracks nobody knows.
_APART = """
    a.source_id = b.source_id
    AND EXISTS (SELECT 1 FROM curation_track t WHERE t.person_id = a.id)
    AND EXISTS (SELECT 1 FROM curation_track t WHERE t.person_id = b.id)
    AND NOT EXISTS (SELECT 1 FROM curation_track t JOIN curation_track u ON u.source_id = t.source_id
                    AND u.start_s < t.end_s AND u.end_s > t.start_s WHERE t.person_id = a.id AND u.person_id = b.id)
"""
_NAMED = "a.source_id <> b.source_id AND lower(a.label) = lower(b.label) AND a.label <> ''"


@dataclass(frozen=True, slots=True)
class Linked:
    """What a verdict did: how many persons changed whom they are linked to, the "same" that contradict others, and how
    many tracks went to somebody else or came back."""

    changed: int
    refused: tuple[Edge, ...]
    tracks: int = 0


def person_pairs_find(*, corpus: Corpus) -> int:
    """Write down the pairs of persons of ``corpus`` who may be one; those known already stay. Returns how many are new.

    Candidates are persons of one source who are never seen at the same time, and persons of the same name in two
    sources; not a person and a track that people took off them. Faces are not compared: no face's vector is kept.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO curation_personpair (corpus_id, first_id, second_id, why, found_at)
            SELECT a.corpus_id, a.id, b.id, CASE WHEN a.source_id = b.source_id THEN 'apart' ELSE 'named' END,
                   clock_timestamp()
            FROM curation_person a JOIN curation_person b ON b.corpus_id = a.corpus_id AND b.id > a.id
            WHERE a.corpus_id = %s AND a.withdrawn_at IS NULL AND b.withdrawn_at IS NULL
              AND (({_APART}) OR ({_NAMED}))
              AND NOT EXISTS (SELECT 1 FROM curation_tracklink l WHERE l.apart
                              AND ((l.before_id = a.id AND l.after_id = b.id) OR (l.before_id = b.id AND l.after_id = a.id)))
            ON CONFLICT (first_id, second_id) DO NOTHING
            """,
            [corpus.pk],
        )
        return int(cursor.rowcount)


@transaction.atomic
def person_verdict_record(
    *, pair: PersonPair, answer: str, method: str, blind: bool, evidence: dict[str, Any]
) -> tuple[PersonVerdict, Linked]:
    """Write what people settled about ``pair``, superseding what stood, and bring the links in line with it.

    As with clips, a verdict of stronger evidence from another item stays, and the same content again changes nothing.
    Returns the verdict that stands, and what it did.
    """
    method_check(method)
    _lock(pair.corpus_id)
    standing = standing_person_verdict(pair)
    if standing is not None and (
        is_said(standing, answer=answer, method=method, evidence=evidence)
        or is_outweighed(standing, method=method, blind=blind, evidence=evidence)
    ):
        return standing, Linked(0, ())
    verdict = PersonVerdict.objects.create(
        pair=pair, answer=answer, method=method, blind=blind, evidence=evidence, supersedes=standing
    )
    tracks = tracks_settle(verdict)
    return verdict, _link(verdict, tracks)


def person_verdict_reopen(*, pair: PersonPair, evidence: dict[str, Any]) -> PersonVerdict | None:
    """Say that the judgments behind the standing verdict of this item settle nothing any more; its links go with it."""
    standing = standing_person_verdict(pair)
    if standing is None:
        return None
    if standing.evidence.get("item") != evidence.get("item"):
        return _take_back(pair, standing, evidence["item"])
    if standing.method == REOPENED:
        return None
    verdict, _ = person_verdict_record(
        pair=pair, answer=UNSETTLED, method=REOPENED, blind=standing.blind, evidence=evidence
    )
    return verdict


def _take_back(pair: PersonPair, standing: PersonVerdict, item: int) -> PersonVerdict | None:
    """Tracks that an earlier question took off come back; what another question has settled since stands as it is."""
    earlier = pair.verdicts.filter(evidence__item=item).order_by("-id").first()
    if earlier is None or not earlier.evidence.get("apart"):
        return None
    if pair.verdicts.filter(pk__gt=earlier.pk, evidence__contains={TAKEN_BACK: item}).exists():
        return None
    evidence = {**standing.evidence, TAKEN_BACK: item}
    verdict, _ = person_verdict_record(
        pair=pair,
        answer=standing.answer,
        method=standing.method,
        blind=standing.blind,
        evidence=evidence,
    )
    return verdict


def standing_person_verdict(pair: PersonPair) -> PersonVerdict | None:
    """The last word about ``pair``, or None. One of method ``reopened`` says that nothing is settled any more."""
    return pair.verdicts.filter(superseded_by__isnull=True).order_by("-id").first()


def _link(verdict: PersonVerdict, tracks: int) -> Linked:
    """Recompute whom the persons around this verdict are linked to, from everything that stands about them."""
    pair = verdict.pair
    persons, said = _around({pair.first_id, pair.second_id})
    here = {one.pk: one for one in persons if one.withdrawn_at is None}
    same = [(pk, base) for pk in here if (base := _before(here[pk])) in here and base is not None]
    same += [edge for edge, answer in said if answer == SAME and set(edge) <= set(here)]
    different = [edge for edge, answer in said if answer == DIFFERENT] + apart_edges(here)
    found = identities(here, same=same, different=different)
    links = []
    for pk, person in here.items():
        after = found.root[pk] if found.root[pk] != pk else None
        if person.same_as_id != after:
            links.append(
                PersonLink(person_id=pk, before_id=person.same_as_id, after_id=after, verdict=verdict)
            )
            person.same_as_id = after
    Person.objects.bulk_update([here[one.person_id] for one in links], ["same_as"])
    PersonLink.objects.bulk_create(links)
    return Linked(len(links), found.refused, tracks)


def _around(start: set[int]) -> tuple[list[Person], list[tuple[Edge, str]]]:
    """Everybody whom links or answers tie to ``start``, and the answers among them in the order they were settled."""
    known: set[int] = set()
    new = set(start)
    while new:
        known |= new
        tied = Person.objects.filter(Q(same_as__in=new) | Q(appearances__in=new)).values_list("pk", flat=True)
        said = PersonVerdict.objects.standing().filter(
            Q(pair__first__in=new) | Q(pair__second__in=new), answer=SAME
        )
        ends = {end for edge in said.values_list("pair__first", "pair__second") for end in edge}
        new = ({*tied} | ends) - known
    rows = (
        PersonVerdict.objects.standing().filter(pair__first__in=known, pair__second__in=known).order_by("id")
    )
    answers = [
        ((first, second), answer)
        for first, second, answer in rows.values_list("pair__first", "pair__second", "answer")
    ]
    return list(Person.objects.select_for_update().filter(pk__in=known).order_by("pk")), answers


def _before(person: Person) -> int | None:
    """Whom an import had linked this person to, before people said anything."""
    first = PersonLink.objects.filter(person=person).order_by("id").first()
    return person.same_as_id if first is None else first.before_id


def _lock(corpus_id: int) -> None:
    """One writer of identities a corpus at a time: what follows from a verdict reads many persons.

    Nobody leaves meanwhile, or somebody could be linked to a person who has just been withdrawn.
    """
    no_withdrawal_lock(corpus_id)
    named_lock(f"identities {corpus_id}")
