"""Numbers as CSV that a spreadsheet reads as what they are."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from django.http import HttpResponse

from annotation.estimation import Estimate, Interval, Measure
from curation.spreadsheets import harmless

Table = tuple[Sequence[str], Iterable[Sequence[Any]]]
MEASURE_HEADS = ("value", "lower", "upper", "confidence", "method", "n", "why_not")


def measure_columns(measure: Measure) -> tuple[Any, ...]:
    """A figure under ``MEASURE_HEADS``: full precision; what is not defined stays empty, with the reason last."""
    if not isinstance(measure, Estimate):
        return (None, None, None, None, "", None, measure.reason)
    if not isinstance(measure.interval, Interval):
        return (measure.value, None, None, None, "", measure.n, f"no interval: {measure.interval.reason}")
    band = measure.interval
    return (measure.value, band.lower, band.upper, band.confidence, band.method, measure.n, "")


def csv_response(name: str, table: Table) -> HttpResponse:
    """The table as a download."""
    heads, rows = table
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _cell(value: Any) -> Any:
    # Names come from imported files.
    return harmless(value) if isinstance(value, str) else value
