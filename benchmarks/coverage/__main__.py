"""Do the intervals hold the truth as often as they say?

    python -m benchmarks.coverage               every cell, at least 2,000 replicates where enumeration is out of reach
    python -m benchmarks.coverage --quick       fewer cells and 300 replicates, for a look
    python -m benchmarks.coverage --only NAME   one section of them (again for more)

Exact and sequential methods must nowhere fall significantly under the 95 % they promise; approximate ones
must hold 93 % of the times that they give an interval. "Withheld" says how often they refuse; a cell in
which they mostly refuse lies outside what they declare, and is judged by "wrong": intervals without the
truth among all tries. "Significantly" is a one-sided binomial test at 0.001 a cell; enumerated cells need
no test. Exits with 1 if a cell fails.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

from benchmarks.coverage.betting import betting_cells, betting_mean_cells, betting_strata_cells
from benchmarks.coverage.cells import CellResult, Scale
from benchmarks.coverage.decisions import audited, drift_cells, learn_then_test_cells
from benchmarks.coverage.people import people_cells, three_people_cells
from benchmarks.coverage.shares import (
    clopper_pearson_cells,
    hypergeometric_cells,
    small_cells,
    stratified_cells,
)
from benchmarks.coverage.tables import table_cells
from benchmarks.coverage.weighted import source_cells, two_phase_cells, weighted_cells

SHARES = (0.5, 0.7, 0.9, 0.95, 0.97, 0.99)
SIZES = (30, 100, 300, 1000)

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
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.coverage", description="Coverage of every interval over a grid."
    )
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
