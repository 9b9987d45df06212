"""Faults over a whole running Rushes: what is struck, how often, and how it is put right again.

Raters judge over HTTP, workers measure films and write exports, and all the while processes are killed or held, the
broker is emptied, the database is taken down, the disk fills, and what was delivered comes again or late.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from tests.faults.checks import Watch
from tests.faults.late import Auditor, Latecomer, Messenger
from tests.faults.raters import Rater
from tests.faults.stack import LEASE_S, NotBack, Stack, wait

OPEN = "SELECT count(*) FROM curation_scoringtarget WHERE state IN ('waiting', 'leased')"
OPEN_EXPORTS = "SELECT count(*) FROM curation_exportjob WHERE state IN ('waiting', 'leased')"
OVERDUE = (
    "SELECT coalesce(extract(epoch FROM max(clock_timestamp() - leased_until)), 0) FROM "
    "(SELECT leased_until FROM curation_scoringtarget WHERE state = 'leased' "
    "UNION ALL SELECT leased_until FROM curation_exportjob WHERE state = 'leased') held"
)
Kinds = dict[str, tuple[float, Callable[[], object]]]
"""Name of a kind of fault → weight, and what injects one (False: there was nothing to strike)."""
_WRITING_S = 6.0  # so long an export that was asked for is waited for before another fault is chosen


class Storm:
    """One storm over one stack. ``done`` counts the faults that struck, by kind."""

    def __init__(
        self,
        stack: Stack,
        raters: list[Rater],
        latecomer: Latecomer,
        auditor: Auditor,
        asked: list[tuple[int, str]],
        seed: int,
    ) -> None:
        self.stack, self.raters = stack, raters
        self.latecomer, self.auditor, self.asked = latecomer, auditor, asked
        self.messenger = Messenger(stack.broker_address)
        self.watch = Watch(stack, [*raters, latecomer])
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self._later: list[tuple[float, Callable[[], None]]] = []
        # Weights: what takes a core for seconds to come back strikes seldom.
        self.parts: Kinds = {
            "pool child killed": (12, lambda: self._kill_child("worker")),
            "worker killed": (2, lambda: self._kill("worker", stack.worker)),
            "worker held past its lease": (5, self._hold_pools),
            "export killed": (4, self._kill_export),
            "site process killed": (3, lambda: self._kill_child("site")),
            "site killed": (2, lambda: self._kill("site", stack.web)),
            "second supervisor killed": (1.5, self._kill_second),
            "broker killed": (8, lambda: self._kill("redis", stack.broker)),
            "database connection killed": (4, stack.strike_backend),
            "database stopped": (2.5, lambda: stack.strike_database(signal.SIGINT)),
            "database crashed": (2.5, lambda: stack.strike_database(signal.SIGQUIT)),
            "database killed": (2.5, lambda: stack.strike_database(signal.SIGKILL)),
        }
        if stack.small_disk:
            self.parts["disk full while exporting"] = (3, self._fill_disk)
        self.deliveries: Kinds = {
            "broker emptied": (5, stack.flush_broker),
            "messages delivered again": (4, self._heap),
            "judgment delivered again": (4, lambda: self.latecomer.again(self.raters)),
            "judgment delivered thrice at once": (2, lambda: self.latecomer.twice_at_once(self.raters)),
            "judgment delivered late": (2, self._late),
        }

    # --- a storm -------------------------------------------------------------------------------------------

    def rage(self, faults: int, say: Callable[[str], None], pause_s: float, within_s: float) -> None:
        """Inject faults until so many have struck or the time is over: at processes and disks here, at what is delivered
        from a second thread, so that the one kind meets the other. Each kind is tried once before any is tried again."""
        end = time.monotonic() + within_s
        seed, failed = self.chance.random(), list[Exception]()

        def over() -> bool:
            return bool(failed) or sum(self.done.values()) >= faults or time.monotonic() > end

        def deliveries() -> None:
            try:
                self._strike(self.deliveries, random.Random(seed), over, 1.5 * pause_s)
            except Exception as error:
                failed.append(error)

        beside = threading.Thread(target=deliveries, name="deliveries", daemon=True)
        beside.start()
        said = 0

        def heal() -> None:
            nonlocal said
            self._due()
            self.heal()
            if (total := sum(self.done.values())) >= said + 25:
                said = total
                say(
                    f"{total} of {faults} faults; {self.watch.judgments_seen} judgments acknowledged and there"
                )

        self._strike(self.parts, self.chance, over, pause_s, heal)
        beside.join()
        if failed:
            raise failed[0]
        for _, go_on in self._later:
            go_on()
        self._later.clear()

    def _strike(
        self,
        kinds: Kinds,
        chance: random.Random,
        over: Callable[[], bool],
        pause_s: float,
        heal: Callable[[], None] = lambda: None,
    ) -> None:
        """One fault after another, and after each of them every promise is looked at."""
        first = list(kinds)
        chance.shuffle(first)
        names, weights = list(kinds), [weight for weight, _ in kinds.values()]
        while not over():
            name = first.pop() if first else chance.choices(names, weights)[0]
            time.sleep(chance.uniform(0.0, 2 * pause_s))
            try:
                struck = kinds[name][1]() is not False
            except (OSError, NotBack):
                struck = False
            if name != "judgment delivered late" or not struck:  # it counts itself once it has arrived
                (self.done if struck else self.missed)[name] += 1
            heal()
            self.watch.look()

    def heal(self) -> None:
        """Start again whatever ended: what a supervisor does."""
        for name, start in (
            ("redis", self.stack.broker),
            ("worker", self.stack.worker),
            ("site", self.stack.web),
            ("second", self.stack.second),
        ):
            if not self.stack.runs(name):
                self.stack.kill(name)
                with suppress(NotBack):  # looked at again after the next fault
                    start()

    def _due(self) -> None:
        now = time.monotonic()
        for at, go_on in [one for one in self._later if one[0] <= now]:
            go_on()
            self._later.remove((at, go_on))

    # --- faults --------------------------------------------------------------------------------------------

    def _kill(self, name: str, start: Callable[[], None]) -> None:
        self.stack.kill(name)
        start()

    def _kill_second(self) -> None:
        """The supervisor alone is killed; the kernel ends its children, and another begins at once."""
        self.stack.kill("second")
        self.stack.second_gone()
        self.stack.second()

    def _kill_child(self, name: str) -> bool:
        children = self.stack.children(name)
        if not children:
            return False
        os.kill(self.chance.choice(children), signal.SIGKILL)
        return True

    def _hold_pools(self) -> bool:
        """Workers stand still with their work in hand until others may take it, then go on as if nothing had been."""
        pools = self.stack.pools()
        if not pools:
            return False
        self._later.append((time.monotonic() + LEASE_S + 1.5, self.stack.hold(pools)))
        return True

    def _writing(self) -> bool:
        """Ask for an export and wait until a worker writes it; False where none began."""
        subset, format = self.chance.choice(self.asked)
        if not self.auditor.ask(subset, format):
            return False
        try:
            wait(
                lambda: self.stack.rows("SELECT 1 FROM curation_exportjob WHERE state = 'leased'"),
                _WRITING_S,
                "an export is being written",
            )
        except NotBack:
            return False
        return True

    def _kill_export(self) -> bool:
        """SIGKILL to whoever writes an export, at any moment of it."""
        if not self._writing():
            return False
        time.sleep(self.chance.uniform(0.0, 0.03))  # small exports take no longer
        struck = bool(self.stack.rows("SELECT 1 FROM curation_exportjob WHERE state = 'leased'"))
        for pid in self.stack.pools():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return struck

    def _fill_disk(self) -> bool:
        """No byte is left while an export is asked for; it fails and says why, and is asked for again some time."""
        failed = (
            "SELECT count(*) FROM curation_exportjob WHERE state = 'failed' AND error LIKE '%No space left%'"
        )
        before = self.stack.rows(failed)[0][0]
        filler = self.stack.fill_disk()
        try:
            subset, format = self.chance.choice(self.asked)
            if not self.auditor.ask(subset, format):
                return False
            wait(lambda: self.stack.rows(failed)[0][0] != before, _WRITING_S, "an export met the full disk")
        finally:
            filler.unlink()
        return True

    def _heap(self) -> bool:
        ended = self.stack.rows(
            "SELECT id FROM curation_exportjob WHERE state = 'done' ORDER BY random() LIMIT 5"
        )
        return self.messenger.heap([int(str(row[0])) for row in ended])

    def _late(self) -> bool:
        def arrived() -> None:
            self.done["judgment delivered late"] += 1

        return self.latecomer.late(arrived)


def settle(storm: Storm, patience_s: float) -> dict[str, float]:
    """Wait, with everything up, until no work is open. ``given up``: targets and exports that were asked for again, as
    three lost workers in a row look like a file that kills them; ``overdue``: how long the last lease that had run out
    waited for somebody to take it up."""
    stack = storm.stack
    began = time.monotonic()

    def nothing_overdue() -> bool:
        storm.heal()
        return float(str(stack.rows(OVERDUE)[0][0])) <= 0

    def closed() -> bool:
        storm.heal()
        return stack.rows(OPEN)[0][0] == 0 and stack.rows(OPEN_EXPORTS)[0][0] == 0

    wait(nothing_overdue, patience_s, "every lease that ran out is taken up again")
    overdue = time.monotonic() - began
    given_up = 0
    for _ in range(6):
        wait(closed, patience_s, "no work is open any more")
        lost = int(
            str(stack.rows("SELECT count(*) FROM curation_scoringtarget WHERE state = 'failed'")[0][0])
        )
        there = set(stack.rows("SELECT DISTINCT subset_id, format FROM curation_exportrecord"))
        absent = [one for one in storm.asked if tuple(one) not in there]
        if not lost and not absent:
            break
        given_up += lost + len(absent)
        if lost:
            stack.manage("score", "--corpus", "films", "--retry-failed", "--no-wait")
        for subset, format in absent:
            storm.auditor.ask(subset, format)
    return {"given up and asked for again": given_up, "seconds until no lease was overdue": round(overdue, 1)}
