"""manage.py ingest FOLDER --corpus NAME: real footage in, broken files listed."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.errors import RushesError
from curation.management.arguments import report_can_be_written
from curation.models import IngestJob
from curation.progress import ProgressBar
from curation.recipes import BadParams
from curation.services.clips import recipe_get_or_create
from curation.services.corpora import corpus_get_or_create
from curation.services.ingest import FileOutcome, folder_ingest, folder_list
from curation.services.ingestjobs import ingest_request, ingest_run
from curation.storage.s3 import is_address
from curation.terminal import printable


class Command(BaseCommand):
    """Probe every video of a folder or a prefix of object storage, cut its shots, derive its clips. Running it again changes nothing."""

    help = "Take a folder, or a prefix of object storage, into a corpus: probe, cut shots, derive clips. Safe to repeat."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER|s3://BUCKET/PREFIX")
        parser.add_argument(
            "--take-over",
            action="store_true",
            help="object storage: go on with a run whose process was killed, without waiting for its lease",
        )
        parser.add_argument("--corpus", required=True, help="name of the corpus; made if there is none")
        parser.add_argument("--min-seconds", type=float, default=3.0, help="shortest clip (default 3)")
        parser.add_argument(
            "--max-seconds", type=float, default=30.0, help="longer shots are split (default 30)"
        )
        parser.add_argument(
            "--report", type=Path, help="write what became of each file here, a JSON object a line"
        )

    def handle(self, *, folder: str, corpus: str, **options: Any) -> None:
        report_can_be_written(options["report"])
        remote = is_address(folder)
        try:
            listing = folder_list(Path(folder)) if not remote else None
            recipe = recipe_get_or_create(
                name="shots",
                parameters={
                    "scope": "frame",
                    "min_s": options["min_seconds"],
                    "max_s": options["max_seconds"],
                },
            )
            target, created = corpus_get_or_create(name=corpus)
            target.recipes.add(recipe)
            job = ingest_request(corpus=target, address=folder, recipe=recipe) if remote else None
        except (RushesError, BadParams) as error:
            raise CommandError(str(error)) from error
        if job is not None:
            self._from_storage(job, options)
            return
        assert listing is not None
        self.stdout.write(
            f"{len(listing.videos)} videos under {folder} → corpus {target.slug}{' (new)' if created else ''}"
        )
        if not listing.videos:
            self.stdout.write(f"Nothing to do: none of the {listing.passed_over} files there is a video.")
            return
        bar = ProgressBar("ingest", len(listing.videos), unit="files", stream=self.stderr._out)  # type: ignore[arg-type, attr-defined]
        outcomes: list[FileOutcome] = []
        for outcome in folder_ingest(corpus=target, videos=listing.videos, recipe=recipe):
            outcomes.append(outcome)
            bar.advance(outcome.path.name)
        bar.finish()
        self._say(outcomes, listing.passed_over)
        if options["report"]:
            self._report(options["report"], outcomes)

    def _from_storage(self, job: IngestJob, options: dict[str, Any]) -> None:
        """Every object below the prefix, each told as it is done: how many there will be, nobody knows yet."""
        if job.after:
            self.stdout.write(f"going on after {job.after}")
        told: list[FileOutcome] = []

        def tell(outcome: FileOutcome) -> None:
            if outcome.outcome in ("failed", "refused") or options["report"]:
                told.append(outcome)
            self.stdout.write(
                f"  {outcome.outcome}: {printable(str(outcome.path))} ({outcome.clips} clips) {outcome.sentence}"
            )

        whole = ingest_run(job_id=job.pk, take_over=options["take_over"], tell=tell)
        job.refresh_from_db()
        counts = job.counts
        self.stdout.write(
            ", ".join(f"{name} {counts.get(name, 0)}" for name in ("added", "known", "failed", "refused"))
            + f"; {counts.get('clips', 0)} clips; {counts.get('passed_over', 0)} other objects passed over"
        )
        if options["report"]:
            self._report(options["report"], told)
        if whole:
            return
        if job.state == IngestJob.State.LEASED:
            raise CommandError(
                f"Another process is at this (its lease ends {job.leased_until:%H:%M:%S} UTC if it is gone); "
                "if you know that it was killed: --take-over"
            )
        raise CommandError(f"Not finished, what is in stays: {job.error}. Run the same again to go on.")

    def _say(self, outcomes: list[FileOutcome], passed_over: int) -> None:
        counts = Counter(outcome.outcome for outcome in outcomes)
        clips = sum(outcome.clips for outcome in outcomes)
        self.stdout.write(
            f"added {counts['added']}, already known {counts['known']}, failed {counts['failed']}, "
            f"refused {counts['refused']}; {clips} clips; {passed_over} other files passed over"
        )
        for outcome in outcomes:
            if outcome.outcome in ("failed", "refused"):
                self.stdout.write(
                    f"  {outcome.outcome}: {printable(str(outcome.path))}: {outcome.sentence} [{outcome.code}]"
                )

    def _report(self, path: Path, outcomes: list[FileOutcome]) -> None:
        with path.open("w", encoding="utf-8") as lines:
            for one in outcomes:
                row = {
                    "file": str(one.path),
                    "outcome": one.outcome,
                    "clips": one.clips,
                    "dropped_spans": one.dropped,
                    "code": one.code,
                    "reason": one.sentence,
                }
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
