"""Raters who are not there: they sign in, claim and judge over HTTP exactly as a browser does."""

from __future__ import annotations

import http.cookiejar
import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Habits:
    """How a simulated rater works: shares lie in 0 to 1, ``think_s`` is the mean time a judgment takes."""

    error_rate: float = 0.1
    vanish_rate: float = 0.0
    cannot_rate: float = 0.0
    think_s: float = 0.0


@dataclass(slots=True)
class Log:
    """What a rater did and how long the server took, in seconds."""

    counted: int = 0
    surplus: int = 0
    vanished: int = 0
    errors: list[str] = field(default_factory=list)
    claim_s: list[float] = field(default_factory=list)
    submit_s: list[float] = field(default_factory=list)
    end: str = ""


class Visitor:
    """One browser's worth of HTTP: cookies, CSRF token, JSON."""

    def __init__(self, site: str) -> None:
        self.site = site.rstrip("/")
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def sign_in(self, username: str, password: str) -> None:
        """Raises ``PermissionError`` where the login is refused."""
        self._open("/login/")
        form = {"username": username, "password": password, "csrfmiddlewaretoken": self._csrf()}
        form["next"] = (
            "/account/"  # a light page: a crowd that signs in at once shall not ask for the corpus a hundred times
        )
        answer = self._open("/login/", urllib.parse.urlencode(form).encode())
        if not any(cookie.name == "sessionid" for cookie in self.cookies):
            raise PermissionError(f"{username} could not sign in ({answer.status})")

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST JSON, read JSON; refusals come back as their own JSON with ``error``."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-CSRFToken": self._csrf(),
        }
        try:
            with self._open(path, json.dumps(body).encode(), headers) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            if error.headers.get_content_type() == "application/json":
                return dict(json.load(error))
            raise

    def submit(self, path: str, fields: Mapping[str, str]) -> int:
        """POST a form as a page does; the status after redirects. Raises ``HTTPError`` for 400 and above."""
        form = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": self._csrf()})
        with self._open(path, form.encode()) as answer:
            return int(answer.status)

    def _open(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the site is what the operator typed
            self.site + path, body, {"Referer": self.site + path, **(headers or {})}
        )
        return self.opener.open(request, timeout=_TIMEOUT_S)

    def _csrf(self) -> str:
        return next((cookie.value or "" for cookie in self.cookies if cookie.name == "_csrf_token"), "")


def made_up_truth(item: Mapping[str, Any], options: Sequence[str]) -> str:
    """The answer that all simulated raters hold for true: the proposal where it is shown, else fixed by the clip."""
    proposal = (item.get("proposal") or {}).get("word")
    if proposal in options:
        return str(proposal)
    return options[zlib.crc32(f"truth {item['clips'][0]['id']}".encode()) % len(options)]


def work(
    visitor: Visitor,
    *,
    queue: int,
    options: Mapping[str, Sequence[str]],
    habits: Habits,
    seed: int,
    most: int | None = None,
    stopped: Callable[[], bool] = lambda: False,
    pause: Callable[[float], object] = time.sleep,
    truth: Callable[[Mapping[str, Any], Sequence[str]], str] = made_up_truth,
    log: Log | None = None,
) -> Log:
    """Claim and judge until the queue is done for this rater, ``most`` judgments are made, or it is stopped.

    ``options`` maps each question to its answers; ``pause`` waits for so many seconds, or for less where somebody wants
    an end. A rater who vanishes leaves the lease to run out. ``log``: one to go on writing, for who reads it meanwhile.
    """
    chance = random.Random(seed)  # noqa: S311 - a simulation, repeatable on purpose
    log = Log() if log is None else log
    while not stopped() and (most is None or log.counted + log.surplus < most):
        began = time.perf_counter()
        answer = visitor.post(f"/review/{queue}/claim", {"have": []})
        log.claim_s.append(time.perf_counter() - began)
        if answer.get("state") != "item":
            log.end = str(answer.get("state") or answer.get("error"))
            if answer.get("error"):
                log.errors.append(str(answer.get("message") or answer["error"]))
            if answer.get("state") != "leased":
                break
            pause(0.5)
            continue
        item = answer["item"]
        if habits.think_s:
            pause(chance.expovariate(1 / habits.think_s))
        if chance.random() < habits.vanish_rate:
            log.vanished += 1
            log.end = "vanished"
            break
        body = _judgment(item, options, habits, chance, truth)
        began = time.perf_counter()
        taken = visitor.post("/review/judgments", body)
        log.submit_s.append(time.perf_counter() - began)
        if taken.get("state") == "counted":
            log.counted += 1
        elif taken.get("state") == "surplus":
            log.surplus += 1
        else:
            log.errors.append(str(taken.get("message") or taken))
    return log


def _judgment(
    item: Mapping[str, Any],
    options: Mapping[str, Sequence[str]],
    habits: Habits,
    chance: random.Random,
    truth: Callable[[Mapping[str, Any], Sequence[str]], str],
) -> dict[str, Any]:
    cannot = chance.random() < habits.cannot_rate
    answers = {}
    for question in item["questions"]:
        right = truth(item, options[question])
        wrong = [one for one in options[question] if one != right]
        answers[question] = chance.choice(wrong) if chance.random() < habits.error_rate else right
    return {
        "id": str(uuid.uuid4()),
        "slot": item["slot"],
        "token": item["token"],
        "kind": "cannot" if cannot else "answer",
        "answers": {} if cannot else answers,
        "active_ms": max(0, round(1000 * chance.gauss(habits.think_s or 6.0, 1.5))),
        "watched_share": 1.0,
        "shown": item["shown"],
    }
