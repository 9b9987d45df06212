"""Policies over millions of clips, measured: `.venv/bin/python -m benchmarks.corpus --sizes 50000 500000 5200000`.

For each size: synthesis, import of a manifest, snapshot, re-tiering, what-if of one threshold and of fourteen at once
beside the same question as one parallel PostgreSQL query (answers compared), pages; beside it a calibration of the
machine. One table shows how each grows. Parts that are done are kept below RUSHES_VAR (default var/benchmark) and not
run again: after a kill the same command goes on, `--again` measures anew, `--only` and `--skip` choose parts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
os.environ.setdefault("RUSHES_VAR", str(REPOSITORY / "var" / "benchmark"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.config.settings")
os.environ.setdefault("DEBUG", "0")
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from benchmarks.growth import growth_table, wrong_answers  # noqa: E402
from benchmarks.machine import calibrate, say  # noqa: E402
from benchmarks.parts import PARTS  # noqa: E402
from curation.embedded.postgres import lease  # noqa: E402


class Kept:
    """What was measured, by size and part, in a file that is replaced after each part."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def has(self, clips: int, part: str) -> bool:
        return part in self.found.get(str(clips), {})

    def put(self, clips: int, part: str, values: dict[str, Any]) -> None:
        self.found.setdefault(str(clips), {})[part] = values
        unfinished = self.path.with_name(self.path.name + ".part")
        unfinished.write_text(json.dumps(self.found, indent=1))
        unfinished.replace(self.path)


def run_part(part: str, clips: int) -> dict[str, Any]:
    """One part in a process of its own, so that its memory peak is its own. A part that fails ends the run."""
    began, load = datetime.now(UTC), os.getloadavg()[0]
    seconds = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.parts", part, str(clips)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        sys.exit(
            f"{part} of {clips:,} clips failed (status {done.returncode}); the same command goes on from here"
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    found["at"], found["load_before"] = f"{began:%Y-%m-%d %H:%M} UTC", round(load, 1)
    found["part_s"] = round(time.perf_counter() - seconds, 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000])
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--skip", nargs="+", choices=list(PARTS), default=[])
    parser.add_argument("--again", action="store_true", help="Measure parts that were measured before, too.")
    parser.add_argument("--out", type=Path, help="Write the figures as JSON here, too.")
    options = parser.parse_args()
    with lease(settings.EMBEDDED_POSTGRES):
        call_command("migrate", verbosity=0)
        kept = Kept(settings.VAR / "benchmark-corpus.json")
        calibrations = [calibrate()]
        say(f"calibration before: {json.dumps(calibrations[0])}")
        for clips in options.sizes:
            for part in PARTS:
                if part not in options.only or part in options.skip:
                    continue
                if kept.has(clips, part) and not options.again:
                    say(f"{clips:,} clips: {part} was measured before")
                    continue
                say(f"{clips:,} clips: {part} …")
                found = run_part(part, clips)
                # What stands there already has no rate of its own: the one measured when it was made stays.
                if not found.get("made_before"):
                    kept.put(clips, part, found)
                say(f"  {json.dumps(found)}")
        calibrations.append(calibrate())
        say(f"calibration after: {json.dumps(calibrations[1])}")
    report = {"sizes": {str(clips): kept.found.get(str(clips), {}) for clips in options.sizes}}
    say("\n" + "\n".join(growth_table(report["sizes"], calibrations)))
    if options.out:
        options.out.write_text(json.dumps({**report, "calibrations": calibrations}, indent=1))
    if bad := wrong_answers(report["sizes"]):
        sys.exit("\n".join(bad))


if __name__ == "__main__":
    main()
