"""The operations dashboard: is the work going on, and when will it be done?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.mount import Dashboard

if TYPE_CHECKING:
    from dashboards.framed import FramedDash


def _build(app: FramedDash) -> None:
    from dashboards.operations.callbacks import register
    from dashboards.operations.layout import layout

    app.layout = layout
    register(app)


OPERATIONS = Dashboard(
    "operations", "Operations", "Is the work going on, what is stuck, and when will it be done?", _build
)
