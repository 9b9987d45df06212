"""Plain functions that make facts for tests and for looking at pages while developing.

Each makes what it needs unless handed it; nothing is random, every value can be named. Example::

    world = factories.world()                       # a corpus with an active policy and clips of every tier
    clip = factories.clip(scores={"movement_min": 71.0})
    curator = factories.user("curator")
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection

from curation.metrics import METRICS, SCORERS, of_scorer
from curation.models import (
    MEASURED,
    Activation,
    Clip,
    Corpus,
    Policy,
    Proposal,
    Provenance,
    Recipe,
    Rendition,
    Rule,
    Scorecard,
    ScorerBuild,
    Source,
    User,
    Verdict,
)
from curation.policies.tiers import Tier, tier_from_word

_numbers = itertools.count(1)
PASSWORD = "rushes-test-password"
SCORED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

# Scores of a clip that the rules below put into sft; change one to see it fall.
GOOD_SCORES: dict[str, float] = {
    "duration_s": 6.0,
    "frame_rate_fps": 25.0,
    "width_px": 1280.0,
    "height_px": 720.0,
    "clarity": 2.1,
    "luminance": 118.0,
    "sharpness": 240.0,
    "movement_avg": 96.5,
    "movement_min": 88.0,
    "rotation_avg": 97.0,
    "rotation_min": 90.0,
    "orientation_avg": 88.0,
    "orientation_min": 71.0,
    "completeness_avg": 100.0,
    "completeness_min": 100.0,
    "resolution_avg": 260.0,
    "resolution_min": 240.0,
    "face_consistency": 100.0,
}
# (tier, metric, operator, low, high)
RULES: tuple[tuple[str, str, str, float | None, float | None], ...] = (
    ("sft", "movement_min", "at_least", 60.0, None),
    ("sft", "rotation_min", "at_least", 60.0, None),
    ("sft", "orientation_min", "at_least", 30.0, None),
    ("sft", "sharpness", "at_least", 100.0, None),
    ("pretrain", "sharpness", "at_least", 20.0, None),
    ("pretrain", "luminance", "within", 10.0, 210.0),
)


def number() -> int:
    """The next of a row of numbers, for names that must differ."""
    return next(_numbers)


def user(role: str = "annotator", **fields: Any) -> User:
    """A login of ``role`` with the password ``PASSWORD``."""
    fields.setdefault("username", f"{role}-{number()}")
    return User.objects.create_user(password=PASSWORD, role=role, **fields)


def corpus(**fields: Any) -> Corpus:
    n = number()
    return Corpus.objects.create(**{"name": f"Corpus {n}", "slug": f"corpus-{n}", **fields})


def source(corpus_: Corpus | None = None, **fields: Any) -> Source:
    n = number()
    return Source.objects.create(
        **{
            "corpus": corpus_ or corpus(),
            "sha256": hashlib.sha256(f"source {n}".encode()).hexdigest(),
            "uri": f"/nowhere/talk-{n}.mp4",
            "name": f"talk-{n}.mp4",
            "width": 1280,
            "height": 720,
            "rotation": 0,
            "fps": 25.0,
            "variable_rate": False,
            "start_s": 0.0,
            "duration_s": 600.0,
            "has_sound": True,
            "size_bytes": 40_000_000,
            "container": "mp4",
            "picture_codec": "h264",
            "sound_codec": "aac",
            "language": "en",
            **fields,
        }
    )


def recipe(name: str = "shots", version: int = 1) -> Recipe:
    return Recipe.objects.get_or_create(name=name, version=version)[0]


def build(scorer: str, **fields: Any) -> ScorerBuild:
    return ScorerBuild.objects.get_or_create(scorer=scorer, **{"version": "1", **fields})[0]


def provenance(statuses: Mapping[str, Mapping[str, Any]]) -> Provenance:
    """The shared row of these statuses, digest as the models promise: sha256 of canonical JSON."""
    text = json.dumps(statuses, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Provenance.objects.get_or_create(digest=digest, defaults={"statuses": statuses})[0]


def statuses_of(scores: Mapping[str, float | None], **changed: tuple[str, str]) -> dict[str, dict[str, Any]]:
    """Per scorer: measured if any of its metrics has a value, else unavailable. ``changed``: scorer=(state, reason)."""
    statuses: dict[str, dict[str, Any]] = {}
    builds = dict(ScorerBuild.objects.filter(version="1").values_list("scorer", "pk"))
    for scorer in SCORERS:
        if scorer in changed:
            state, reason = changed[scorer]
        elif any(scores.get(spec.name) is not None for spec in of_scorer(scorer)):
            state, reason = "measured", ""
        else:
            state, reason = "unavailable", f"the weights of {scorer} are not installed"
        made_by = (builds.get(scorer) or build(scorer).pk) if state == "measured" else None
        statuses[scorer] = {"state": state, "build": made_by, "reason": reason}
    return statuses


def scorecard(
    clip_: Clip,
    scores: Mapping[str, float | None] | None = None,
    *,
    origin: str = MEASURED,
    **changed: tuple[str, str],
) -> Scorecard:
    """A scorecard of ``scores`` (``GOOD_SCORES`` unless given); ``changed`` as in ``statuses_of``."""
    values = dict(GOOD_SCORES if scores is None else scores)
    unknown = set(values) - set(METRICS)
    if unknown:
        raise KeyError(f"not in the catalogue: {unknown}")
    return Scorecard.objects.create(
        clip=clip_,
        origin=origin,
        provenance=provenance(statuses_of(values, **changed)),
        scored_at=SCORED_AT,
        **values,
    )


def clip(
    source_: Source | None = None,
    *,
    scores: Mapping[str, float | None] | None = None,
    scored: bool = True,
    **fields: Any,
) -> Clip:
    """A clip, scored with ``GOOD_SCORES`` laid under ``scores`` unless ``scored`` is false."""
    source_ = source_ or source()
    n = number()
    start = fields.pop("start_s", float(n))
    made = Clip.objects.create(
        **{
            "corpus": source_.corpus,
            "source": source_,
            "recipe": recipe(),
            "start_s": start,
            "end_s": start + 6.0,
            "branch": "single",
            "language": source_.language,
            **fields,
        }
    )
    if scored:
        values = {**GOOD_SCORES, "duration_s": made.duration_s, **(scores or {})}
        scorecard(made, values)
    return made


def clips(sources: Sequence[Source], **scores: float | None) -> list[Clip]:
    """A clip of each of ``sources`` as ``clip`` makes it, all with the same scores, in a few statements."""
    used, starts = recipe(), [float(number()) for _ in sources]
    made = Clip.objects.bulk_create(
        Clip(
            corpus=source_.corpus,
            source=source_,
            recipe=used,
            start_s=start,
            end_s=start + 6.0,
            branch="single",
            language=source_.language,
        )
        for source_, start in zip(sources, starts, strict=True)
    )
    values = {**GOOD_SCORES, "duration_s": 6.0, **scores}
    measured = provenance(statuses_of(values)) if made else None
    Scorecard.objects.bulk_create(
        Scorecard(clip=one, origin=MEASURED, provenance=measured, scored_at=SCORED_AT, **values)
        for one in made
    )
    return made


def policy(
    corpus_: Corpus | None = None,
    rules: Sequence[tuple[str, str, str, float | None, float | None]] = RULES,
    **fields: Any,
) -> Policy:
    """A policy of the next number with its rules and its empty partition; not yet active."""
    corpus_ = corpus_ or corpus()
    last = corpus_.policies.order_by("-number").first()
    text = json.dumps([list(rule) for rule in rules])
    made = Policy.objects.create(
        **{
            "corpus": corpus_,
            "number": last.number + 1 if last else 1,
            "name": "test rules",
            "rules_sha256": hashlib.sha256(text.encode()).hexdigest(),
            **fields,
        }
    )
    Rule.objects.bulk_create(
        Rule(
            policy=made,
            ordinal=ordinal,
            tier=int(tier_from_word(tier)),
            metric=metric,
            operator=operator,
            low=None if low is None else float(np.float32(low)),
            high=None if high is None else float(np.float32(high)),
        )
        for ordinal, (tier, metric, operator, low, high) in enumerate(rules)
    )
    partition(made)
    return made


def partition(policy_: Policy) -> None:
    """The partition of a policy's proposals, as the application makes it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rushes_proposal_partition(%s)", [policy_.pk])


