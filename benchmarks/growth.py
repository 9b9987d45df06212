"""The table of the corpus benchmark: a row a figure, a column a size, what was not measured left out as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_ROWS: tuple[tuple[str, str, str], ...] = (
    ("synthesis, clips a second", "synthesis", "clips_a_second"),
    ("synthesis, s", "synthesis", "seconds"),
    ("  memory peak, MB", "synthesis", "peak_memory_mb"),
    ("  database, bytes a clip", "synthesis", "database_bytes_a_clip"),
    ("import, rows a second", "import", "rows_a_second"),
    ("import, s", "import", "seconds"),
    ("  again, rows a second", "import", "again_rows_a_second"),
    ("  counts of good and bad right", "import", "counts_right"),
    ("  memory peak, MB (target 400)", "import", "peak_memory_mb"),
    ("  database, bytes a row", "import", "database_bytes_a_row"),
    ("snapshot built, s", "snapshot", "build_s"),
    ("  nothing new, s", "snapshot", "nothing_new_s"),
    ("  1000 clips changed, s", "snapshot", "thousand_changed_s"),
    ("  memory peak, MB", "snapshot", "peak_memory_mb"),
    ("re-tier all clips, s (target 180)", "retier", "seconds"),
    ("  clips a second", "retier", "clips_a_second"),
    ("  tiers equal PostgreSQL's", "retier", "tiers_equal_partition"),
    ("  funnel equals PostgreSQL's", "retier", "funnel_equal_partition"),
    ("  database, bytes a clip", "retier", "database_bytes_a_clip"),
    (
        "one threshold, first question, p95 ms (target 100)",
        "questions",
        "one_threshold_first_question.p95_ms",
    ),
    ("  times quicker than PostgreSQL (target 20)", "questions", "ratio_one_first_question"),
    ("one threshold, sliding, p95 ms (target 100)", "questions", "one_threshold_sliding.p95_ms"),
    ("  times quicker than PostgreSQL (target 20)", "questions", "ratio_one_sliding"),
    ("fourteen thresholds, p95 ms (target 500)", "questions", "fourteen_thresholds.p95_ms"),
    ("  times quicker than PostgreSQL", "questions", "ratio_fourteen"),
    ("PostgreSQL, written by hand, p50 ms", "questions", "postgresql_by_hand.p50_ms"),
    ("  all answers equal PostgreSQL's", "questions", "answers_equal_postgresql"),
    ("funnel, s", "questions", "funnel_s"),
    ("histogram, s", "questions", "histogram_s"),
    ("  memory peak, MB", "questions", "peak_memory_mb"),
    ("first page by id, p95 ms (target 150)", "pages", "first_page_by_id.p95_ms"),
    ("first page by score, p95 ms", "pages", "first_page_by_metric.p95_ms"),
    ("far page, number", "pages", "far_page_number"),
    ("  by id, p95 ms (target 150)", "pages", "far_page_by_id.p95_ms"),
    ("  by score, p95 ms", "pages", "far_page_by_metric.p95_ms"),
    ("whole page by HTTP: corpus home, p95 ms", "pages", "page_home.p95_ms"),
    ("  clips, first page", "pages", "page_clips_first.p95_ms"),
    ("  clips, far page", "pages", "page_clips_far.p95_ms"),
    ("  clips, filtered", "pages", "page_clips_filtered.p95_ms"),
    ("  policy", "pages", "page_policy.p95_ms"),
    ("a new filter counted, p95 ms", "pages", "new_filter_counted.p95_ms"),
    ("  memory peak, MB", "pages", "peak_memory_mb"),
)
_CHECKS = (
    ("import", "counts_right"),
    ("retier", "tiers_equal_partition"),
    ("retier", "funnel_equal_partition"),
    ("questions", "answers_equal_postgresql"),
)
NOT_MEASURED = "–"


def growth_table(
    sizes: Mapping[str, Mapping[str, Any]], calibrations: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Lines of the table; ``sizes`` maps clips to parts to figures."""
    wide = max(len(label) for label, _, _ in _ROWS) + 2
    lines = [f"{'clips':{wide}}" + "".join(f"{int(clips):>14,}" for clips in sizes)]
    for label, part, key in _ROWS:
        cells = [_cell(parts.get(part, {}), key) for parts in sizes.values()]
        lines.append(f"{label:{wide}}" + "".join(f"{cell:>14}" for cell in cells))
    for clips, parts in sizes.items():
        when = ", ".join(f"{name} {part['at']} at load {part['load_before']}" for name, part in parts.items())
        lines.append(f"{int(clips):,} clips measured: {when or 'nothing'}")
    lines += [
        f"machine {when}: {one['processors']} processors, load {one['load']}, pgbench {one['pgbench_tps']} tps, "
        f"scan of 5.2 M float32 {one['column_scan_p50_ms']} ms"
        for when, one in zip(("before", "after"), calibrations, strict=True)
    ]
    return lines


def wrong_answers(sizes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence for each check that did not hold."""
    return [
        f"{int(clips):,} clips: {part} says {key} = {parts[part][key]}"
        for clips, parts in sizes.items()
        for part, key in _CHECKS
        if part in parts and parts[part][key] is not True
    ]


def _cell(part: Mapping[str, Any], key: str) -> str:
    value: Any = part
    for step in key.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if value is None:
        return NOT_MEASURED
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:,}"
