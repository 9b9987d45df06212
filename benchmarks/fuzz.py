"""The long fuzz: every form, address, importer and reader and the API, and how many inputs each was given.

    .venv/bin/python -m benchmarks.fuzz                 # at least 10,000 inputs
    .venv/bin/python -m benchmarks.fuzz --inputs 2000   # fewer; --seed gives others

The targets are the tests below tests/fuzzing and the schema tests of the API: the suite gives each a few inputs, this
the same targets many. Counted is what was sent; an input that hangs, a 500 or an error that a reader does not own ends
its target with the input that did it, and this with an exit status of 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
TESTS = ("tests/fuzzing", "tests/curation/api/test_schemathesis.py")
SHORT = 1_700  # inputs, about, of one run of the suite; what it is exactly is counted
GROUPS = (
    ("API", "API"),
    ("callbacks", "dashboard callbacks"),
    ("imports", "importers"),
    ("manifest", "manifest readers"),
    ("forms", "forms"),
    ("messages", "messages"),
    ("queries", "queries of pages"),
)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=10_000, help="at least so many, over all targets")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as report:
        ended = _run(-(-options.inputs // SHORT), options.seed, report.name)
        told = [json.loads(line) for line in report]
    inputs: dict[str, int] = defaultdict(int)
    slowest: dict[str, float] = defaultdict(float)
    for one in told:
        group = next((name for start, name in GROUPS if one["target"].startswith(start)), one["target"])
        inputs[group] += one["inputs"]
        slowest[group] = max(slowest[group], one["slowest_s"])
    for group in sorted(inputs):
        print(f"{group:<40}{inputs[group]:>8,} inputs, slowest {slowest[group] * 1000:8.0f} ms")
    total, failed = sum(inputs.values()), re.findall(r"^FAILED (\S+)", ended.stdout, re.MULTILINE)
    print(
        f"{total:,} inputs at {len(told)} targets, seed {options.seed}, {time.monotonic() - began:.0f} s, "
        f"load {os.getloadavg()[0]:.1f}: {len(failed)} targets failed (500, hang or a foreign error)"
    )
    if ended.returncode:
        print(ended.stdout[-20_000:])
    return 1 if ended.returncode or total < options.inputs else 0


def _run(times: int, seed: int, report: str) -> subprocess.CompletedProcess[str]:
    chosen = {"RUSHES_FUZZ_TIMES": str(times), "RUSHES_FUZZ_SEED": str(seed), "RUSHES_FUZZ_REPORT": report}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--timeout=0", "--no-header", "-p", "no:randomly", *TESTS],
        cwd=REPOSITORY,
        env=os.environ | chosen,
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    raise SystemExit(main())
