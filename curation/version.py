"""The version of this code, as manifests and pages name it."""

from __future__ import annotations

VERSION = "0.1.0"
