"""The agreement dashboard: the filters against people, and people among themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.mount import Dashboard

if TYPE_CHECKING:
    from dashboards.framed import FramedDash


def _build(app: FramedDash) -> None:
    from dashboards.agreement.callbacks import register
    from dashboards.agreement.layout import layout

    app.layout = layout
    register(app)


AGREEMENT = Dashboard(
    "agreement", "Agreement", "How far the filters and people agree, from every judgment made so far.", _build
)
