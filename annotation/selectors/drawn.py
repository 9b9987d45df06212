"""What an audit says clip by clip, as far as it may speak for the list that it was drawn from."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.certificates import read
from annotation.certificates.probabilities import prefix_probabilities
from annotation.estimation import Outcome, Undefined, settled_prefix
from annotation.models import DrawItem, Queue
from annotation.sampling import Split
from annotation.selectors.audits import audit_design, audit_items, audit_procedure
from curation.policies.tiers import Tier, tier_from_word

_SPLITS = {DrawItem.Purpose.TUNE: Split.TUNE, DrawItem.Purpose.CERTIFY: Split.CERTIFY}


@dataclass(frozen=True, slots=True)
class DrawnVerdict:
    """One clip of the settled prefix: the tier that people gave it (reject if it cannot be played), its ``probability``
    in (0, 1] for a draw as long as the prefix, and whether it may tune or certify (None: neither).
    """

    clip: int
    source: int
    tier: Tier
    probability: float
    stratum: str
    split: Split | None


@dataclass(frozen=True, slots=True)
class DrawnSample:
    """``verdicts`` of the longest settled prefix in the drawn order; ``skipped`` in it could not be judged and are left
    out; ``beyond`` settled ones wait for the first open one.
    """

    verdicts: tuple[DrawnVerdict, ...]
    skipped: int
    beyond: int


def drawn_sample(queue: Queue) -> DrawnSample | Undefined:
    """The blind verdicts of an audit on tiers, with their chances. Not defined where the draw does not state them."""
    items = audit_items(queue, levels="sft")
    procedure = audit_procedure(queue)
    readings = [read(item.record, procedure) for item in items]
    prefix = settled_prefix([one.outcome for one in readings])
    chances = prefix_probabilities([item.record for item in items], prefix.n, audit_design(queue))
    if isinstance(chances, Undefined):
        return chances
    found = []
    for item, said, chance in zip(items, readings, chances, strict=False):
        if said.outcome is Outcome.SKIPPED:
            continue
        word = said.answer or "reject"
        if said.checked and item.record.panel is not None and item.record.panel.answer is not None:
            word = item.record.panel.answer
        split = _SPLITS.get(DrawItem.Purpose(item.facts.purpose))
        found.append(
            DrawnVerdict(
                item.record.clip,
                item.facts.source,
                tier_from_word(word),
                chance,
                item.record.stratum,
                split,
            )
        )
    return DrawnSample(tuple(found), prefix.count(Outcome.SKIPPED), prefix.beyond)
