"""A storm of faults over a whole running Rushes, and afterwards a count of what was lost. `python -m tests.faults.storm`

Raters judge over HTTP, a worker measures films and writes exports, and all the while processes are killed, the broker is
emptied and the database is taken down. In the end every part is left alone until the work is done, and then:
every acknowledged judgment is there once, with its answer; slots are right; each target was measured once a build; each
export is whole or absent; the audit log verifies.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import Any

from curation.exports.manifest import NoManifest, verify_folder
from tests.faults.raters import Rater
from tests.faults.stack import LEASE_S, NotBack, Stack, wait
from tests.paths import REPOSITORY

OPEN = "SELECT count(*) FROM curation_scoringtarget WHERE state IN ('waiting', 'leased')"
OPEN_EXPORTS = "SELECT count(*) FROM curation_exportjob WHERE state IN ('waiting', 'leased')"


class Storm:
    """One storm over one stack."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self.stack = stack
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.kinds: dict[str, tuple[int, Callable[[], object]]] = {
            "pool child killed": (22, lambda: self._kill_child("worker")),
            "worker killed": (5, lambda: self._kill("worker", stack.worker)),
            "site process killed": (25, lambda: self._kill_child("site")),
            "site killed": (7, lambda: self._kill("site", stack.web)),
            "broker emptied": (10, stack.flush_broker),
            "broker killed": (6, lambda: self._kill("redis", stack.broker)),
            "database connection killed": (6, stack.strike_backend),
            "database stopped": (4, lambda: stack.strike_database(signal.SIGINT)),
            "database crashed": (4, lambda: stack.strike_database(signal.SIGQUIT)),
            "database killed": (3, lambda: stack.strike_database(signal.SIGKILL)),
            "messages delivered twice": (8, self._wake_often),
        }

    def rage(self, faults: int, say: Callable[[str], None]) -> None:
        """Inject that many faults; each kind at least once where there are enough of them."""
        names = list(self.kinds)
        weights = [weight for weight, _ in self.kinds.values()]
        order = names[:faults] + self.chance.choices(names, weights, k=max(0, faults - len(names)))
        self.chance.shuffle(order)
        for number, name in enumerate(order):
            time.sleep(self.chance.uniform(0.1, 1.5))
            try:
                if self.kinds[name][1]() is not False:
                    self.done[name] += 1
            except (OSError, FileNotFoundError) as error:
                self.done[f"{name}: could not ({type(error).__name__})"] += 1
            self.heal()
            if number % 25 == 24:
                say(f"{number + 1} of {len(order)} faults")

    def heal(self) -> None:
        """Start again whatever ended: what a supervisor does."""
        for name, start in (
            ("redis", self.stack.broker),
            ("worker", self.stack.worker),
            ("site", self.stack.web),
        ):
            if not self.stack.runs(name):
                self.stack.kill(name)
                start()

    def _kill(self, name: str, start: Callable[[], None]) -> None:
        self.stack.kill(name)
        start()

    def _kill_child(self, name: str) -> bool:
        children = self.stack.children(name)
        if not children:
            return False
        os.kill(self.chance.choice(children), signal.SIGKILL)
        return True

    def _wake_often(self) -> None:
        script = (
            "from curation.config.celery import app\n"
            "for name in ('scoring.work', 'curation.export', 'curation.seal'):\n"
            "    for _ in range(10): app.send_task(name, queue='cpu')\n"
        )
        subprocess.run(
            [sys.executable, "-c", script],
            env=self.stack.environment() | {"DJANGO_SETTINGS_MODULE": "curation.config.settings"},
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )


def settle(storm: Storm, patience_s: float) -> int:
    """Wait, with everything up, until no work is open. Returns how many targets had been given up and were asked for
    again: three lost workers in a row look like a file that kills them."""
    stack = storm.stack

    def closed() -> bool:
        storm.heal()
        return stack.rows(OPEN)[0][0] == 0 and stack.rows(OPEN_EXPORTS)[0][0] == 0

    given_up = 0
    for _ in range(5):
        wait(closed, patience_s, "no work is open any more")
        lost = int(
            str(stack.rows("SELECT count(*) FROM curation_scoringtarget WHERE state = 'failed'")[0][0])
        )
        if not lost:
            break
        given_up += lost
        stack.manage("score", "--corpus", "films", "--retry-failed", "--no-wait")
    return given_up


