"""The worked example of docs/talkvid-study.md: every figure on that page comes out of the counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotation.agreement import (
    Estimate,
    FittingCounts,
    Judged,
    Reading,
    ReportedRow,
    Undefined,
    binary_table,
    filter_readings,
    fitting_counts,
    kappa_ceiling,
    printed,
)
from annotation.estimation import Interval, clopper_pearson

PAGE = Path(__file__).parents[3] / "docs" / "talkvid-study.md"

# κ, agreement, accuracy, precision, recall, F1 as the paper prints them.
REPORTED = {
    "CoTracker": (".74", "86.87", "87.21", "88.64", "86.67", "87.64"),
    "DOVER": (".90", "94.00", "96.81", "95.83", "97.87", "96.84"),
    "Completeness": (".80", "90.00", "96.67", "93.48", "100", "96.63"),
    "Movement": (".66", "83.00", "96.39", "92.50", "100", "96.10"),
    "Orientation": (".80", "90.00", "94.44", "97.78", "91.67", "94.62"),
    "Resolution": (".72", "86.00", "97.67", "94.59", "100", "97.22"),
    "Rotation": (".90", "95.00", "96.84", "95.83", "97.87", "96.84"),
}


@pytest.fixture(scope="module")
def counts() -> dict[str, FittingCounts]:
    found = {}
    for name, (_, *figures) in REPORTED.items():
        # The protocol says 100 clips a filter; a few may have been lost.
        (found[name],) = fitting_counts(ReportedRow(*figures), range(96, 101))
    return found


def tables_of_page() -> dict[str, list[list[str]]]:
    rows: dict[str, list[list[str]]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in REPORTED:
            rows.setdefault(cells[0], []).append(cells[1:])
    return rows


def test_exactly_one_table_fits_each_row_and_it_leaves_disputes_out(counts: dict[str, FittingCounts]) -> None:
    assert {name: found.n for name, found in counts.items()} == dict.fromkeys(REPORTED, 100) | {
        "CoTracker": 99
    }
    cotracker, dover = counts["CoTracker"], counts["DOVER"]
    assert (cotracker.tp, cotracker.fp, cotracker.fn, cotracker.tn) == (39, 5, 6, 36)
    assert (dover.tp, dover.fp, dover.fn, dover.tn) == (46, 2, 1, 45)
    assert all(found.disputed > 0 for found in counts.values())


@pytest.mark.parametrize("name", REPORTED)
def test_every_printed_figure_comes_out(name: str, counts: dict[str, FittingCounts]) -> None:
    found = counts[name]
    _, agreement, *figures = REPORTED[name]
    assert printed(found.agreed, found.n, agreement) == agreement
    table = binary_table(found.tp, found.fp, found.fn, found.tn)
    for metric, figure in zip(
        (table.accuracy, table.precision, table.recall, table.f1), figures, strict=True
    ):
        assert isinstance(metric, Estimate) and isinstance(metric.interval, Interval)
        digits = len(figure.partition(".")[2])
        assert f"{100 * metric.value:.{digits}f}" == figure


def test_both_averages(counts: dict[str, FittingCounts]) -> None:
    accuracies = [found.right / found.agreed for found in counts.values()]
    assert f"{100 * sum(accuracies) / 7:.1f}" == "95.1"
    right, judged = sum(found.right for found in counts.values()), sum(found.n for found in counts.values())
    assert (right, judged) == (594, 699)
    assert f"{100 * right / judged:.1f}" == "85.0"
    assert sum(found.disputed for found in counts.values()) == 75


@pytest.mark.parametrize("name", REPORTED)
def test_readings_of_the_judgments_themselves(name: str, counts: dict[str, FittingCounts]) -> None:
    found = counts[name]
    items = (
        [Judged(True, (True, True))] * found.tp
        + [Judged(True, (False, False))] * found.fp
        + [Judged(False, (True, True))] * found.fn
        + [Judged(False, (False, False))] * found.tn
        + [Judged(i % 2 == 0, (True, False)) for i in range(found.disputed)]
    )
    readings = filter_readings(items)
    agreed, errors = readings[Reading.AGREED].table, readings[Reading.DISPUTES_AS_ERRORS].table
    assert isinstance(agreed.accuracy, Estimate) and isinstance(errors.accuracy, Estimate)
    assert f"{100 * agreed.accuracy.value:.2f}" == REPORTED[name][2]
    assert errors.accuracy.value == pytest.approx(found.right / found.n)
    assert readings[Reading.ADJUDICATED].n == found.agreed, "nobody adjudicated, so disputes stay out"


def test_kappa_is_shown_as_reported_and_dovers_cannot_be(counts: dict[str, FittingCounts]) -> None:
    impossible = []
    for name, (kappa, *_) in REPORTED.items():
        ceiling = kappa_ceiling(counts[name].agreed, counts[name].n)
        assert not isinstance(ceiling, Undefined)
        if float(kappa) > round(ceiling, 2):
            impossible.append((name, kappa, f"{ceiling:.2f}"))
    assert impossible == [("DOVER", ".90", "0.88")]


@pytest.mark.parametrize("name", REPORTED)
def test_the_page_prints_what_is_computed(name: str, counts: dict[str, FittingCounts]) -> None:
    found, (kappa, *figures) = counts[name], REPORTED[name]
    table, averages, kappas = tables_of_page()[name]
    cells = [str(count) for count in (found.tp, found.fp, found.fn, found.tn)]
    assert table == [f"{found.agreed} of {found.n}", *cells, *figures]
    assert averages == [
        with_interval(found.right, found.agreed),
        f"{found.right} of {found.n}",
        with_interval(found.right, found.n),
    ]
    ceiling = kappa_ceiling(found.agreed, found.n)
    assert kappas == [kappa, f"{ceiling:.4f}".lstrip("0")]


def with_interval(part: int, whole: int) -> str:
    interval = clopper_pearson(part, whole)
    assert isinstance(interval, Interval)
    return f"{100 * part / whole:.1f} ({100 * interval.lower:.1f}–{100 * interval.upper:.1f})"
