"""`manage.py up`: everything Rushes needs, under one supervisor, until Ctrl-C."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.config.running import running
from curation.embedded.errors import EmbeddedError


def _one_or_more(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text!r} is no number of processes; there is at least one")
    return int(text)


class SiteCommand(BaseCommand):
    """Everything up under one supervisor, until Ctrl-C; ``ready`` says what comes between the workers and the site."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
        )
        parser.add_argument(
            "--port", type=int, default=8000, help="port; where it is busy, the next free one"
        )
        parser.add_argument(
            "--workers", type=_one_or_more, help="worker processes that score (default: by cores, at most 4)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with running(say=self.say, host=options["host"], port=options["port"]) as rushes:
                self.ready(workers=rushes.workers(options["workers"]), site=rushes.site())
                rushes.supervisor.watch()
        except KeyboardInterrupt:
            return
        except EmbeddedError as error:
            raise CommandError(str(error)) from error

    def ready(self, *, workers: Callable[[], None], site: Callable[[], str]) -> None:
        """Wait for ``workers`` and for ``site``, whose address it gives, and say where it is; both load meanwhile."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


class Command(SiteCommand):
    help = "Start database, broker, workers and site, and stop them all on Ctrl-C."

    def ready(self, *, workers: Callable[[], None], site: Callable[[], str]) -> None:
        workers()
        self.say(f"Rushes is at {site()}  (Ctrl-C stops it)")
