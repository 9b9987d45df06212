"""Files for these tests, each made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import footage


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every good video and sound of the factory, by file name."""
    folder = tmp_path_factory.mktemp("footage")
    return {name: sample.make(folder) for name, sample in (footage.GOOD | footage.SOUNDS).items()}
