"""Dialogue pairs: candidate exchanges between clips, their metrics, the chains and branches that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from curation import pairing, recipes
from curation.metrics import pair_metrics
from curation.models import MEASURED, Clip, DialoguePair, PairScorecard, Source
from curation.recipes.intervals import to_us
from curation.services.proposals import pair_proposals_refresh
from curation.services.scorecards import ScorerStatus, provenance_get_or_create
from curation.services.turns import told_turns

PAIR_METRICS: tuple[str, ...] = tuple(spec.name for spec in pair_metrics())
CHAIN_GAP_S = pairing.GAP_MAX_S
"""Chains are kept at the same generous bound as pairs; a tighter one is a policy's business."""


@dataclass(frozen=True, slots=True)
class Paired:
    """What a derivation came to: pairs that are new, pairs in all, clips whose branch changed."""

    added: int
    pairs: int
    branches_changed: int


@transaction.atomic
def pairs_derive(*, source: Source) -> Paired:
    """Derive the candidate pairs of a source's present clips from its measured turns, and read the clips' branches.

    A pair that is found again keeps its id; one that is not stays too (judgments may refer to it), but is no longer
    current. Of several exchanges between the same two clips the one with the smallest gap is measured.
    """
    Source.objects.select_for_update().get(pk=source.pk)
    turns = told_turns(source)
    clips = {
        _span(clip): clip
        for clip in source.clips.filter(is_current=True, withdrawn_at=None).exclude(track=None)
    }
    candidates = pairing.candidate_pairs(turns)
    found, _ = pairing.pair_clips(candidates, list(clips))
    chains = pairing.sequential_chains(candidates, gap_below_s=CHAIN_GAP_S)
    closest: dict[tuple[int, int], pairing.CandidatePair] = {}
    for one in found:
        key = (clips[one.initiator_clip].pk, clips[one.responder_clip].pk)
        if key[0] != key[1] and (key not in closest or _gap(one.pair) < _gap(closest[key])):
            closest[key] = one.pair
    place = {
        pair.key: (f"{source.pk}:{chain.pairs[0].key}", number)
        for chain in chains
        for number, pair in enumerate(chain.pairs)
    }
    before = source.pairs.count()
    rows = [
        DialoguePair(
            corpus_id=source.corpus_id,
            source=source,
            initiator_id=first,
            responder_id=second,
            chain=place[pair.key][0] if pair.key in place else "",
            chain_position=place[pair.key][1] if pair.key in place else None,
            is_current=True,
        )
        for (first, second), pair in closest.items()
    ]
    DialoguePair.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["initiator", "responder"],
        update_fields=["chain", "chain_position", "is_current"],
    )
    present = source.pairs.filter(is_current=True).values_list("pk", "initiator_id", "responder_id")
    gone = [pk for pk, *clips_of in present if tuple(clips_of) not in closest]
    source.pairs.filter(pk__in=gone).update(is_current=False)
    _score(source, closest)
    changed = _branches(source, turns, found, chains)
    return Paired(added=source.pairs.count() - before, pairs=len(closest), branches_changed=changed)


def _score(source: Source, closest: dict[tuple[int, int], pairing.CandidatePair]) -> None:
    ids = {(pair.initiator_id, pair.responder_id): pair.pk for pair in source.pairs.all()}
    provenance = provenance_get_or_create(statuses={"pairing": ScorerStatus("measured")})
    now = timezone.now()
    PairScorecard.objects.bulk_create(
        [
            PairScorecard(
                pair_id=ids[key], origin=MEASURED, provenance=provenance, scored_at=now, **pair.metrics
            )
            for key, pair in closest.items()
        ],
        update_conflicts=True,
        unique_fields=["pair", "origin"],
        update_fields=["provenance", "scored_at", *PAIR_METRICS],
    )
    pair_proposals_refresh(pair_ids=[ids[key] for key in closest])


def _branches(
    source: Source,
    turns: Sequence[recipes.Turn],
    found: Sequence[pairing.ClipPair],
    chains: Sequence[pairing.Chain],
) -> int:
    """Read every present clip's branch; a source without told speakers leaves them blank."""
    if not turns:
        return 0
    paired, chained = pairing.paired_spans(found), pairing.chained_turns(chains)
    tracks = list(source.tracks.all())
    changed = []
    for clip in source.clips.filter(is_current=True):
        shown = tuple(
            track.pk for track in tracks if track.start_s < clip.end_s and track.end_s > clip.start_s
        )
        span = _span(clip, shown)
        branch = str(pairing.branch_of(span, turns, paired, chained).branch)
        if clip.branch != branch:
            clip.branch = branch
            changed.append(clip)
    Clip.objects.bulk_update(changed, ["branch"])
    return len(changed)


def _span(clip: Clip, shown: tuple[int, ...] = ()) -> recipes.Span:
    kind = recipes.SpanKind.SHOT if clip.track_id is None else recipes.SpanKind.TALK
    if clip.branch == "listening":
        kind = recipes.SpanKind.LISTEN
    tracks = shown if clip.track_id is None else (clip.track_id,)
    return recipes.Span(to_us(clip.start_s), to_us(clip.end_s), kind, track_key=clip.track_id, tracks=tracks)


def _gap(pair: pairing.CandidatePair) -> float:
    gap = pair.metrics["pair_gap_s"]
    return abs(gap) if gap is not None else float("inf")
