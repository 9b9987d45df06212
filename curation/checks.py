"""System checks: what is missing on this machine or in its settings, each with the mend. `manage.py check` runs them.

Those that ask the database run with `manage.py check --database default`, and before every migration.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import OperationalError, connections

_HEADLESS = "opencv-python-headless"
_MANY_BUILDS = ("opencv-python", "opencv-contrib-python")


@register("machine")
def opencv_loads(**_: Any) -> list[CheckMessage]:
    """The OpenCV builds share one folder; the one with windows needs libGL, which servers lack."""
    try:
        import cv2  # noqa: F401 - whether it can be loaded is the question
    except ImportError as error:
        pinned = _version(_HEADLESS)
        return [
            Error(
                f"OpenCV cannot be loaded: {error}.",
                hint=(
                    f"pip install --force-reinstall --no-deps {_HEADLESS}{f'=={pinned}' if pinned else ''} "
                    "(or apt-get install libgl1 libglib2.0-0). `make install` does the former by itself."
                ),
                id="rushes.E001",
            )
        ]
    versions = {name: _version(name) for name in (_HEADLESS, *_MANY_BUILDS)}
    if len({version for version in versions.values() if version}) > 1:
        told = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
        return [
            Warning(
                f"The OpenCV packages share one folder and differ in version: {told}.",
                hint="Install the versions that requirements.txt pins: make install",
                id="rushes.W001",
            )
        ]
    return []


@register("machine")
def folders_usable(**_: Any) -> list[CheckMessage]:
    """Data and storage can be written, media roots can be read."""
    found: list[CheckMessage] = []
    writable = {"RUSHES_VAR": Path(settings.VAR)}
    if "://" not in str(settings.STORAGE):
        writable["STORAGE"] = Path(settings.STORAGE)
    for name, folder in writable.items():
        there = next(step for step in (folder, *folder.parents) if step.exists())
        if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
            continue
        found.append(
            Error(
                f"{name} is {folder}, and this user cannot write there.",
                hint=f"Make the folder and give it to this user, or set {name} to another.",
                id="rushes.E002",
            )
        )
    for folder in settings.MEDIA_ROOTS:
        if not (folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)):
            found.append(
                Error(
                    f"MEDIA_ROOTS names {folder}, which is no folder that this user can read.",
                    hint="Mount it, correct its rights, or take it out of MEDIA_ROOTS.",
                    id="rushes.E003",
                )
            )
    if settings.MODE == "production" and not settings.MEDIA_ROOTS:
        found.append(
            Warning(
                "MEDIA_ROOTS is not set: footage can be taken in from any folder that this process can read.",
                hint="Name the folders that hold footage, with colons between them.",
                id="rushes.W002",
            )
        )
    return found


@register("machine")
def weights_there(**_: Any) -> list[CheckMessage]:
    """Rushes works without any weights, so this is mentioned where it is asked for, and not before every command."""
    if sys.argv[1:2] != ["check"]:
        return []
    folder = Path(settings.WEIGHTS_DIR)
    if folder.is_dir() and any(folder.iterdir()):
        return []
    return [
        Info(
            f"No model weights in {folder}: speech to text, active speaker and DOVER are unavailable.",
            hint="`manage.py weights list` says what there is, `manage.py weights download NAME` fetches it.",
            id="rushes.I001",
        )
    ]


@register(Tags.security)
def secret_is_given(**_: Any) -> list[CheckMessage]:
    """Outside production a key is made; several machines would each make their own."""
    if os.environ.get("SECRET_KEY", "").strip() or settings.MODE != "production":
        return []
    return [Error("SECRET_KEY is not set.", hint="Set it to a long random text.", id="rushes.E004")]


@register(Tags.database)
def roles_are_two(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """The application connects as a role without power over the tables, judgments above all."""
    if not databases or "default" not in databases:
        return []
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "SELECT rolname, rolsuper, pg_has_role(current_user, datdba, 'MEMBER') "
                "FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"
            )
            role, is_super, owns = cursor.fetchone()
    except (OperationalError, psycopg.OperationalError) as error:
        return [
            Error(
                f"The database does not answer: {str(error).strip()}",
                hint="Check DATABASE_URL, or unset it to use the embedded database.",
                id="rushes.E005",
            )
        ]
    if not (is_super or owns):
        return []
    power = "is a superuser" if is_super else "owns the database"
    return [
        Error(
            f"DATABASE_URL connects as {role}, which {power}: it could change or delete judgments.",
            hint=(
                "Connect as a role of its own (CREATE ROLE rushes_app LOGIN), put the owner's into "
                "DATABASE_OWNER_URL and run `manage.py migrate`, which gives each its rights."
            ),
            id="rushes.E006",
        )
    ]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
