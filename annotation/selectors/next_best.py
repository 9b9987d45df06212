"""Which clips of a frame are worth judging for a wanted estimate, as weights that a draw turns into chances.

How to draw by it, from a form or a command::

    priority = next_best_priority(corpus=corpus, policy=policy, want="recall", level="sft", frame=frame)
    draw_make(corpus=corpus, policy=policy, design="poisson", frame=frame, size=300, priority=priority, split=True)

``WANTS`` holds the estimates with their words. The floor (a fifth of a simple random draw's chance, unless ``floor``
says otherwise) and the probabilities are the draw's to keep. Judged clips stay in: the draw speaks of the whole frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from annotation.errors import BadPlan
from annotation.sampling import next_best_size, recall_weights
from annotation.services.frames import FrameFilter, frame_query
from curation.models import Corpus, Policy
from curation.policies.tiers import Tier, tier_from_word
from curation.selectors.verdicts import stands

WANTS: Mapping[str, str] = {
    "kept": "of what the policy keeps, the share that people accept",
    "hours": "of the hours that the policy keeps, the share that people accept",
    "recall": "of what people accept, the share that the policy keeps",
    "all": "of the whole list, the share that people accept",
}
_MOST_FAILING = 3


@dataclass(frozen=True, slots=True)
class _Cell:
    """Clips alike in what the policy says of them: proposed tier, how many rules they fail, and people's answers."""

    count: int
    kept: bool
    judged: int
    accepted: int

    @property
    def chance(self) -> float:
        """How likely people accept one: (accepted + 1) / (judged + 2), so ½ while nobody looked."""
        return (self.accepted + 1) / (self.judged + 2)


def next_best_priority(
    *,
    corpus: Corpus,
    policy: Policy,
    want: str = "kept",
    level: str = "sft",
    frame: FrameFilter | None = None,
) -> dict[int, float]:
    """Clip id → weight of at least 0, for ``draw_make(priority=…)``; the larger, the more the estimate narrows.

    ``want`` is a key of ``WANTS``, ``level`` the tier that counts as accepted and as kept (that tier or better). How
    likely people accept a clip is read from blind verdicts on clips of the same proposed tier that fail as many rules;
    it steers the draw only, and no estimate rests on it. Raises ``BadPlan`` for an unknown ``want`` or an empty frame.
    """
    if want not in WANTS:
        raise BadPlan(f"no estimate is called {want!r}; there are {', '.join(WANTS)}")
    try:
        cut = tier_from_word(level)
    except ValueError as error:
        raise BadPlan(str(error)) from None
    query = frame_query(corpus=corpus, policy=policy, subject="clip", frame=frame or FrameFilter())
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED, {"policy": policy.pk, "corpus": corpus.pk, "cut": _accepted_words(cut)})
        judged = {(tier, failing): (n, yes) for tier, failing, n, yes in cursor.fetchall()}
        cursor.execute(
            f"SELECT t.id, t.end_s - t.start_s, p.tier, least({_FAILING}, {_MOST_FAILING}) FROM {query.text}",
            query.parameters,
        )
        rows = cursor.fetchall()
    if not rows:
        raise BadPlan(
            "nothing in this corpus fits: loosen the filter, or wait until clips are scored and proposed"
        )
    counts: dict[tuple[int | None, int | None], int] = {}
    for _, _, tier, failing in rows:
        counts[tier, failing] = counts.get((tier, failing), 0) + 1
    cells = {
        key: _Cell(count, key[0] is not None and key[0] >= int(cut), *judged.get(key, (0, 0)))
        for key, count in counts.items()
    }
    sizes = _sizes(cells, want)
    by_hours = want == "hours"
    return {pk: sizes[tier, failing] * (seconds if by_hours else 1.0) for pk, seconds, tier, failing in rows}


def _sizes(
    cells: Mapping[tuple[int | None, int | None], _Cell], want: str
) -> dict[tuple[int | None, int | None], float]:
    """What one clip of each cell is worth, by a clip's count or by a second of it."""
    good_kept = sum(cell.count * cell.chance for cell in cells.values() if cell.kept)
    good_left = sum(cell.count * cell.chance for cell in cells.values() if not cell.kept)
    if want == "recall":
        # K and L add up what cells hold, and clips that nobody accepts add nothing to either.
        kept, left = recall_weights(good_kept, good_left)
        return {key: (kept if cell.kept else left) * cell.chance**0.5 for key, cell in cells.items()}
    inside = {key: cell for key, cell in cells.items() if want == "all" or cell.kept}
    size = sum(cell.count for cell in inside.values())
    centre = sum(cell.count * cell.chance for cell in inside.values()) / size if size else None
    return {
        key: next_best_size(1.0, cell.chance, centre) if key in inside else 0.0 for key, cell in cells.items()
    }


def _accepted_words(cut: Tier) -> list[str]:
    return [tier.word for tier in (Tier.SFT, Tier.PRETRAIN, Tier.REJECT) if tier >= cut]


_FAILING = "bit_count(p.failing::bigint::bit(64))::int"
_JUDGED = f"""
SELECT p.tier, least({_FAILING}, {_MOST_FAILING}), count(*), count(*) FILTER (WHERE v.answer = ANY(%(cut)s))
FROM curation_verdict v
JOIN curation_clip c ON c.id = v.clip_id AND c.withdrawn_at IS NULL
JOIN curation_proposal p ON p.policy_id = %(policy)s AND p.clip_id = c.id
WHERE v.corpus_id = %(corpus)s AND v.question = 'tier' AND v.blind AND v.answer IN ('sft', 'pretrain', 'reject')
  AND {stands("v")}
GROUP BY 1, 2
"""
