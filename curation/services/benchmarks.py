"""Benchmarks: drawn from validated clips by a plan and a seed, frozen as a subset, checked for leaks, written down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from curation.benchmarks.draw import Candidate, Drawn, draw
from curation.benchmarks.plan import BenchmarkPlan
from curation.errors import RushesError
from curation.models import Benchmark, BenchmarkLeak, Corpus
from curation.selectors.benchmarks import (
    attribute_groups,
    clip_candidates,
    pair_candidates,
    sources_showing,
)
from curation.selectors.clipfilter import ClipFilter
from curation.services.audit import audit_write
from curation.services.leaks import LeakReport, leaks_find, seen_in_training, training_facts, training_gather
from curation.services.subsets import Picked, subset_freeze

SPLIT = "benchmark"


class NothingDrawn(RushesError):
    """No candidate could be drawn."""

    code = "nothing_drawn"


class ChangedMeanwhile(RushesError):
    """A verdict or a withdrawal came between drawing and freezing."""

    code = "changed_meanwhile"


class NoName(RushesError):
    """A benchmark or split without a name or a seed."""

    code = "no_name"


@dataclass(frozen=True, slots=True)
class Trial:
    """What a plan would draw now. ``left_out``: candidates not drawn from at all, by reason."""

    candidates: int
    drawn: Drawn
    left_out: dict[str, int]


@transaction.atomic
def benchmark_try(
    *, corpus: Corpus, plan: BenchmarkPlan, seed: str, chosen: ClipFilter | None = None
) -> Trial:
    """Draw without keeping anything. Raises ``BadFilter`` and ``NotFound``."""
    chosen = chosen or ClipFilter()
    found = (pair_candidates if plan.unit == "pair" else clip_candidates)(corpus, plan, chosen)
    candidates, left_out = _admitted(corpus, plan, found)
    asked = {name for part in plan.parts for name in part.by}
    drawn = draw(candidates, plan, seed=seed, groups=attribute_groups(corpus, asked))
    return Trial(len(found), drawn, left_out)


@transaction.atomic
def benchmark_make(
    *,
    corpus: Corpus,
    name: str,
    plan: BenchmarkPlan,
    seed: str,
    chosen: ClipFilter | None = None,
    by: Any = None,
) -> Benchmark:
    """Draw by ``plan`` and ``seed``, freeze what was drawn, check it for leaks and write all of it down.

    Raises ``NothingDrawn``, ``ChangedMeanwhile``, ``NoName``, ``BadFilter`` and ``NotFound``; then nothing is kept.
    """
    name, seed, chosen = named(name, seed), seed.strip(), chosen or ClipFilter()
    trial = benchmark_try(corpus=corpus, plan=plan, seed=seed, chosen=chosen)
    taken = trial.drawn.taken
    if not taken:
        raise NothingDrawn(_why_nothing(trial, plan, chosen))
    more: dict[int, dict[str, Any]] = {}
    for number, each in enumerate(taken, start=1):
        for clip, role in zip(each.candidate.clips, ("initiator", "responder"), strict=False):
            more[clip] = {"split": SPLIT, "stratum": f"{each.part}: {each.stratum}"}
            if plan.unit == "pair":
                more[clip] |= {"pair": number, "pair_role": role}
    subset = subset_freeze(
        corpus=corpus,
        name=name,
        tiers=plan.tiers,
        chosen=chosen,
        picked=Picked(
            "SELECT * FROM unnest(%s::bigint[], %s::jsonb[]) AS each (clip_id, more)",
            [list(more), [json.dumps(one) for one in more.values()]],
            {"benchmark": {"seed": seed, "plan": plan.as_dict()}},
        ),
        by=by,
    )
    if subset.clip_count != len(more):
        raise ChangedMeanwhile("clips were judged or withdrawn while the benchmark was drawn; draw it again")
    leaks, held_out = _compared(corpus, plan, trial.drawn, list(more))
    benchmark = Benchmark.objects.create(
        corpus=corpus,
        subset=subset,
        name=subset.name,
        unit=plan.unit,
        seed=seed,
        plan=plan.as_dict(),
        report=_report(trial, leaks, held_out, plan),
        made_by=by,
    )
    BenchmarkLeak.objects.bulk_create(
        (
            BenchmarkLeak(
                benchmark=benchmark,
                clip_id=leak.clip,
                kind=leak.kind,
                other_id=leak.other,
                others=leak.others,
                distance=leak.distance,
                reason=leak.reason,
            )
            for leak in leaks.leaks
        ),
        batch_size=1000,
    )
    audit_write(
        actor=by,
        action="benchmark.make",
        object=benchmark,
        detail={"corpus": corpus.slug, "subset": subset.pk, "units": len(taken), "wanted": plan.size},
    )
    return benchmark


def named(name: str, seed: str) -> str:
    """The name without blanks around; raises ``NoName`` where it or the seed is missing."""
    if not name.strip():
        raise NoName("name: give one, so that its exports can be told apart")
    if not seed.strip():
        raise NoName("seed: give any word; the same word draws the same clips again")
    if len(seed) > 120:
        raise NoName("seed: at most 120 characters")
    return name.strip()[:120]


def _admitted(
    corpus: Corpus, plan: BenchmarkPlan, found: list[Candidate]
) -> tuple[list[Candidate], dict[str, int]]:
    """Candidates that may be drawn where persons must be unseen, and how many may not, by reason."""
    if plan.unseen == "report":
        return found, {}
    known = [one for one in found if one.known]
    left_out = {_NOT_KNOWN: len(found) - len(known)}
    if plan.unseen == "strict":
        own = {clip for one in known for clip in one.clips} if plan.training_subset is None else set()
        training_gather(corpus, plan, without=sorted(own))
        sources, persons = seen_in_training()
        unseen = [one for one in known if persons.isdisjoint(one.persons) and sources.isdisjoint(one.sources)]
        left_out[_SEEN] = len(known) - len(unseen)
        known = unseen
    return known, {reason: count for reason, count in left_out.items() if count}


_NOT_KNOWN = "nobody has said whom they show, so they cannot be called unseen"
_SEEN = "their persons or sources are seen in the training tiers"


def _compared(
    corpus: Corpus, plan: BenchmarkPlan, drawn: Drawn, clips: list[int]
) -> tuple[LeakReport, dict[str, Any]]:
    """Leaks into what the plan calls training, less what is held out of it; and how much that is."""
    training_gather(corpus, plan, without=clips)
    held: dict[str, Any] = {}
    if plan.unseen == "hold_out":
        sources = {source for each in drawn.taken for source in each.candidate.sources}
        persons = {person for each in drawn.taken for person in each.candidate.persons}
        before = training_facts()
        held_out = sorted(sources | sources_showing(persons))
        training_gather(corpus, plan, without=clips, held_out=held_out)
        after = training_facts()
        held = {"sources": len(held_out)} | {
            key: round(before[key] - after[key], 3) for key in ("clips", "seconds")
        }
    return leaks_find(clips, near=plan.near), held


def _report(trial: Trial, leaks: LeakReport, held_out: dict[str, Any], plan: BenchmarkPlan) -> dict[str, Any]:
    strata = [each.as_dict() for each in trial.drawn.strata]
    counts = {kind.value: sum(leak.kind == kind for leak in leaks.leaks) for kind in BenchmarkLeak.Kind}
    return {
        "wanted": plan.size,
        "candidates": trial.candidates,
        "taken": len(trial.drawn.taken),
        "left_out": trial.left_out,
        "strata": strata,
        "short": sum(max(0, each["wanted"] - each["taken"]) for each in strata),
        "leaks": counts,
        "training": leaks.training,
        "held_out": held_out,
    }


def _why_nothing(trial: Trial, plan: BenchmarkPlan, chosen: ClipFilter) -> str:
    if not trial.candidates:
        lacking = "no clip was" if plan.unit == "clip" else "of no pair were both clips"
        within = "" if chosen.is_empty else " within this filter"
        return f"{lacking} settled by people as one of these tiers{within}, so there is nothing to draw from"
    reasons = [f"{count} left out: {reason}" for reason, count in trial.left_out.items()]
    return f"none of {trial.candidates} candidates could be drawn" + (
        f" ({'; '.join(reasons)})" if reasons else ": their attributes are not known"
    )
