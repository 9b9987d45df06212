"""Unequal chances, panels on part of the items, and clips that come in sources."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from annotation.agreement import Undefined
from annotation.estimation import CheckedItem, hajek, hours_share, source_bootstrap, two_phase
from annotation.sampling import target_probabilities
from benchmarks.coverage.cells import APPROXIMATE, CellResult, Scale, Tally, cell_rng


def weighted_cells(scale: Scale) -> Iterator[CellResult]:
    population = 6000
    for kind in ("shares", "hours", "strata"):
        for n in scale.sizes:
            for share in scale.shares:
                rng = cell_rng("weighted", kind, n, share)
                size = np.exp(rng.normal(0, 0.6, population))
                hours = np.exp(rng.normal(-5, 0.5, population))
                # Big (uncertain) clips fail more often, as priority sampling supposes.
                fail = (1 - share) * size / size.mean()
                accepted = rng.random(population) >= np.minimum(fail, 1)
                strata = np.digitize(rng.random(population), (0.2, 0.5))
                targets = np.array(
                    list(
                        target_probabilities(
                            {str(i): float(s) for i, s in enumerate(size)}, n, floor=0.3 * n / population
                        ).values()
                    )
                )
                truth = accepted.mean() if kind != "hours" else hours[accepted].sum() / hours.sum()
                tally = Tally()
                for _ in range(scale.replicates):
                    rank = rng.random(population) / targets
                    order = np.argpartition(rank, n)
                    chosen, tau = order[:n], rank[order[n]]
                    pi = np.minimum(1, targets[chosen] * tau)
                    if kind == "hours":
                        measure = hours_share(accepted[chosen].tolist(), hours[chosen].tolist(), pi.tolist())
                    else:
                        names = strata[chosen].tolist() if kind == "strata" else None
                        measure = hajek(accepted[chosen].tolist(), pi.tolist(), strata=names)
                    tally.add(measure, truth)
                yield tally.result(f"Korn–Graubard, {kind}", f"p={share} n={n}", APPROXIMATE)


def two_phase_cells(scale: Scale) -> Iterator[CellResult]:
    for wrong in (0.05, 0.1, 0.15):
        for n in (300, 1000):
            for share in scale.shares:
                rng = cell_rng("two phase", wrong, n, share)
                tally = Tally()
                for _ in range(scale.replicates):
                    truth = rng.random(n) < share
                    votes = np.where(rng.random((2, n)) < wrong, ~truth, truth)
                    disputed = votes[0] != votes[1]
                    asked = disputed | (rng.random(n) < 0.1)
                    tally.add(two_phase_measure(votes[0], disputed, truth, asked), share)
                yield tally.result(
                    "two-phase, panel on a tenth", f"p={share} n={n} raters wrong {wrong}", APPROXIMATE
                )

    # The hard case: people who err together, so that they agree and are wrong, which only the panel sees.
    for together in (0.1, 0.3, 0.5):
        for n in (160, 1000):
            for share in (0.5, 0.9, 0.97):
                rng = cell_rng("wrong together", together, n, share)
                tally = Tally()
                for _ in range(scale.replicates):
                    truth = rng.random(n) < share
                    said = np.where(rng.random(n) < together, ~truth, truth)
                    asked = rng.random(n) < 0.1
                    tally.add(two_phase_measure(said, np.zeros(n, dtype=bool), truth, asked), share)
                yield tally.result("two-phase, wrong together", f"p={share} n={n} {together}", APPROXIMATE)


def two_phase_measure(
    answers: np.ndarray, disputed: np.ndarray, panel: np.ndarray, asked: np.ndarray
) -> object:
    found = two_phase(
        CheckedItem(bool(answer), bool(split), bool(verdict) if seen else None)
        for answer, split, verdict, seen in zip(answers, disputed, panel, asked, strict=True)
    )
    return found if isinstance(found, Undefined) else found.corrected


def source_cells(scale: Scale) -> Iterator[CellResult]:
    for sources in (30, 100, 300):
        for share in (s for s in scale.shares if s < 0.98):
            rng = cell_rng("sources", sources, share)
            tally = Tally()
            for _ in range(scale.replicates):
                size = 1 + rng.poisson(4, sources)
                # Sources differ: beta-distributed shares with intra-source correlation 0.2.
                chance = rng.beta(share * 4, (1 - share) * 4, sources)
                source = np.repeat(np.arange(sources), size)
                accepted = (rng.random(len(source)) < chance[source]).astype(float)
                tally.add(source_bootstrap(accepted.tolist(), [1.0] * len(source), source.tolist()), share)
            yield tally.result("bootstrap over sources", f"p={share} sources={sources}", APPROXIMATE)
