"""Every table that can be downloaded: ``dashboard/table`` → (corpus, the view's state) → numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dashboards.agreement import tables as agreement
from dashboards.csvfile import Table
from dashboards.operations import tables as operations
from dashboards.subgroups import tables as subgroups
from dashboards.thresholds import tables as thresholds

TABLES: Mapping[str, Callable[[str, Mapping[str, str]], Table]] = {
    "agreement/readings": agreement.readings,
    "agreement/matrix": agreement.matrix,
    "agreement/people": agreement.people,
    "agreement/rules": agreement.rules,
    "agreement/anchoring": agreement.anchoring,
    "thresholds/tiers": thresholds.tiers,
    "thresholds/quality": thresholds.quality,
    "thresholds/moves": thresholds.moves,
    "thresholds/funnel": thresholds.funnel,
    "thresholds/histograms": thresholds.histograms,
    "thresholds/curve": thresholds.curve,
    "subgroups/groups": subgroups.groups,
    "subgroups/worst": subgroups.worst,
    "operations/rate": operations.rate,
    "operations/depth": operations.depth,
    "operations/failures": operations.failures,
    "operations/forecast": operations.forecast,
    "operations/raters": operations.raters,
    "operations/drift": operations.drift,
}
