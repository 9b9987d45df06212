"""Chromium for the dashboards' own walk."""

from __future__ import annotations

from tests.chromium import signed_in

__all__ = ["signed_in"]
