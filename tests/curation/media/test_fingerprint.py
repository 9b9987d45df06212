"""A fingerprint is the SHA-256 of the bytes, whatever the name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.media.errors import Missing
from curation.media.fingerprint import fingerprint


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(data=st.binary(max_size=5000))
def test_it_is_the_sha256_of_the_bytes(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(data)
    assert fingerprint(path) == hashlib.sha256(data).hexdigest()


def test_progress_reaches_the_size(tmp_path: Path) -> None:
    path = tmp_path / "any"
    path.write_bytes(bytes(2_500_000))
    seen: list[int] = []
    fingerprint(path, progress=seen.append)
    assert seen[-1] == 2_500_000 and seen == sorted(seen)


def test_an_absent_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Missing):
        fingerprint(tmp_path / "none")
