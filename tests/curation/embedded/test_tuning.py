"""The settings fit the machine."""

from __future__ import annotations

import pytest

from curation.embedded import tuning


@pytest.mark.parametrize(("gigabytes", "buffers"), [(1, "128MB"), (8, "512MB"), (64, "1024MB")])
def test_the_database_takes_a_small_share_of_the_memory(gigabytes: int, buffers: str) -> None:
    assert tuning.memory_settings(gigabytes * 2**30)["shared_buffers"] == buffers
    assert tuning.machine_memory() > 2**28
