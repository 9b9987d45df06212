"""`manage.py up`: everything Rushes needs, under one supervisor, until Ctrl-C."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.config.running import running
from curation.embedded.errors import EmbeddedError


def add_site_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=8000, help="port; where it is busy, the next free one")
    parser.add_argument(
        "--workers", type=_one_or_more, help="worker processes that score (default: by cores, at most 4)"
    )


def _one_or_more(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text!r} is no number of processes; there is at least one")
    return int(text)


class Command(BaseCommand):
    help = "Start database, broker, workers and site, and stop them all on Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_site_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with running(say=self.say, host=options["host"], port=options["port"]) as rushes:
                workers, site = rushes.workers(options["workers"]), rushes.site()
                workers()
                address = site()
                self.say(f"Rushes is at {address}  (Ctrl-C stops it)")
                rushes.supervisor.watch()
        except KeyboardInterrupt:
            return
        except EmbeddedError as error:
            raise CommandError(str(error)) from error

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
