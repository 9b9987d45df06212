"""manage.py score --corpus NAME: have workers measure what is missing, and watch them."""

from __future__ import annotations

import argparse
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.models import Corpus
from curation.progress import ProgressBar
from curation.services.targets import targets_retry_failed
from scoring import selectors
from scoring.services.enqueue import corpus_enqueue
from scoring.services.plan import queues
from scoring.services.work import work_once
from scoring.tasks import wake

PATIENCE_SECONDS = 30.0


class Command(BaseCommand):
    """Enqueue what no present build has measured, wake the workers, show how far it is. Safe to repeat."""

    help = "Measure what is missing in a corpus with the Celery workers; Ctrl-C only stops the watching."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--corpus", required=True)
        parser.add_argument("--here", action="store_true", help="measure in this process, without a worker")
        parser.add_argument("--no-wait", action="store_true", help="enqueue and return")
        parser.add_argument("--retry-failed", action="store_true", help="open failed work again first")

    def handle(self, *, corpus: str, **options: Any) -> None:
        found = Corpus.objects.filter(slug=corpus).first() or Corpus.objects.filter(name=corpus).first()
        if found is None:
            names = (
                ", ".join(Corpus.objects.values_list("slug", flat=True)) or "none yet: run manage.py ingest"
            )
            raise CommandError(f"no corpus is called {corpus!r}; there are {names}")
        if options["retry_failed"]:
            self.stdout.write(
                f"{targets_retry_failed(corpus_id=found.pk)} failed pieces of work are open again"
            )
        new = corpus_enqueue(corpus=found)
        progress = selectors.scoring_progress(corpus=found)
        self.stdout.write(
            f"{found.slug}: {new} new pieces of work; {progress.clips_scored} of {progress.clips} clips are scored"
        )
        if options["no_wait"]:
            _wake(new)
            return
        self._watch(found, here=options["here"])

    def _watch(self, corpus: Corpus, *, here: bool) -> None:
        bar = ProgressBar("score", 1000, unit="‰", stream=self.stderr._out)  # type: ignore[arg-type, attr-defined]
        at_start = selectors.scoring_progress(corpus=corpus)
        began = last_change = time.monotonic()
        last: tuple[float, int] | None = None
        if not here:
            _wake(at_start.open_targets)
        while True:
            progress = selectors.scoring_progress(corpus=corpus)
            minutes = max(time.monotonic() - began, 1e-9) / 60
            rate = (progress.clips_scored - at_start.clips_scored) / minutes
            hours = (progress.scored_s - at_start.scored_s) / 3600 / (minutes / 60)
            bar.set(
                int(progress.share * 999) if progress.open_targets else 1000,
                f"{progress.clips_scored}/{progress.clips} clips · {rate:.1f} clips/min · {hours:.2f} video-h/h",
            )
            if not progress.open_targets:
                break
            now = (progress.share, progress.open_targets)
            if now != last:
                last, last_change = now, time.monotonic()
            elif time.monotonic() - last_change > PATIENCE_SECONDS and not progress.leased:
                bar.finish()
                raise CommandError(
                    f"{progress.open_targets} pieces of work wait and no worker takes them; "
                    "start one with `manage.py up`, or measure here with --here"
                )
            if not (here and work_once(queues=("cpu", "gpu"))):
                time.sleep(0.5)
        bar.finish()
        self._say(corpus)

    def _say(self, corpus: Corpus) -> None:
        progress = selectors.scoring_progress(corpus=corpus)
        self.stdout.write(f"{progress.clips_scored} of {progress.clips} clips are scored")
        for row in selectors.failures(corpus=corpus):
            self.stdout.write(
                f"  failed: {row.count} × {row.stage}: {row.reason} [{row.code}] e.g. {row.example}"
            )
        for name, reason in selectors.unavailable_scorers():
            self.stdout.write(f"  unavailable: {name}: {reason}")


def _wake(count: int) -> None:
    for queue in queues():
        wake(queue, times=min(count, 16))
