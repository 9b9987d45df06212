"""The thresholds dashboard: what other numbers would keep, and what people said of those clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.mount import Dashboard

if TYPE_CHECKING:
    from dashboards.framed import FramedDash


def _build(app: FramedDash) -> None:
    from dashboards.thresholds.callbacks import register
    from dashboards.thresholds.layout import everything, layout

    app.layout = layout
    # Sliders exist only once the policy is known; Dash checks callbacks against this.
    app.validation_layout = everything()
    register(app)


THRESHOLDS = Dashboard(
    "thresholds",
    "Thresholds",
    "Move a number and see what it would keep. Nothing changes until you save.",
    _build,
)
