"""Our own evidence beside every exported clip: the key `rushes` in JSON formats."""

from __future__ import annotations

from typing import Any

from curation.exports.record import ExportClip
from curation.exports.tables import CLIPS

_SAME = {column.name: (column.unit, column.says) for column in CLIPS.columns}


def evidence_fields(at: str = "rushes") -> tuple[tuple[str, str, str], ...]:
    """Every name below ``at``, where a format puts ``evidence``, with its unit and what it means."""
    told = (
        ("", "", "our evidence; null or absent: not known, or not measured"),
        ("clip", *_SAME["clip"]),
        ("key", *_SAME["id"]),
        *((name, *_SAME[name]) for name in ("source_sha256", "source_name", "recipe", "branch")),
        ("region", "share", "left, top, width and height in shares of the picture; null: all of it"),
        *((name, *_SAME[name]) for name in ("track", "split", "stratum", "pair", "pair_role", "tier")),
        ("proposal.policy", *_SAME["policy"]),
        ("proposal.tier", *_SAME["proposed_tier"]),
        ("proposal.failing_rules", "", "rules of the policy that the clip fails, from 0 as the manifest lists them"),
        ("proposal.unknown_rules", "", "rules whose score is missing"),
        ("verdict.answer", *_SAME["verdict"]),
        ("verdict.method", *_SAME["verdict_method"]),
        ("verdict.blind", *_SAME["verdict_blind"]),
        ("verdict.raters", "", "pseudonyms of the people behind it"),
        ("verdict.answers", "", "what each of them answered"),
        ("verdict.judgments", "", "ids of their judgments"),
        ("verdict.rule", "", "how answers became a verdict"),
        ("verdict.disputed", "", "whether they differed"),
        ("verdict.rubric.slug", "", "the guideline that they judged by"),
        ("verdict.rubric.version", "", "its number"),
        ("origin", *_SAME["origin"]),
        *((f"scores.{spec.name}", spec.unit, spec.says) for spec in CLIPS.columns if spec.kind == "score"),
        ("builds.SCORER", "", "number of the build that measured; the manifest names its version and model"),
        ("not_measured.SCORER.state", "", "not_run, unavailable or failed"),
        ("not_measured.SCORER.reason", "", "why"),
        ("attributes_origin", *_SAME["attributes_origin"]),
    )  # fmt: skip
    return tuple((f"{at}.{name}" if name else at, unit, says) for name, unit, says in told)


def evidence(clip: ExportClip) -> dict[str, Any]:
    """Verdict, proposal, scores and builds of ``clip`` as plain JSON. What was not measured is absent from scores
    and named with its reason under ``not_measured``."""
    return {
        "clip": clip.clip_id,
        "key": clip.key,
        "source_sha256": clip.source.sha256,
        "source_name": clip.source.name,
        "recipe": clip.recipe,
        "branch": clip.branch or None,
        "region": clip.region,
        "track": clip.track,
        "split": clip.drawn.split,
        "stratum": clip.drawn.stratum,
        "pair": clip.drawn.pair,
        "pair_role": clip.drawn.pair_role,
        "tier": clip.tier,
        "proposal": None
        if clip.proposed is None
        else {
            "policy": clip.policy,
            "tier": clip.proposed,
            "failing_rules": list(clip.failing),
            "unknown_rules": list(clip.missing),
        },
        "verdict": None
        if clip.verdict is None
        else {
            "answer": clip.verdict.answer,
            "method": clip.verdict.method,
            "blind": clip.verdict.blind,
            **{key: clip.verdict.evidence[key] for key in _KEPT if key in clip.verdict.evidence},
        },
        "origin": clip.origin,
        "scores": clip.scores,
        "builds": clip.statuses.builds,
        "not_measured": clip.statuses.not_measured,
        "attributes_origin": clip.person.origin or None if clip.person else None,
    }


# Of a verdict's evidence, what leaves the house: pseudonyms and answers, never free text.
_KEPT = ("raters", "answers", "judgments", "rule", "disputed", "rubric")
