"""A short storm of every kind of fault: nothing acknowledged is lost, nothing is done twice, nothing stays stuck."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.paths import REPOSITORY

pytestmark = [pytest.mark.broker, pytest.mark.timeout(1200)]


def test_nothing_is_lost_in_a_short_storm() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.faults", "--faults", "18", "--minutes", "0.7", "--films", "1"),
            *("--clips", "80", "--exports", "3", "--raters", "2", "--seed", "5", "--patience", "150"),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr[-3000:]
    report = json.loads(done.stdout)
    assert done.returncode == 0, report
    assert report["faults"] >= 5 and report["losses and breaches"] == 0
    assert report["judgments acknowledged"] > 0 and report["exports whole"] >= 3
    assert report["checks of every promise"] >= report["faults"]
