"""Late and doubled deliveries: judgments that come again, twice at once, or after their lease; messages that come in heaps."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from annotation.simulation import Visitor
from tests.faults.raters import LINE_DOWN, Rater, judgment_body
from tests.faults.stack import LEASE_S

KEPT = ("counted", "surplus")  # what the site says of a judgment that it has
_PATIENCE_S = 20.0


def patiently(do: Callable[[], Any], seconds: float = _PATIENCE_S) -> Any:
    """Do it until it succeeds; None where it did not within ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return do()
        except (PermissionError, *LINE_DOWN):
            time.sleep(0.2)
    return None


class Latecomer:
    """Somebody with a browser of their own who delivers too late, or what was delivered already.

    ``acknowledged`` is as a rater's. The work runs in threads, so that the storm goes on meanwhile; ``done`` counts
    what got as far as it was meant to.
    """

    def __init__(
        self, site: str, login: str, password: str, queue: int, options: list[str], seed: int
    ) -> None:
        self.acknowledged: dict[str, str] = {}
        self.odd: list[str] = []
        self.refused = self.resent = 0
        self._login, self._password = login, password
        self._queue, self._options = queue, options
        self._chance = random.Random(seed)
        self._visitor = Visitor(site)
        self._threads: list[threading.Thread] = []
        self._inside = False

    def again(self, raters: list[Rater]) -> bool:
        """Send a judgment again that was acknowledged some time ago, over its rater's own session."""
        rater = self._chance.choice(raters)
        body = rater.some_sent(self._chance)
        if body is None:
            return False
        answer = patiently(lambda: rater.visitor.post("/review/judgments", body))
        return self._note(body, answer, of=rater)

    def twice_at_once(self, raters: list[Rater]) -> bool:
        """Send one and the same judgment from several threads at once."""
        rater = self._chance.choice(raters)
        body = rater.some_sent(self._chance)
        if body is None:
            return False
        answers: list[Any] = []
        threads = [
            threading.Thread(
                target=lambda: answers.append(
                    patiently(lambda: rater.visitor.post("/review/judgments", body))
                )
            )
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        noted = [self._note(body, answer, of=rater) for answer in answers]
        return all(noted)

    def late(self, tell: Callable[[], None]) -> bool:
        """Claim an item now and judge it after its lease has run out; ``tell`` is called once that has arrived."""
        item = patiently(self._claim, 10)
        if item is None:
            return False
        body = judgment_body(item, self._chance.choice(self._options))

        def deliver() -> None:
            time.sleep(LEASE_S + 0.5)
            answer = patiently(lambda: self._visitor.post("/review/judgments", body), 120)
            if self._note(body, answer):
                tell()

        thread = threading.Thread(target=deliver, daemon=True)
        thread.start()
        self._threads.append(thread)
        return True

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(timeout=150)

    def _claim(self) -> dict[str, Any] | None:
        if not self._inside:
            self._visitor.sign_in(self._login, self._password)
            self._inside = True
        return self._visitor.post(f"/review/{self._queue}/claim", {"have": []}).get("item")

    def _note(self, body: dict[str, Any], answer: Any, of: Rater | None = None) -> bool:
        if answer is None:
            return False
        if answer.get("state") not in KEPT:
            self.odd.append(str(answer)[:200])
            self.refused += 1
            return False
        if of is None:
            self.acknowledged[body["id"]] = next(iter(body["answers"].values()))
        return True


class Auditor:
    """Asks for exports over HTTP, as the page does."""

    def __init__(self, site: str, login: str, password: str) -> None:
        self._login, self._password = login, password
        self._visitor = Visitor(site)
        self._inside = False

    def ask(self, subset: int, format: str) -> bool:
        """Ask for an export; False where the site could not be reached."""

        def once() -> bool:
            if not self._inside:
                self._visitor.sign_in(self._login, self._password)
                self._inside = True
            self._visitor.submit(f"/subsets/{subset}/", {"format": format, "to": "here"})
            return True

        return bool(patiently(once, 10))


class Messenger:
    """Sends workers messages that nobody needs: the same again, and of work that was done long ago."""

    def __init__(self, broker: str) -> None:
        self._app = Celery("storm", broker=broker, set_as_current=False)
        self._app.conf.broker_transport_options = {"socket_timeout": 5, "socket_connect_timeout": 5}

    def heap(self, jobs: list[int]) -> bool:
        """Ten of each kind at once, and one for each of ``jobs``, which are exports that have ended."""
        try:
            for name in ("scoring.work", "curation.export", "curation.seal"):
                for _ in range(10):
                    self._app.send_task(name, queue="cpu", task_id=str(uuid.uuid4()), retry=False)
            for job in jobs:
                self._app.send_task("curation.export", kwargs={"job_id": job}, queue="cpu", retry=False)
        except (OperationalError, OSError):  # the broker is away just now
            return False
        return True
