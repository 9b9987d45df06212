"""Rushes' settings for the test suite: an embedded PostgreSQL of its own, and storage that goes with the run."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ["RUSHES_MODE"] = "test"
os.environ.setdefault("RUSHES_VAR", str(Path(__file__).resolve().parent.parent / "var" / "test"))
if os.environ.get("RUSHES_TEST_STORAGE") != os.environ.get("PYTEST_XDIST_WORKER", "all"):
    # Workers that a test starts inherit it; of runs side by side each has its own, and takes only that away.
    os.environ["RUSHES_TEST_STORAGE"] = os.environ.get("PYTEST_XDIST_WORKER", "all")
    os.environ["STORAGE"] = tempfile.mkdtemp(prefix="rushes-test-storage-")
    atexit.register(shutil.rmtree, os.environ["STORAGE"], ignore_errors=True)

from curation.config.settings import *  # noqa: F403 - after the variables that it reads
