"""The subgroups dashboard: whom the filters serve worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.mount import Dashboard

if TYPE_CHECKING:
    from dashboards.framed import FramedDash


def _build(app: FramedDash) -> None:
    from dashboards.subgroups.callbacks import register
    from dashboards.subgroups.layout import layout

    app.layout = layout
    register(app)


SUBGROUPS = Dashboard(
    "subgroups",
    "Subgroups",
    "Each group against the rest, corrected for how many are looked at. Small ones are shown, with wide bands.",
    _build,
)
