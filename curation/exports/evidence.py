"""Our own evidence beside every exported clip: the key `rushes` in JSON formats."""

from __future__ import annotations

from typing import Any

from curation.exports.record import ExportClip

EVIDENCE_FIELD = (
    "rushes",
    "",
    "our evidence: tier, proposal, verdict with raters, scores in the units of the metric catalogue, builds, "
    "and why something was not measured",
)


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
_KEPT = ("raters", "answers", "judgments", "rule", "rubric_version")
