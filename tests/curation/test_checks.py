"""What is missing is said with its mend."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections
from pytest_django import Settings

from curation import checks


def _ids(found: list[Any]) -> list[str]:
    assert all(message.hint for message in found)
    return [message.id for message in found]


def test_a_missing_libgl_names_the_headless_build(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = builtins.__import__

    def without_libgl(name: str, *rest: Any, **more: Any) -> Any:
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_libgl)
    (found,) = checks.opencv_loads()
    assert "libGL.so.1" in found.msg
    assert "--force-reinstall --no-deps opencv-python-headless==" in (found.hint or "")


def test_a_media_root_that_is_not_mounted_is_named(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOTS = [tmp_path, tmp_path / "unmounted"]
    (found,) = checks.folders_usable()
    assert found.id == "rushes.E003"
    assert "unmounted" in found.msg


def test_storage_below_a_file_is_unusable(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.STORAGE = str(tmp_path / "file" / "storage")
    assert _ids(checks.folders_usable()) == ["rushes.E002"]


def test_storage_in_the_cloud_is_no_folder(settings: Settings) -> None:
    settings.STORAGE = "s3://bucket/prefix"
    assert checks.folders_usable() == []


def test_absent_weights_are_only_mentioned(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEIGHTS_DIR = tmp_path
    assert checks.weights_there() == []  # before other commands it would only be noise
    monkeypatch.setattr("sys.argv", ["manage.py", "check"])
    (found,) = checks.weights_there()
    assert not found.is_serious()
    assert "weights download" in (found.hint or "")
    (tmp_path / "model.onnx").touch()
    assert checks.weights_there() == []


@pytest.mark.django_db
def test_the_applications_role_passes() -> None:
    assert checks.roles_are_two(databases=["default"]) == []
    assert checks.roles_are_two(databases=None) == []


@pytest.mark.django_db(transaction=True)
def test_an_application_that_connects_as_owner_is_refused(owner_connection: psycopg.Connection) -> None:
    default = connections["default"]
    default.close()
    role = default.settings_dict["USER"]
    default.settings_dict["USER"] = owner_connection.info.user
    try:
        assert _ids(checks.roles_are_two(databases=["default"])) == ["rushes.E006"]
    finally:
        default.close()
        default.settings_dict["USER"] = role
