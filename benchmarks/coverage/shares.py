"""Shares of equal draws, exact by enumeration or by strata, and differences of shares."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import binom, hypergeom

from annotation.estimation import (
    StratumCount,
    clopper_pearson,
    hypergeometric_interval,
    rogan_gladen,
    share_difference,
    stratified_exact,
)
from benchmarks.coverage.cells import APPROXIMATE, EXACT, CellResult, Scale, Tally, cell_rng, holds


def clopper_pearson_cells(scale: Scale) -> Iterator[CellResult]:
    for n in scale.sizes:
        for share in scale.shares:
            held = sum(
                float(binom.pmf(k, n, share)) for k in range(n + 1) if holds(clopper_pearson(k, n), share)
            )
            yield CellResult("Clopper–Pearson", f"p={share} n={n}", EXACT, held, None, None)


def hypergeometric_cells(scale: Scale) -> Iterator[CellResult]:
    for n in scale.sizes:
        population = 3 * n
        for share in scale.shares:
            good = round(share * population)
            held = sum(
                float(hypergeom.pmf(k, population, good, n))
                for k in range(n + 1)
                if holds(hypergeometric_interval(k, n, population), good / population)
            )
            yield CellResult("hypergeometric", f"p={share} n={n} N={population}", EXACT, held, None, None)


def stratified_cells(scale: Scale) -> Iterator[CellResult]:
    for strata in (1, 2, 3, 5):
        for n in scale.sizes:
            for share in scale.shares:
                rng = cell_rng("stratified", strata, n, share)
                # Uneven: weights 1, 2, …; shares spread around the overall one; the same n in each.
                size = np.arange(1, strata + 1) * 4 * n
                spread = np.linspace(-1, 1, strata) * (1 - share) * 0.8 if strata > 1 else np.zeros(1)
                good = np.round(size * np.clip(share + spread, 0, 1)).astype(int)
                truth = good.sum() / size.sum()
                each = max(2, n // strata)
                tally = Tally()
                drawn = [
                    rng.hypergeometric(g, s - g, each, scale.replicates)
                    for g, s in zip(good, size, strict=True)
                ]
                for counts in zip(*drawn, strict=True):
                    tally.add(
                        stratified_exact(
                            [StratumCount(int(s), each, int(k)) for s, k in zip(size, counts, strict=True)]
                        ),
                        truth,
                    )
                yield tally.result("stratified exact", f"p={share} n={n} H={strata}", EXACT)


def small_cells(scale: Scale) -> Iterator[CellResult]:
    for share in scale.shares:
        rng = cell_rng("gap", share)
        tally = Tally()
        for _ in range(scale.replicates):
            first, second = rng.binomial(150, share), rng.binomial(80, share - 0.1)
            tally.add(share_difference(int(first), 150, int(second), 80), 0.1)
        yield tally.result("difference of shares", f"p={share} n=150, 80", APPROXIMATE)
    for share in scale.shares:
        rng = cell_rng("rogan", share)
        tally = Tally()
        for _ in range(scale.replicates):
            measure = rogan_gladen(
                accepted=int(rng.binomial(400, share * 0.9 + (1 - share) * 0.12)),
                n=400,
                good_golds_accepted=int(rng.binomial(100, 0.9)),
                good_golds=100,
                bad_golds_refused=int(rng.binomial(60, 0.88)),
                bad_golds=60,
            )
            tally.add(measure, share)
        yield tally.result("Rogan–Gladen", f"p={share} n=400", APPROXIMATE)
