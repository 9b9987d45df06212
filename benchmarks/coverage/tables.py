"""A filter against people, in two-by-two tables."""

from __future__ import annotations

from collections.abc import Iterator

from annotation.agreement import binary_table
from benchmarks.coverage.cells import APPROXIMATE, EXACT, CellResult, Scale, Tally, cell_rng


def table_cells(scale: Scale) -> Iterator[CellResult]:
    tables = {
        "balanced, 94 % right": (0.45, 0.03, 0.03, 0.49),
        "lopsided, 90 % right": (0.80, 0.05, 0.05, 0.10),
        "very lopsided": (0.90, 0.03, 0.03, 0.04),
        "nearly perfect": (0.49, 0.01, 0.01, 0.49),
        "poor": (0.40, 0.20, 0.10, 0.30),
    }
    for name, shares in tables.items():
        tp, fp, fn, tn = shares
        truth = {
            "f1": 2 * tp / (2 * tp + fp + fn),
            "kappa": _kappa(*shares),
            "mcc": (tp * tn - fp * fn) / ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) ** 0.5,
        }
        for n in (50, 100, 300):
            rng = cell_rng("table", name, n)
            tallies = {metric: Tally() for metric in truth}
            for counts in rng.multinomial(n, shares, scale.replicates):
                metrics = binary_table(*(int(count) for count in counts)).metrics()
                for metric, tally in tallies.items():
                    tally.add(metrics[metric], truth[metric])
            for metric, tally in tallies.items():
                promised = EXACT if metric == "f1" else APPROXIMATE
                yield tally.result(f"table: {metric}", f"{name}, n={n}", promised)


def _kappa(tp: float, fp: float, fn: float, tn: float) -> float:
    chance = (tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)
    return (tp + tn - chance) / (1 - chance)
