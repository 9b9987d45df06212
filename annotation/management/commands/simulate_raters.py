"""manage.py simulate_raters QUEUE: raters over HTTP, with their mistakes, pace and vanishing."""

from __future__ import annotations

import argparse
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from statistics import quantiles
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from annotation.models import Queue
from annotation.simulation import Habits, Log, Visitor, work
from curation.models import Role, User

_WHY_NOT = {
    "preparing": "what is left waits for a preview",
    "paused": "the queue is paused",
    "closed": "the queue is closed",
    "done": "nothing in it waits for these raters",
}


class Command(BaseCommand):
    """Judgments of simulated raters are judgments: meant for demos, load and statistics, never for real corpora."""

    help = "Let simulated raters judge a queue over HTTP, as browsers do."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("queue", type=int, help="number of the queue, from `queue list`")
        parser.add_argument("--site", default="http://127.0.0.1:8000", help="address of the running site")
        parser.add_argument("--raters", type=int, default=3)
        parser.add_argument("--error-rate", type=float, default=0.1, help="share of wrong answers")
        parser.add_argument("--cannot-rate", type=float, default=0.0, help="share of 'cannot judge'")
        parser.add_argument(
            "--vanish-rate", type=float, default=0.0, help="chance to leave for good, per item"
        )
        parser.add_argument("--think", type=float, default=0.0, help="mean seconds a judgment takes")
        parser.add_argument("--most", type=int, help="judgments a rater makes at most")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--yes", action="store_true", help="also in production, where made-up judgments spoil figures"
        )

    def handle(self, *, queue: int, site: str, raters: int, **options: Any) -> None:
        if settings.MODE == "production" and not options["yes"]:
            raise CommandError("This writes made-up judgments. In production say --yes if you mean it.")
        if raters < 1:
            raise CommandError(f"--raters takes 1 or more, not {raters}")
        if not site.startswith(("http://", "https://")):
            raise CommandError(f"--site is an address such as http://127.0.0.1:8000, not {site!r}")
        found = Queue.objects.select_related("rubric_version").filter(pk=queue).first()
        if found is None:
            raise CommandError(f"there is no queue {queue}; see `manage.py queue list`")
        answers = {
            question["key"]: [option["key"] for option in question["options"]]
            for question in found.rubric_version.questions
        }
        habits = Habits(
            error_rate=options["error_rate"],
            vanish_rate=options["vanish_rate"],
            cannot_rate=options["cannot_rate"],
            think_s=options["think"],
        )
        visitors = [self._visitor(site, number) for number in range(raters)]
        began = time.perf_counter()
        with ThreadPoolExecutor(raters) as pool:
            logs = list(
                pool.map(
                    lambda pair: work(
                        pair[1],
                        queue=queue,
                        options=answers,
                        habits=habits,
                        seed=options["seed"] * 1000 + pair[0],
                        most=options["most"],
                    ),
                    enumerate(visitors),
                )
            )
        self._say(logs, time.perf_counter() - began)

    def _visitor(self, site: str, number: int) -> Visitor:
        """A login of its own for each simulated rater, under a fresh password that nobody keeps."""
        password = secrets.token_urlsafe(18)
        user, _ = User.objects.get_or_create(
            username=f"simulated-{number + 1}", defaults={"role": Role.ANNOTATOR}
        )
        user.set_password(password)
        user.save(update_fields=["password"])
        visitor = Visitor(site)
        try:
            visitor.sign_in(user.username, password)
        except OSError as error:
            raise CommandError(
                f"{site} does not answer ({error}); start it, or name it with --site"
            ) from error
        return visitor

    def _say(self, logs: list[Log], seconds: float) -> None:
        made = sum(log.counted + log.surplus for log in logs)
        self.stdout.write(
            f"{made} judgments in {seconds:.1f} s ({made / seconds:.1f}/s): {sum(log.counted for log in logs)} counted,"
            f" {sum(log.surplus for log in logs)} surplus, {sum(log.vanished for log in logs)} raters vanished"
        )
        for end in sorted({log.end for log in logs} & _WHY_NOT.keys()) if not made else ():
            self.stdout.write(f"Nothing was given out: {_WHY_NOT[end]}.")
        for name, times in (
            ("claim", list(chain.from_iterable(log.claim_s for log in logs))),
            ("submit", list(chain.from_iterable(log.submit_s for log in logs))),
        ):
            if len(times) > 1:
                cuts = quantiles(times, n=20)
                self.stdout.write(f"{name}: median {1000 * cuts[9]:.0f} ms, p95 {1000 * cuts[18]:.0f} ms")
        for error in list(chain.from_iterable(log.errors for log in logs))[:10]:
            self.stderr.write(f"refused: {error}")
