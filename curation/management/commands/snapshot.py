"""``manage.py snapshot``: build or refresh the analytic snapshot of a corpus, once or for as long as it runs."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.models import Corpus
from curation.services.snapshot import change_log_prune, snapshot_refresh


class Command(BaseCommand):
    """Keep the snapshot in step."""

    help = "Build or refresh the analytic snapshot that what-if, funnel and the clip browser read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--corpus", required=True, help="The corpus, by its slug.")
        parser.add_argument("--origin", help="The scorecards to read; measured ones if left out.")
        parser.add_argument(
            "--rebuild", action="store_true", help="Begin anew instead of adding what changed."
        )
        parser.add_argument("--every", type=float, metavar="SECONDS", help="Go on refreshing until stopped.")

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = Corpus.objects.filter(slug=options["corpus"]).first()
        if corpus is None:
            slugs = ", ".join(Corpus.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"no corpus is called {options['corpus']!r}; there are: {slugs}")
        every = options["every"]
        if every is not None and not 0 < every <= 86_400:
            raise CommandError(f"--every takes seconds, up to a day of them, not {every}")
        while True:
            began = time.monotonic()
            done = snapshot_refresh(corpus=corpus, origin=options["origin"], rebuild=options["rebuild"])
            if done.clips or not options["every"]:
                self.stdout.write(f"{done.kind}: {done.clips:,} clips in {time.monotonic() - began:.1f} s")
            change_log_prune()
            if not options["every"]:
                return
            options["rebuild"] = False
            time.sleep(options["every"])
