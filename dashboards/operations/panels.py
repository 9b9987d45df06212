"""The parts of the operations dashboard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash import html

from annotation.estimation import Undefined
from dashboards.data.drift import FALSE_ALARM, DriftView
from dashboards.data.operations import DAYS, HOURS, Forecast, Lease, OperationsView, RaterSpeed
from dashboards.figures.operations import chart, rate, speeds, speeds_height
from dashboards.figures.theme import Palette
from dashboards.parts import behind_address, card, facts, graph, hours, number_cell, table

_LEASES = 8


def answer(view: OperationsView, drift: DriftView | Undefined, colours: Palette) -> list[Any]:
    """The whole page."""
    slug = view.corpus.slug
    csv = f"/corpora/{slug}/dashboards/operations/"
    return [
        _facts(view),
        html.Div(
            className="dash-columns",
            children=[
                html.Div(
                    className="stack-wide",
                    children=[
                        card(
                            "Scoring, the last two days",
                            _rate(view, colours),
                            name="rate",
                            csv=f"{csv}rate.csv",
                            has_figure=bool(view.hours),
                        ),
                        card("Review, when it will be done", _forecasts(view), csv=f"{csv}forecast.csv"),
                        card(
                            f"Raters, the last {DAYS} days",
                            *_raters(view, colours),
                            name="raters",
                            csv=f"{csv}raters.csv",
                            has_figure=any(_timed(view)),
                        ),
                        card(
                            "Drift of the filter against people",
                            *_drift(slug, drift, colours),
                            name="drift",
                            csv=f"{csv}drift.csv",
                            has_figure=isinstance(drift, DriftView),
                        ),
                    ],
                ),
                html.Div(
                    className="stack-wide",
                    children=[
                        card("Waiting and in work", _depths(view), csv=f"{csv}depth.csv"),
                        card("Failures by reason", _failures(view), csv=f"{csv}failures.csv"),
                        card("In somebody’s hands", _leases(view.leases)),
                    ],
                ),
            ],
        ),
        html.P(f"As of {view.now:%H:%M:%S} UTC; looked at again every half minute.", className="small faint"),
    ]


def _facts(view: OperationsView) -> html.Dl:
    slug = view.corpus.slug
    failed = sum(depth.failed for depth in view.depths)
    left = sum(each.progress.left for each in view.forecasts)
    return facts(
        [
            ("done in 24 hours", f"{view.done_in_a_day:,}", ""),
            ("waiting", f"{sum(depth.waiting for depth in view.depths):,}", ""),
            ("in work", f"{sum(depth.leased for depth in view.depths):,}", ""),
            ("leases run out", f"{sum(depth.expired for depth in view.depths):,}", ""),
            ("failed", f"{failed:,}", f"/corpora/{slug}/failures/" if failed else ""),
            ("judgments still to make", f"{left:,}", f"/review/?corpus={slug}" if left else ""),
        ]
    )


def _rate(view: OperationsView, colours: Palette) -> Any:
    if not view.hours:
        return html.P(f"No scoring ended in the last {HOURS} hours.", className="muted")
    rows = [(hour.start, hour.stage, hour.done, hour.failed) for hour in view.hours]
    span = (view.now - timedelta(hours=HOURS), view.now)
    figure = rate(rows, span, f"/corpora/{view.corpus.slug}/failures/", colours)
    words = f"{sum(row[2] for row in rows)} pieces of work done, {sum(row[3] for row in rows)} failed"
    return graph("rate", figure, 240, words=words)


def _depths(view: OperationsView) -> Any:
    if not view.depths:
        return html.P("No scoring work waits, runs or failed.", className="muted")
    rows = []
    for depth in view.depths:
        oldest = "–" if depth.oldest_s is None else hours(depth.oldest_s)
        failures = f"/corpora/{view.corpus.slug}/failures/"
        rows.append(
            html.Tr(
                [
                    html.Th([depth.stage, html.Span(f" {depth.worker}", className="interval")], scope="row"),
                    number_cell(depth.waiting),
                    html.Td(oldest, className="number"),
                    number_cell(depth.leased),
                    number_cell(depth.expired),
                    number_cell(depth.failed, href=failures),
                ]
            )
        )
    names = ("waiting", "oldest", "in work", "run out", "failed")
    return table(["stage", *((name, "number") for name in names)], rows, caption="Work by stage")


def _failures(view: OperationsView) -> Any:
    if not view.failures:
        return html.P("Nothing failed.", className="muted")
    address = f"/corpora/{view.corpus.slug}/failures/"
    rows = [
        html.Tr(
            [
                html.Th(html.A(failure.reason or failure.code, href=address), scope="row"),
                html.Td(failure.stage),
                number_cell(failure.count, href=address),
            ]
        )
        for failure in view.failures
    ]
    return table(["why", "stage", ("times", "number")], rows, caption="Failures by reason")


def _leases(leases: list[Lease]) -> Any:
    if not leases:
        return html.P("Nobody holds anything right now.", className="muted")
    out = sum(lease.left_s < 0 for lease in leases)
    more = f" The {_LEASES} nearest to their end:" if len(leases) > _LEASES else ""
    ages = [lease.age_s for lease in leases if lease.age_s is not None]
    oldest = f" The oldest was taken or lengthened {hours(max(ages))} ago." if ages else ""
    said = f"{len(leases)} leases; {out} ran out and will be taken up by whoever comes next.{oldest}{more}"
    rows = [
        html.Tr(
            [
                html.Th(html.A(lease.what, href=lease.address), scope="row"),
                html.Td(lease.who, className="muted"),
                html.Td("–" if lease.age_s is None else hours(lease.age_s), className="number"),
                html.Td(
                    f"{hours(lease.left_s)} left"
                    if lease.left_s >= 0
                    else f"ran out {hours(-lease.left_s)} ago",
                    className="number" if lease.left_s >= 0 else "number bad",
                ),
                html.Td("–" if lease.progress is None else f"{lease.progress:.0%}", className="number"),
                number_cell(lease.attempts),
            ]
        )
        for lease in leases[:_LEASES]
    ]
    heads: list[Any] = [
        "what",
        "who",
        ("age", "number"),
        ("lease", "number"),
        ("done", "number"),
        ("tries", "number"),
    ]
    return html.Div(
        [html.P(said, className="small muted"), table(heads, rows, caption="Leases")], className="stack"
    )


def _forecasts(view: OperationsView) -> Any:
    if not view.forecasts:
        return html.P(
            ["No queue is open. ", html.A("Draw one", href="/review/new/"), " to have clips reviewed."],
            className="muted",
        )
    heads: list[Any] = [
        "queue",
        "how far",
        ("left", "number"),
        ("a clip", "number"),
        ("work left", "number"),
        "done",
    ]
    return table(heads, [_forecast(view, each) for each in view.forecasts], caption="Open queues")


def _forecast(view: OperationsView, each: Forecast) -> html.Tr:
    progress = each.progress
    work = None if progress.seconds_left is None else hours(progress.seconds_left)
    if progress.left == 0:
        end = "all judged"
    elif progress.hours_at_this_rate is None:
        end = "nobody at work this hour"
    else:
        end = f"about {view.now + timedelta(hours=progress.hours_at_this_rate):%a %-d %b %H:%M}"
    done = html.Progress(
        value=str(progress.done),
        max=str(max(1, progress.places)),
        **{"aria-label": f"{progress.share:.0%} judged"},
    )
    return html.Tr(
        [
            html.Th(html.A(each.queue.name, href=f"/review/{each.queue.pk}/"), scope="row"),
            html.Td([done, html.Span(f"{progress.done:,} of {progress.places:,}", className="interval")]),
            number_cell(progress.left),
            number_cell(progress.seconds, decimals=1, why="no browser has told a time yet"),
            html.Td(work or "–", className="number"),
            html.Td(end, className="muted"),
        ]
    )


def _timed(view: OperationsView) -> list[RaterSpeed]:
    return [rater for rater in view.raters if rater.median_s is not None]


def _raters(view: OperationsView, colours: Palette) -> list[Any]:
    if not view.raters:
        return [html.P(f"Nobody judged in the last {DAYS} days.", className="muted")]
    timed = [
        (rater.pseudonym, rater.median_s, rater.fast_s, rater.slow_s)
        for rater in view.raters[:20]
        if rater.median_s is not None and rater.fast_s is not None and rater.slow_s is not None
    ]
    rows = [
        html.Tr(
            [
                html.Th(rater.pseudonym, scope="row"),
                number_cell(rater.judgments),
                number_cell(rater.median_s, decimals=1, why="no browser told a time"),
                html.Td("–" if rater.hours is None else hours(rater.hours * 3600), className="number"),
            ]
        )
        for rater in view.raters
    ]
    heads: list[Any] = ["rater", ("judgments", "number"), ("median s", "number"), ("at work", "number")]
    found: list[Any] = []
    if timed:
        figure = speeds(timed, colours)
        words = "Median seconds a judgment by rater; the table below holds the numbers."
        found.append(graph("raters", figure, speeds_height(len(timed)), words=words))
    return [*found, table(heads, rows, caption="Raters by pseudonym")]


def _drift(slug: str, found: DriftView | Undefined, colours: Palette) -> list[Any]:
    if isinstance(found, Undefined):
        return [html.P(f"Not watched yet: {found.reason}.", className="muted")]
    drift, design = found.drift, found.drift.design
    if drift.alarm_at is None:
        said = "No alarm: the filter differs from people no more often than it did at first."
    else:
        said = f"Alarm after {drift.alarm_at:,} clips: the filter differs from people more often than it did at first."
    how = (
        f"At first {found.baseline_errors} of {found.baseline_n} clips settled blind differed, so hardly more than "
        f"{design.baseline:.1%} would by themselves. The chart looks for {design.shift:.1%}; within {design.horizon:,} clips "
        f"it alarms falsely with a chance of {FALSE_ALARM:.0%} at most, the doubt about the beginning included. It cannot "
        "tell a worse filter from a draw of harder clips."
    )
    leads = [
        behind_address(slug, "operations", "drift", {}, week=point.period, build=point.build)
        for point in drift.points
    ]
    return [
        html.P(said, className="lead-sentence bad" if drift.alarm_at else "lead-sentence"),
        graph("drift", chart(drift, leads, colours), 240, words=said),
        html.P(how, className="small muted"),
    ]
