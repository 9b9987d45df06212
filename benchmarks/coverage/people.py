"""People among themselves, in twos and in threes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from annotation.agreement.people import people_agreement
from annotation.agreement.ratings import Rating
from benchmarks.coverage.cells import APPROXIMATE, EXACT, CellResult, Scale, Tally, cell_rng


def people_cells(scale: Scale) -> Iterator[CellResult]:
    for name, shares in {"lopsided": (0.8, 0.1, 0.1), "nearly perfect": (0.49, 0.02, 0.49)}.items():
        yes, split, no = shares
        prevalence = yes + split / 2
        chance = 2 * prevalence * (1 - prevalence)
        truth = {"raw": yes + no, "ac1": (yes + no - chance) / (1 - chance), "alpha": 1 - split / chance}
        for n in (50, 200):
            rng = cell_rng("people", name, n)
            tallies = {metric: Tally() for metric in truth}
            for counts in rng.multinomial(n, shares, scale.replicates):
                answers = (
                    [(True, True)] * counts[0] + [(True, False)] * counts[1] + [(False, False)] * counts[2]
                )
                ratings = [
                    Rating(str(item), rater, answer)
                    for item, pair in enumerate(answers)
                    for rater, answer in zip("xy", pair, strict=True)
                ]
                metrics = people_agreement(ratings).metrics()
                for metric, tally in tallies.items():
                    tally.add(metrics[metric], truth[metric])
            for metric, tally in tallies.items():
                promised = EXACT if metric == "raw" else APPROXIMATE
                yield tally.result(f"people: {metric}", f"{name}, n={n}", promised)


def three_people_cells(scale: Scale) -> Iterator[CellResult]:
    for good, wrong in ((0.5, 0.2), (0.8, 0.1), (0.9, 0.05), (0.95, 0.08)):
        right = 1 - wrong
        # Chances of 3, 2, 1, 0 yeses, all of whom err with the same chance.
        shares = [
            good * math.comb(3, k) * right**k * wrong ** (3 - k)
            + (1 - good) * math.comb(3, k) * wrong**k * right ** (3 - k)
            for k in (3, 2, 1, 0)
        ]
        yes = sum(k * share for k, share in zip((3, 2, 1, 0), shares, strict=True)) / 3
        split = (shares[1] + shares[2]) * 2 / 3
        truth = {
            "raw": 1 - split,
            "negative": 1 - split / 2 / (1 - yes),
            "alpha": 1 - split / (2 * yes * (1 - yes)),
            "ac1": 1 - split / (1 - 2 * yes * (1 - yes)),
        }
        for n in (30, 100):
            rng = cell_rng("three people", good, wrong, n)
            tallies = {metric: Tally() for metric in truth}
            for counts in rng.multinomial(n, shares, scale.replicates):
                yeses = np.repeat((3, 2, 1, 0), counts)
                ratings = [
                    Rating(str(item), rater, place < k)
                    for item, k in enumerate(yeses)
                    for place, rater in enumerate("xyz")
                ]
                metrics = people_agreement(ratings).metrics()
                for metric, tally in tallies.items():
                    tally.add(metrics[metric], truth[metric])
            for metric, tally in tallies.items():
                yield tally.result(
                    f"three people: {metric}", f"{good:.0%} good, {wrong:.0%} wrong, n={n}", APPROXIMATE
                )
