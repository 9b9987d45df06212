"""What an export's manifest states: counted while it is written, read from the frozen subset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from curation.exports.record import NO_STATUSES, ExportClip
from curation.exports.tables import ALONG
from curation.metrics import METRICS
from curation.models import Benchmark, Certificate, ExportJob, ScorerBuild, TrainingSplit
from curation.policies.words import rule_words
from curation.selectors.clipfilter import filter_from_dict, filter_words
from curation.selectors.policies import policy_rules
from curation.version import VERSION


class Tally:
    """What was written: counts that the manifest states."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        kept = kept or {}
        self.clips: int = kept.get("clips", 0)
        self.seconds: float = kept.get("seconds", 0.0)
        self.tiers: Counter[str] = Counter(kept.get("tiers", {}))
        self.splits: Counter[str] = Counter(kept.get("splits", {}))
        self.settled: int = kept.get("settled", 0)
        self.builds: set[int] = set(kept.get("builds", ()))
        self._last = NO_STATUSES
        self.rows: Counter[str] = Counter(kept.get("rows", {}))
        self.lacking: dict[str, Counter[str]] = {
            name: Counter(kept.get("lacking", {}).get(name, {})) for name in ALONG
        }

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON to go on from; a float's shortest digits give back the very float."""
        return {
            "clips": self.clips,
            "seconds": self.seconds,
            "tiers": dict(self.tiers),
            "splits": dict(self.splits),
            "settled": self.settled,
            "builds": sorted(self.builds),
            "rows": dict(self.rows),
            "lacking": {name: dict(reasons) for name, reasons in self.lacking.items()},
        }

    def add(self, clip: ExportClip) -> None:
        self.clips += 1
        self.seconds += clip.duration_s
        self.tiers[clip.tier] += 1
        if clip.drawn.split is not None:
            self.splits[clip.drawn.split] += 1
        self.settled += clip.verdict is not None
        if clip.statuses is not self._last:
            self._last = clip.statuses
            self.builds |= clip.statuses.build_ids
        for name, rows in clip.along.items():
            self.rows[name] += len(rows)
        for name, reason in clip.lacking.items():
            self.lacking[name][reason] += 1


def _drawn(found: Benchmark | TrainingSplit | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"name": found.name, "seed": found.seed, "plan": found.plan, "report": found.report}


def manifest_facts(job: ExportJob, format_version: int, tally: Tally) -> dict[str, Any]:
    """Everything that a manifest says besides its files. No clock time: the same list gives the same facts."""
    subset = job.subset
    policy = subset.policy
    rules = policy_rules(policy) if policy else None
    chosen = filter_from_dict(subset.filter.get("filter", {}))
    certificate = Certificate.objects.filter(subset=subset).order_by("-id").first()
    builds = ScorerBuild.objects.in_bulk(tally.builds)
    return {
        "made_by": {"name": "Rushes", "version": VERSION},
        "format": {"name": job.format, "version": format_version},
        "corpus": {
            "name": subset.corpus.name,
            "slug": subset.corpus.slug,
            "synthetic": subset.corpus.is_synthetic,
        },
        "subset": {
            "id": subset.pk,
            "name": subset.name,
            "filter": subset.filter,
            "filter_words": filter_words(chosen, rules),
            "validated_only": subset.validated_only,
            "list_sha256": subset.list_sha256,
            "frozen_clips": subset.clip_count,
            "frozen_seconds": round(subset.total_seconds, 3),
        },
        "policy": None
        if policy is None or rules is None
        else {
            "number": policy.number,
            "name": policy.name,
            "origin": policy.origin,
            "rules_sha256": policy.rules_sha256,
            "rules": [f"{rule.tier.word}: {rule_words(rule)}" for rule in rules],
        },
        "benchmark": _drawn(Benchmark.objects.filter(subset=subset).first()),
        "training_split": _drawn(TrainingSplit.objects.filter(subset=subset).first()),
        "counts": {
            "clips": tally.clips,
            "seconds": round(tally.seconds, 3),
            "by_tier": dict(sorted(tally.tiers.items())),
            "by_split": dict(sorted(tally.splits.items())),
            "settled_by_people": tally.settled,
            "withdrawn_since_frozen": subset.clip_count - tally.clips,
        },
        # Facts of the sources as they stood when this was written; the list and its evidence are frozen, these are not.
        "along": {
            name: {"rows": tally.rows[name], "clips_without": dict(sorted(tally.lacking[name].items()))}
            for name in ALONG
        },
        "builds": {
            str(pk): {
                "scorer": build.scorer,
                "version": build.version,
                "model_sha256": build.model_sha256 or None,
                "device": build.device,
            }
            for pk, build in sorted(builds.items())
        },
        "metrics": {
            name: {"unit": spec.unit, "formula": spec.formula} for name, spec in sorted(METRICS.items())
        },
        "certificate_sha256": certificate.document_sha256 if certificate else None,
    }