def propose(policy_: Policy, clips: Sequence[Clip] | None = None) -> None:
    """Fill the policy's partition for ``clips`` (all of its corpus) by the rules themselves."""
    from curation.policies.evaluate import decide
    from curation.policies.rules import Operator, RuleList
    from curation.policies.rules import Rule as PureRule

    rules = RuleList(
        tuple(
            PureRule(Tier(rule.tier), rule.metric, Operator(rule.operator), rule.low, rule.high)
            for rule in policy_.rules.order_by("ordinal")
        )
    )
    cards = Scorecard.objects.filter(origin=policy_.origin, clip__corpus=policy_.corpus)
    if clips is not None:
        cards = cards.filter(clip__in=clips)
    decisions = [
        (card.clip_id, decide(rules, {m: getattr(card, m) for m in rules.metrics})) for card in cards
    ]
    Proposal.objects.bulk_create(
        Proposal(
            policy_id=policy_.pk,
            clip_id=clip_id,
            tier=int(decision.tier),
            failing=decision.failing,
            missing=decision.missing,
        )
        for clip_id, decision in decisions
    )


def activate(policy_: Policy, by: User | None = None) -> None:
    """Make it the active one and write that down; no partition is filled here."""
    corpus_ = policy_.corpus
    Activation.objects.create(
        corpus=corpus_, policy=policy_, previous=corpus_.active_policy, by=by, why="test"
    )
    corpus_.active_policy = policy_
    corpus_.save(update_fields=["active_policy"])


