"""The site as the fuzz targets of requests use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fuzzing.site import Site


@pytest.fixture
def site(db: None, settings: Any, tmp_path: Path) -> Site:
    settings.STORAGE, settings.VAR = str(tmp_path), tmp_path
    settings.API_PER_MINUTE = 10**6
    return Site()
