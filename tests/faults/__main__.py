"""A storm of faults over a whole running Rushes, and afterwards a count of what was lost. `python -m tests.faults`

In the end every part is left alone until the work is done, and then: every acknowledged judgment is there once, with its
answer; slots are right; each target was measured once a build; each export is whole or absent; the audit log verifies.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import rmtree
from typing import Any

from tests.faults.checks import check
from tests.faults.late import Auditor, Latecomer
from tests.faults.raters import Rater
from tests.faults.stack import LEASE_S, NotBack, Stack, wait
from tests.faults.storm import Storm, settle
from tests.paths import REPOSITORY


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 where nothing was lost, 1 where something was, 2 where a part did not come back."""
    chosen = _options().parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="rushes-storm-", dir="/var/tmp"))
    folder.chmod(0o755)
    stack = Stack(folder)
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:6.0f} s] {line}", file=sys.stderr, flush=True)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is ended below
    storm = None
    try:
        stack.up()
        made = _seed(stack, folder / "films", chosen)
        stack.second()
        wait(stack.answers, 180, "the site answers")
        say("everything is up")
        storm = _storm(stack, made, chosen)
        for rater in storm.raters:
            rater.start()
        wait(lambda: any(rater.acknowledged for rater in storm.raters), 180, "a first judgment")
        storm.rage(chosen.faults, say, chosen.pause, chosen.minutes * 60)
        say(f"{sum(storm.done.values())} faults have struck; waiting for what is open")
        wait(stack.answers, 180, "the site answers")
        for rater in storm.raters:
            rater.leave()
        for rater in storm.raters:
            rater.join(timeout=180)
        storm.latecomer.wait()
        settled = settle(storm, chosen.patience)
        time.sleep(LEASE_S)
        storm.watch.look()
        stack.manage("audit", "seal")
        counts, wrong = check(stack, storm.watch.senders, chosen.films, storm.asked)
        wrong += [one for one in storm.watch.wrong if one not in wrong]
        report = {
            **_struck(storm),
            **counts,
            **settled,
            "losses and breaches": len(wrong),
            "which": wrong[:50],
            "seconds": round(time.monotonic() - began),
            "load": os.getloadavg(),
        }
        print(json.dumps(report, indent=1))
        return 1 if wrong else 0
    except NotBack as error:
        so_far = _struck(storm) if storm is not None else {}
        print(json.dumps({"stuck": str(error), "logs": str(stack.logs), **so_far}, indent=1))
        chosen.keep = True
        return 2
    finally:
        stack.down()
        if not chosen.keep:
            rmtree(folder, ignore_errors=True)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--faults", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=60.0, help="then no further fault is injected")
    parser.add_argument("--films", type=int, default=40)
    parser.add_argument("--clips", type=int, default=600)
    parser.add_argument("--exports", type=int, default=12, help="lists to be exported, again and again")
    parser.add_argument("--raters", type=int, default=4)
    parser.add_argument("--pause", type=float, default=0.2, help="mean seconds between two faults")
    parser.add_argument("--think", type=float, default=0.4, help="most seconds a rater takes for a judgment")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--patience", type=float, default=900.0, help="seconds that open work may take to end"
    )
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs and data")
    return parser


def _struck(storm: Storm) -> dict[str, Any]:
    return {
        "faults": sum(storm.done.values()),
        "by kind": dict(storm.done.most_common()),
        "tried, but nothing was there to strike": dict(storm.missed.most_common()),
        "checks of every promise": storm.watch.looks,
    }


def _storm(stack: Stack, made: dict[str, Any], chosen: argparse.Namespace) -> Storm:
    common = (made["password"], made["queue"], made["options"])
    raters = [
        Rater(stack.site, login, *common, chosen.seed + number, chosen.think)
        for number, login in enumerate(made["logins"])
    ]
    latecomer = Latecomer(stack.site, made["late"], *common, chosen.seed + 1000)
    auditor = Auditor(stack.site, made["auditor"], made["password"])
    asked = [(subset, format) for subset, format in made["asked"]]
    return Storm(stack, raters, latecomer, auditor, asked, chosen.seed)


def _seed(stack: Stack, films: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    numbers = [str(number) for number in (chosen.clips, chosen.films, chosen.exports, chosen.raters)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.seed", str(films), *numbers],
        cwd=REPOSITORY,
        env=stack.environment() | {"DJANGO_SETTINGS_MODULE": "curation.config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return dict(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    raise SystemExit(main())
