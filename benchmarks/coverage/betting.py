"""Sequential intervals, which must hold wherever one stops."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from annotation.estimation import betting_bounds, betting_hours, betting_mean, stratified_bounds
from benchmarks.coverage.cells import EXACT, CellResult, Scale, Tally, cell_rng


def betting_cells(scale: Scale) -> Iterator[CellResult]:
    longest = max(scale.sizes)
    for population in (longest, 5 * longest, 5_000_000):
        for share in scale.shares:
            rng = cell_rng("betting", population, share)
            good = round(share * population)
            truth = good / population
            missed_at = []
            width = dict.fromkeys(scale.sizes, 0.0)
            for _ in range(scale.replicates):
                if population <= 5 * longest:
                    deck = np.zeros(population, dtype=int)
                    deck[:good] = 1
                    x = rng.permutation(deck)[:longest]
                else:
                    x = (rng.random(longest) < share).astype(int)
                lower, upper = betting_bounds(x.tolist(), population)
                missed = np.flatnonzero((lower > truth + 1e-12) | (upper < truth - 1e-12))
                missed_at.append(missed[0] if len(missed) else longest)
                for n in scale.sizes:
                    width[n] += upper[n - 1] - lower[n - 1]
            for n in scale.sizes:
                held = float(np.mean(np.array(missed_at) >= n))
                cell = f"p={share} stop anywhere ≤ {n} N={population}"
                runs = scale.replicates
                yield CellResult("betting, yes or no", cell, EXACT, held, runs, runs, width[n] / runs)


def betting_strata_cells(scale: Scale) -> Iterator[CellResult]:
    for strata in (2, 5):
        for share in scale.shares:
            rng = cell_rng("betting strata", strata, share)
            size = np.arange(1, strata + 1) * 200
            spread = np.linspace(-1, 1, strata) * (1 - share) * 0.8
            good = np.round(size * (share + spread)).astype(int)
            truth = float(good.sum() / size.sum())
            populations = {str(h): int(n) for h, n in enumerate(size)}
            each = 300 // strata
            held = 0
            for _ in range(scale.replicates):
                decks = [rng.permutation(np.arange(n) < g)[:each] for n, g in zip(size, good, strict=True)]
                order = np.stack(decks).T.ravel().astype(int).tolist()
                names = [str(h) for _ in range(each) for h in range(strata)]
                lower, upper = stratified_bounds(order, names, populations)
                held += not ((lower > truth + 1e-12) | (upper < truth - 1e-12)).any()
            cell = f"p={share} H={strata} stop anywhere ≤ {each * strata}"
            runs = scale.replicates
            yield CellResult("betting, strata", cell, EXACT, held / runs, runs, runs)


def betting_mean_cells(scale: Scale) -> Iterator[CellResult]:
    n, population = 200, 600
    for share in scale.shares:
        rng = cell_rng("betting mean", share)
        values = np.where(rng.random(population) < share, rng.uniform(0.5, 1, population), 0.0)
        hours = rng.gamma(4, 1, population)
        accepted = rng.random(population) < share
        mean, kept = Tally(), Tally()
        for _ in range(scale.replicates):
            chosen = rng.permutation(population)[:n]
            mean.add(betting_mean(values[chosen].tolist(), population), float(values.mean()))
            measure = betting_hours(
                accepted[chosen].tolist(),
                hours[chosen].tolist(),
                population=population,
                total_hours=float(hours.sum()),
                longest=float(hours.max()),
            )
            kept.add(measure, float(hours[accepted].sum() / hours.sum()))
        yield mean.result("betting, numbers in [0, 1]", f"p={share} n={n} N={population}", EXACT)
        yield kept.result("betting, hours", f"p={share} n={n} N={population}", EXACT)
