"""Raters who go on whatever happens: what was not acknowledged is sent again, under the same id."""

from __future__ import annotations

import http.client
import random
import threading
import time
import urllib.error
import uuid
from typing import Any

from annotation.simulation import Visitor

LINE_DOWN = (OSError, http.client.HTTPException, ValueError)


def judgment_body(item: dict[str, Any], answer: str) -> dict[str, Any]:
    """What a browser sends for ``item``, under a new id."""
    return {
        "id": str(uuid.uuid4()),
        "slot": item["slot"],
        "token": item["token"],
        "kind": "answer",
        "answers": dict.fromkeys(item["questions"], answer),
        "active_ms": 1000,
        "watched_share": 1.0,
        "shown": item["shown"],
    }


class Rater(threading.Thread):
    """One browser with its outbox. ``acknowledged``: what the site said that it has, by the judgment's id."""

    def __init__(
        self,
        site: str,
        login: str,
        password: str,
        queue: int,
        options: list[str],
        seed: int,
        pause_s: float = 0.15,
    ) -> None:
        super().__init__(name=login, daemon=True)
        self.acknowledged: dict[str, str] = {}
        self.resent = self.line_errors = self.refused = 0
        self.odd: list[str] = []
        self.visitor = Visitor(site)
        self._sent: list[dict[str, Any]] = []
        self._login, self._password = login, password
        self._queue, self._options, self._pause_s = queue, options, pause_s
        self._chance = random.Random(seed)
        self._leave = threading.Event()

    def leave(self) -> None:
        self._leave.set()

    def some_sent(self, chance: random.Random) -> dict[str, Any] | None:
        """A judgment that was acknowledged before, as it was sent."""
        return chance.choice(self._sent) if self._sent else None

    def run(self) -> None:
        self._patiently(lambda: self.visitor.sign_in(self._login, self._password) or {"state": "in"})
        while not self._leave.is_set():
            claimed = self._patiently(lambda: self.visitor.post(f"/review/{self._queue}/claim", {"have": []}))
            if claimed is None:
                return
            if claimed.get("state") != "item":
                time.sleep(0.3)
                continue
            self._judge(claimed["item"])
            time.sleep(self._chance.uniform(0.0, self._pause_s))

    def _judge(self, item: dict[str, Any]) -> None:
        answer = self._chance.choice(self._options)
        body = judgment_body(item, answer)
        for _ in range(
            1 + (self._chance.random() < 0.2)
        ):  # now and then twice, as a browser does that saw no answer
            taken = self._patiently(lambda: self.visitor.post("/review/judgments", body), outlast=True)
            if taken is None:
                return
            if taken.get("state") in ("counted", "surplus"):
                self.acknowledged[body["id"]] = answer
                self._sent.append(body)
            elif taken.get("error"):
                self.refused += 1
                self.odd.append(str(taken)[:200])

    def _patiently(self, do: Any, *, outlast: bool = False) -> dict[str, Any] | None:
        """Do it until the site answers; None once it is time to leave (``outlast``: not for an unsent judgment)."""
        given_up = time.monotonic() + 120
        while (outlast and time.monotonic() < given_up) or not self._leave.is_set():
            try:
                return dict(do())
            except urllib.error.HTTPError as error:
                error.close()
                self.line_errors += 1
            except PermissionError:
                self.line_errors += 1
            except LINE_DOWN:
                self.line_errors += 1
            self.resent += 1
            time.sleep(0.3)
        return None
