"""No name leads out of its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.media.errors import OutsideFolder
from curation.media.paths import inside


def test_a_plain_name_stays(tmp_path: Path) -> None:
    assert inside(tmp_path, "a/b.mp4") == tmp_path / "a" / "b.mp4"


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../a", "a/../../b", "a/../b", "/etc/passwd", "a\0b", "..\\a", "a/\0", "//x", "a/.."],
)
def test_traversal_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutsideFolder):
        inside(tmp_path, name)


def test_a_link_that_leads_out_is_refused_and_one_within_is_followed(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    (root / "real").mkdir(parents=True)
    other.mkdir()
    (root / "out").symlink_to(other)
    (root / "within").symlink_to(root / "real")
    (root / "loop").symlink_to(root / "loop")
    for name in ("out", "out/a.mp4", "loop/a"):
        with pytest.raises(OutsideFolder):
            inside(root, name)
    assert inside(root, "within/a.mp4") == root / "real" / "a.mp4"


def test_a_root_that_is_a_link_is_fine(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert inside(tmp_path / "link", "a.mp4") == tmp_path / "real" / "a.mp4"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="ab./\\\0~ é", max_size=30))
def test_whatever_the_name_the_path_is_inside(tmp_path: Path, name: str) -> None:
    try:
        found = inside(tmp_path, name)
    except OutsideFolder:
        return
    assert found.is_relative_to(tmp_path.resolve()) and found != tmp_path.resolve()
