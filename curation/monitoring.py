"""What is measured of the running system, as Prometheus reads it. Apps add their own from their ``ready``."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.db import DatabaseError, connection, transaction

from curation.version import VERSION


@dataclass(frozen=True, slots=True)
class Sample:
    """One number. ``name`` ends as Prometheus wants it (``_total`` for what only grows, the unit otherwise)."""

    name: str
    value: float
    help: str
    labels: Mapping[str, str] = field(default_factory=dict)


Source = Callable[[], Iterable[Sample]]
_SOURCES: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Have ``source`` asked at every reading."""
    _SOURCES[name] = source


def counts(sql: str, name: str, help: str, *labels: str) -> list[Sample]:
    """Samples of a query whose rows are label values and, last, a number."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [
            Sample(
                name,
                float(row[-1]),
                help,
                {label: str(value) for label, value in zip(labels, row, strict=False)},
            )
            for row in cursor.fetchall()
            if row[-1] is not None
        ]


def readings() -> list[Sample]:
    """Every sample. One source that fails costs its own, and says so."""
    found = [Sample("rushes_build_info", 1, "The version that runs.", {"version": VERSION})]
    for name, source in sorted(_SOURCES.items()):
        began = time.perf_counter()
        try:
            with transaction.atomic():
                found += source()
            worked = 1
        except DatabaseError:
            worked = 0
        labels = {"source": name}
        found.append(Sample("rushes_reading_up", worked, "Whether this part could be read.", labels))
        seconds = time.perf_counter() - began
        found.append(Sample("rushes_reading_seconds", seconds, "How long reading this part took.", labels))
    return found


def exposition(samples: Iterable[Sample]) -> str:
    """The text that Prometheus reads, version 0.0.4; a name's samples together under its help."""
    by_name: dict[str, list[Sample]] = {}
    for sample in samples:
        if math.isfinite(sample.value):
            by_name.setdefault(sample.name, []).append(sample)
    lines = []
    for name, group in by_name.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# HELP {name} {group[0].help}", f"# TYPE {name} {kind}"]
        for sample in group:
            labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in sample.labels.items())
            lines.append(
                f"{name}{{{labels}}} {sample.value:.10g}" if labels else f"{name} {sample.value:.10g}"
            )
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def facts() -> list[Sample]:
    """What the facts' own app says: work, exports, the audit log, the database."""
    return [
        *counts(
            "SELECT stage, state, count(*) FROM curation_scoringtarget GROUP BY 1, 2",
            "rushes_scoring_targets",
            "Pieces of scoring work.",
            "stage",
            "state",
        ),
        *counts(
            "SELECT queue, extract(epoch FROM now() - min(created_at)) FROM curation_scoringtarget "
            "WHERE state = 'waiting' GROUP BY 1",
            "rushes_scoring_oldest_waiting_seconds",
            "Age of the oldest work that nobody has taken.",
            "queue",
        ),
        *counts(
            "SELECT count(*) FROM curation_scoringtarget WHERE state = 'leased' AND leased_until < clock_timestamp()",
            "rushes_scoring_leases_lapsed",
            "Leases of lost workers that nobody has taken up yet.",
        ),
        *counts(
            "SELECT state, count(*) FROM curation_exportjob GROUP BY 1",
            "rushes_export_jobs",
            "Exports asked for.",
            "state",
        ),
        *counts(
            "SELECT state, count(*) FROM curation_source GROUP BY 1", "rushes_sources", "Videos.", "state"
        ),
        *counts(
            "SELECT coalesce((SELECT max(id) FROM curation_auditevent), 0) - "
            "coalesce((SELECT max(event_id) FROM curation_auditlink), 0)",
            "rushes_audit_unsealed",
            "How far the seal lags behind the newest event, in ids.",
        ),
        *counts(
            "SELECT pg_database_size(current_database())", "rushes_database_bytes", "Size of the database."
        ),
        *counts(
            "SELECT coalesce(state, 'none'), count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1",
            "rushes_database_connections",
            "Connections to the database.",
            "state",
        ),
    ]


register("curation", facts)