def check(stack: Stack, raters: list[Rater], films: int) -> tuple[dict[str, int], list[str]]:
    """Counts, and everything that is not as it was promised."""
    wrong: list[str] = []
    acknowledged = {id: answer for rater in raters for id, answer in rater.acknowledged.items()}
    kept = {str(id): answer for id, answer in stack.rows("SELECT id::text, answer FROM annotation_judgment")}
    lost = [id for id, answer in acknowledged.items() if kept.get(id) != answer]
    wrong += [f"judgment {id} was acknowledged and is not there as it was sent" for id in lost]

    def none(question: str, what: str) -> None:
        for row in stack.rows(question):
            wrong.append(f"{what}: {row}")

    none(
        "SELECT j.item_id, count(*) FROM annotation_judgment j JOIN annotation_queue q ON q.id = j.queue_id "
        "WHERE j.counted AND j.supersedes_id IS NULL GROUP BY j.item_id, q.overlap HAVING count(*) > q.overlap",
        "more counted judgments than the overlap",
    )
    none(
        "SELECT item_id, rater_id FROM annotation_judgment WHERE counted AND supersedes_id IS NULL "
        "GROUP BY 1, 2 HAVING count(*) > 1",
        "one rater counted twice on an item",
    )
    none(
        "SELECT s.id FROM annotation_slot s LEFT JOIN annotation_judgment j ON j.id = s.judgment_id "
        "WHERE (s.state = 'done') <> (j.id IS NOT NULL) OR (j.id IS NOT NULL AND j.rater_id <> s.rater_id)",
        "a slot that does not fit its judgment",
    )
    none(
        "SELECT j.id FROM annotation_judgment j WHERE j.counted AND NOT EXISTS "
        "(SELECT 1 FROM annotation_slot s WHERE s.judgment_id = j.id) AND NOT EXISTS "
        "(SELECT 1 FROM annotation_judgment later WHERE later.supersedes_id = j.id)",
        "a counted judgment without its slot",
    )
    none(
        "SELECT source_id, stage, builds_key, count(*) FROM curation_seriesfile GROUP BY 1, 2, 3 HAVING count(*) > 1",
        "measured more than once a build",
    )
    none(
        "SELECT id, stage, state, failure FROM curation_scoringtarget WHERE state <> 'done'",
        "a target not done",
    )
    none(
        "SELECT c.id FROM curation_clip c JOIN curation_corpus k ON k.id = c.corpus_id LEFT JOIN curation_scorecard s "
        "ON s.clip_id = c.id AND s.origin = 'measured' WHERE k.slug = 'films' AND c.is_current "
        "AND (s.id IS NULL OR s.luminance IS NULL)",
        "a clip without its numbers",
    )
    none(
        "SELECT clip_id, kind, count(*) FROM curation_rendition GROUP BY 1, 2 HAVING count(*) > 1",
        "a rendition twice",
    )
    (sources,) = stack.rows(
        "SELECT count(*) FROM curation_source s JOIN curation_corpus k ON k.id = s.corpus_id WHERE k.slug = 'films'"
    )
    if sources[0] != films:
        wrong.append(f"{sources[0]} films, not {films}")
    exports = _check_exports(stack, wrong)
    verified = json.loads(stack.manage("audit", "verify", "--json"))
    wrong += [f"audit log: {sentence}" for sentence in verified["faults"]]
    counts = {
        "judgments acknowledged": len(acknowledged),
        "judgments kept": len(kept),
        "judgments lost": len(lost),
        "answers refused": sum(rater.refused for rater in raters),
        "requests that failed and were sent again": sum(rater.resent for rater in raters),
        "films measured": int(str(sources[0])),
        "exports whole": exports,
        "audit events sealed": verified["links"],
    }
    wrong += [f"refused: {one}" for rater in raters for one in rater.odd[:3]]
    return counts, wrong


def _check_exports(stack: Stack, wrong: list[str]) -> int:
    jobs = stack.rows("SELECT id, state, destination, error FROM curation_exportjob ORDER BY id")
    root = stack.storage / "exports"
    known = set()
    for number, state, destination, error in jobs:
        if state != "done":
            wrong.append(f"export {number} is {state}: {error}")
            continue
        known.add(str(destination))
        try:
            wrong += [f"export {number}: {fault}" for fault in verify_folder(root / str(destination))]
        except (NoManifest, OSError) as fault:
            wrong.append(f"export {number}: {fault}")
    if len(known) != len(jobs):
        wrong.append(f"{len(known)} export folders for {len(jobs)} exports asked for")
    (records,) = stack.rows("SELECT count(*), count(DISTINCT job_id) FROM curation_exportrecord")
    if records != (len(known), len(known)):
        wrong.append(f"{records[0]} export records for {len(known)} exports")
    for manifest in root.rglob("manifest.json") if root.exists() else ():
        name = manifest.parent.relative_to(root).as_posix()
        if name not in known and not any(part.startswith(".") for part in manifest.relative_to(root).parts):
            wrong.append(f"an export that nobody knows of: {name}")
    return len(known)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=1000)
    parser.add_argument("--films", type=int, default=40)
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--exports", type=int, default=60)
    parser.add_argument("--raters", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=900.0)
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs and data")
    chosen = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="rushes-storm-", dir="/var/tmp"))
    folder.chmod(0o755)
    stack = Stack(folder)
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:6.0f} s] {line}", file=sys.stderr, flush=True)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is ended below
    try:
        stack.up()
        made = _seed(stack, folder / "films", chosen)
        wait(stack.answers, 90, "the site answers")
        say("everything is up")
        raters = [
            Rater(stack.site, login, made["password"], made["queue"], made["options"], chosen.seed + number)
            for number, login in enumerate(made["logins"])
        ]
        for rater in raters:
            rater.start()
        storm = Storm(stack, chosen.seed)
        storm.rage(chosen.faults, say)
        say(f"{sum(storm.done.values())} faults injected; waiting for what is open")
        wait(stack.answers, 90, "the site answers")
        for rater in raters:
            rater.leave()
        for rater in raters:
            rater.join(timeout=180)
        given_up = settle(storm, chosen.patience)
        time.sleep(LEASE_S)
        stack.manage("audit", "seal")
        counts, wrong = check(stack, raters, chosen.films)
        report = {
            "faults": sum(storm.done.values()),
            "by kind": dict(storm.done.most_common()),
            **counts,
            "targets asked for again after three lost workers": given_up,
            "losses and breaches": len(wrong),
            "which": wrong[:50],
            "seconds": round(time.monotonic() - began),
        }
        print(json.dumps(report, indent=1))
        return 1 if wrong else 0
    except NotBack as error:
        print(json.dumps({"stuck": str(error), "logs": str(stack.logs)}))
        chosen.keep = True
        return 2
    finally:
        stack.down()
        if not chosen.keep:
            rmtree(folder, ignore_errors=True)


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
