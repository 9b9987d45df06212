"""Do the intervals hold the truth as often as they say?

python -m benchmarks.coverage every cell, at least 2,000 replicates where enumeration is out of reach python
-m benchmarks.coverage --quick fewer cells and 300 replicates, for a look

Exact and sequential methods must nowhere fall significantly under the 95 % they promise; approximate ones
must hold 93 % of the times that they give an interval. "Withheld" says how often they refuse; a cell in
which they mostly refuse lies outside what they declare, and is judged by "wrong": intervals without the
truth among all tries. "Significantly" is a one-sided binomial test at 0.001 a cell; enumerated cells need
no test. Exits with 1 if a cell fails.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import binom, hypergeom

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from annotation.agreement import Estimate, Interval, Undefined, binary_table
from annotation.agreement.people import people_agreement
from annotation.agreement.ratings import Rating
from annotation.estimation import (
    CheckedItem,
    Direction,
    ScoredJudgment,
    StratumCount,
    alarm_probability,
    betting_bounds,
    betting_hours,
    betting_mean,
    clopper_pearson,
    cusum_design,
    hajek,
    hours_share,
    hypergeometric_interval,
    rogan_gladen,
    share_difference,
    source_bootstrap,
    stratified_bounds,
    stratified_exact,
    suggest_threshold,
    two_phase,
)
from annotation.sampling import Split, target_probabilities

SHARES = (0.5, 0.7, 0.9, 0.95, 0.97, 0.99)
SIZES = (30, 100, 300, 1000)
EXACT, APPROXIMATE = 0.95, 0.93


@dataclass
class CellResult:
    """One line of the table."""

    method: str
    cell: str
    promised: float
    held: float
    shown: int | None
    replicates: int | None
    width: float | None = None

    @property
    def withheld(self) -> float:
        return 0.0 if self.replicates is None else 1 - (self.shown or 0) / self.replicates

    @property
    def wrong(self) -> float:
        """The share of all tries that gave an interval without the truth in it."""
        return (1 - self.held) * (1 - self.withheld)

    @property
    def verdict(self) -> str:
        if self.replicates is None:
            return "ok" if self.held >= self.promised - 1e-9 else "FAILS"
        if self.withheld > 0.5:
            return "mostly withheld" if self.wrong <= 1 - self.promised else "FAILS"
        hits = round(self.held * (self.shown or 0))
        if binom.cdf(hits, self.shown, self.promised) < 0.001:
            return "FAILS"
        return "ok"


@dataclass
class Scale:
    """How much to run."""

    replicates: int
    shares: tuple[float, ...]
    sizes: tuple[int, ...]


class Tally:
    """Counts intervals that hold the truth."""

    def __init__(self) -> None:
        self.held = self.shown = self.tried = 0
        self.width = 0.0

    def add(self, measure: object, truth: float) -> None:
        self.tried += 1
        interval = measure.interval if isinstance(measure, Estimate) else measure
        if isinstance(interval, Interval):
            self.shown += 1
            self.held += holds(interval, truth)
            self.width += interval.width

    def result(self, method: str, cell: str, promised: float) -> CellResult:
        shown = max(self.shown, 1)
        return CellResult(
            method, cell, promised, self.held / shown, self.shown, self.tried, self.width / shown
        )


def holds(interval: Interval | Undefined, truth: float) -> bool:
    """Whether the truth lies in the interval, give or take the last digit."""
    return isinstance(interval, Interval) and interval.lower - 1e-12 <= truth <= interval.upper + 1e-12


def cell_rng(*names: object) -> np.random.Generator:
    """A generator of its own for each cell, the same in every run."""
    return np.random.default_rng([ord(letter) for letter in " ".join(map(str, names))])


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

    each = max(2, scale.replicates // 200)
    yield from audited_cells(each, Tally, APPROXIMATE, lambda text: print(f"  {text}", flush=True))


def _kappa(tp: float, fp: float, fn: float, tn: float) -> float:
    chance = (tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)
    return (tp + tn - chance) / (1 - chance)


SECTIONS: dict[str, Callable[[Scale], Iterator[CellResult]]] = {
    "clopper-pearson": clopper_pearson_cells,
    "hypergeometric": hypergeometric_cells,
    "stratified": stratified_cells,
    "weighted": weighted_cells,
    "betting": betting_cells,
    "betting-strata": betting_strata_cells,
    "betting-mean": betting_mean_cells,
    "two-phase": two_phase_cells,
    "sources": source_cells,
    "tables": table_cells,
    "people": people_cells,
    "three-people": three_people_cells,
    "small": small_cells,
    "drift": drift_cells,
    "learn-then-test": learn_then_test_cells,
    "end-to-end": audited,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Coverage of every interval over a grid.")
    parser.add_argument("--quick", action="store_true", help="fewer cells, 300 replicates")
    parser.add_argument("--only", choices=sorted(SECTIONS), action="append", help="run these sections only")
    options = parser.parse_args()
    scale = Scale(300, (0.5, 0.9, 0.97), (30, 300)) if options.quick else Scale(2000, SHARES, SIZES)
    failed = total = 0
    print(
        f"{'method':<30} {'cell':<44} {'held':>7} {'promised':>9} "
        f"{'withheld':>9} {'wrong':>7} {'width':>7}  verdict"
    )
    for name in options.only or SECTIONS:
        started = time.monotonic()
        for row in SECTIONS[name](scale):
            total += 1
            failed += row.verdict == "FAILS"
            width = "" if row.width is None else f"{row.width:.3f}"
            print(
                f"{row.method:<30} {row.cell:<44} {row.held:>7.4f} {row.promised:>9.2f} "
                f"{row.withheld:>9.1%} {row.wrong:>7.4f} {width:>7}  {row.verdict}",
                flush=True,
            )
        print(f"— {name}: {time.monotonic() - started:.0f} s", flush=True)
    print(f"{total} cells, {failed} failing")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