def verdict(clip_: Clip, answer: str = "sft", **fields: Any) -> Verdict:
    return Verdict.objects.create(
        **{
            "corpus": clip_.corpus,
            "clip": clip_,
            "question": "tier",
            "answer": answer,
            "method": "single",
            "blind": False,
            "evidence": {
                "judgments": [],
                "raters": ["rater-amber"],
                "answers": [answer],
                "rule": "first answer",
            },
            **fields,
        }
    )


def rendition(clip_: Clip, path: Path, *, root: Path, kind: str = "preview", **fields: Any) -> Rendition:
    """A rendition row of a file that already lies at ``path`` below ``root``."""
    data = path.read_bytes()
    return Rendition.objects.create(
        **{
            "clip": clip_,
            "kind": kind,
            "path": str(path.relative_to(root)),
            "content_type": "video/mp4",
            "sha256": hashlib.sha256(data).hexdigest(),
            "size_bytes": len(data),
            **fields,
        }
    )


@dataclass(frozen=True, slots=True)
class World:
    """A small corpus: one source, an active policy, and clips by the tier that it proposes."""

    corpus: Corpus
    source: Source
    policy: Policy
    sft: list[Clip] = field(default_factory=list)
    pretrain: list[Clip] = field(default_factory=list)
    reject: list[Clip] = field(default_factory=list)
    undecided: list[Clip] = field(default_factory=list)

    @property
    def clips(self) -> list[Clip]:
        return [*self.sft, *self.pretrain, *self.reject, *self.undecided]


def world(
    sft: int = 3, pretrain: int = 2, reject: int = 2, undecided: int = 1, **corpus_fields: Any
) -> World:
    """So many clips of each tier under ``RULES``, proposed and active."""
    made = source(corpus(**corpus_fields))
    result = World(made.corpus, made, policy(made.corpus))
    result.sft.extend(clips([made] * sft))
    result.pretrain.extend(clips([made] * pretrain, movement_min=41.0))
    result.reject.extend(clips([made] * reject, sharpness=8.0))
    result.undecided.extend(clips([made] * undecided, orientation_min=None))
    propose(result.policy)
    activate(result.policy)
    return result
