"""The numbers of the operations dashboard as tables."""

from __future__ import annotations

from collections.abc import Mapping

from annotation.estimation import Undefined
from dashboards.csvfile import Table
from dashboards.data.drift import drift_of
from dashboards.data.operations import OperationsView, operations_view


def _view(corpus: str) -> OperationsView:
    view = operations_view(corpus)
    assert view is not None, "the address was looked up before"
    return view


def rate(corpus: str, _asked: Mapping[str, str]) -> Table:
    """Scoring work that ended, by hour and stage."""
    rows = [(hour.start.isoformat(), hour.stage, hour.done, hour.failed) for hour in _view(corpus).hours]
    return ("hour", "stage", "done", "failed"), rows


def depth(corpus: str, _asked: Mapping[str, str]) -> Table:
    """Scoring work by state."""
    rows = [
        (one.stage, one.worker, one.waiting, one.oldest_s, one.leased, one.expired, one.failed)
        for one in _view(corpus).depths
    ]
    return ("stage", "worker", "waiting", "oldest_waiting_s", "leased", "leases_run_out", "failed"), rows


def failures(corpus: str, _asked: Mapping[str, str]) -> Table:
    """Failed work by reason."""
    rows = [(one.stage, one.code, one.reason, one.count) for one in _view(corpus).failures]
    return ("stage", "code", "reason", "times"), rows


def forecast(corpus: str, _asked: Mapping[str, str]) -> Table:
    """Open queues and how far they are."""
    rows = [
        (
            each.queue.name,
            each.progress.places,
            each.progress.done,
            each.progress.left,
            each.progress.seconds,
            each.progress.seconds_left,
            each.progress.hours_at_this_rate,
        )
        for each in _view(corpus).forecasts
    ]
    return ("queue", "places", "done", "left", "median_s", "work_left_s", "hours_at_this_rate"), rows


def raters(corpus: str, _asked: Mapping[str, str]) -> Table:
    """Raters' speed, by pseudonym."""
    rows = [
        (one.pseudonym, one.judgments, one.median_s, one.fast_s, one.slow_s, one.hours)
        for one in _view(corpus).raters
    ]
    return ("rater", "judgments", "median_s", "tenth_fastest_s", "tenth_slowest_s", "hours"), rows


def drift(corpus: str, _asked: Mapping[str, str]) -> Table:
    """The CUSUM's points."""
    found = drift_of(_view(corpus).corpus)
    points = () if isinstance(found, Undefined) else found.drift.points
    rows = [(at.period, at.build, at.errors, at.n, at.height, at.alarm) for at in points]
    return ("week", "build", "differ", "n", "height", "alarm"), rows
