"""What may come more often than the rest of a list, and how a form names it."""

from __future__ import annotations

from collections.abc import Mapping

from annotation.errors import BadPlan
from annotation.selectors.closeness import closeness_priority
from annotation.selectors.next_best import next_best_priority
from annotation.services.frames import FrameFilter
from curation.models import Corpus, Policy

THRESHOLD, NEXT_BEST = "threshold", "next_best"
PRIORITIES: Mapping[str, str] = {
    THRESHOLD: "At random, those close to a threshold more often",
    NEXT_BEST: "At random, those that would narrow an estimate more often",
}


def priority_of(
    word: str,
    *,
    corpus: Corpus,
    policy: Policy | None,
    frame: FrameFilter,
    band: float = 0.15,
    want: str = "kept",
    level: str = "sft",
) -> Mapping[int, float]:
    """Id → weight of at least 0 under the priority ``word``, of ``PRIORITIES``. Raises ``BadPlan``."""
    if policy is None:
        raise BadPlan("a priority is read from a policy; activate one first")
    if word == THRESHOLD:
        return closeness_priority(corpus=corpus, policy=policy, band=band, frame=frame)
    if word == NEXT_BEST:
        if policy.subject != policy.Subject.CLIP:
            raise BadPlan("estimates are of clips: pairs can come at random, or by closeness to a threshold")
        return next_best_priority(corpus=corpus, policy=policy, want=want, level=level, frame=frame)
    raise BadPlan(f"no priority is called {word!r}; there are {', '.join(PRIORITIES)}")
