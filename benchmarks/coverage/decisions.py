"""Words that rest on intervals: an alarm, a threshold, a whole audit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from annotation.agreement import Undefined
from annotation.estimation import (
    Direction,
    ScoredJudgment,
    alarm_probability,
    cusum_design,
    suggest_threshold,
)
from annotation.sampling import Split
from benchmarks.coverage.cells import APPROXIMATE, EXACT, CellResult, Scale, Tally, cell_rng


def drift_cells(scale: Scale) -> Iterator[CellResult]:
    for baseline, shift in ((0.05, 0.1), (0.1, 0.2), (0.2, 0.1)):
        design = cusum_design(baseline=baseline, shift=shift, horizon=1000, false_alarm=0.05)
        assert not isinstance(design, Undefined)
        quiet = 1 - alarm_probability(
            baseline, design.error_step, design.correct_step, design.threshold, design.horizon
        )
        yield CellResult(
            "CUSUM silent without a shift", f"{baseline} → {shift}, 1,000 items", EXACT, quiet, None, None
        )


def learn_then_test_cells(scale: Scale) -> Iterator[CellResult]:
    edges = np.linspace(0, 1, 21)
    for target in (0.8, 0.9):
        for uneven in (False, True):
            rng = cell_rng("ltt", target, uneven)
            kept_word = 0
            for _ in range(scale.replicates):
                score = rng.random(400)
                pi = np.where(score < 0.5, 0.2, 0.1) if uneven else np.full(400, 0.1)
                if uneven:
                    score = np.where(rng.random(400) < 2 / 3, score / 2, 0.5 + score / 2)
                    pi = np.where(score < 0.5, 0.2, 0.1)
                accepted = rng.random(400) < 0.6 + 0.4 * score
                rows = [
                    ScoredJudgment(float(s), bool(a), True, float(p), Split.TUNE)
                    for s, a, p in zip(score, accepted, pi, strict=True)
                ]
                found = suggest_threshold(rows, edges.tolist(), target, Direction.AT_LEAST)
                # Precision of "score ≥ t" for uniform scores is 0.6 + 0.4·(1 + t)/2.
                kept_word += isinstance(found, Undefined) or 0.8 + 0.2 * found.threshold >= target - 1e-12
            held = kept_word / scale.replicates
            cell = f"target {target}, {'uneven' if uneven else 'equal'} probabilities"
            yield CellResult("learn then test", cell, EXACT, held, scale.replicates, scale.replicates)


def audited(scale: Scale) -> Iterator[CellResult]:
    """Through the services and selectors: few audits a cell, because each is thousands of rows; judged together too."""
    from benchmarks.audit_coverage import audited_cells

    each = max(2, scale.replicates // 50)
    yield from audited_cells(each, Tally, APPROXIMATE, lambda text: print(f"  {text}", flush=True))
