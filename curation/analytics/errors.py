"""What the analytic engine refuses."""

from __future__ import annotations


class AnalyticsError(Exception):
    """Any fault of the analytic engine."""


class BadSegment(AnalyticsError):
    """Columns that do not make a segment, or a segment that is damaged."""


class NoSnapshot(AnalyticsError):
    """Nothing has been published yet; refresh the snapshot first."""


class Busy(AnalyticsError):
    """Another process is writing this snapshot just now."""


class BadFilter(AnalyticsError, ValueError):
    """A filter names something that does not exist, or gives it a value that it cannot have."""
