"""manage.py import_manifest FILE --corpus NAME --format talkvid: what another team released, as its own origin."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.errors import RushesError
from curation.management.arguments import report_can_be_written
from curation.manifests import FORMATS, format_named
from curation.progress import ProgressBar
from curation.services.corpora import corpus_get_or_create
from curation.services.manifests import faults_report, manifest_import, total_of

SHOWN = 10


class Command(BaseCommand):
    """Stream a manifest in. Good rows go in, bad ones are listed; safe to repeat and to interrupt."""

    help = "Take a released manifest (TalkVid, SpeakerVid, MIT, or our own) into a corpus, as its own origin."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("manifest", type=Path, help="a JSON, JSONL file, or a folder of small JSON files")
        parser.add_argument("--corpus", required=True, help="name of the corpus; made if there is none")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument(
            "--origin", default="", help="name of where the scores are from (default: the format's)"
        )
        parser.add_argument("--report", type=Path, help="write every bad row here: line, field, reason")

    def handle(self, *, manifest: Path, corpus: str, format: str, origin: str, **options: Any) -> None:
        report_can_be_written(options["report"])
        bar: ProgressBar | None = None
        try:
            target, _ = corpus_get_or_create(name=corpus)
            total = total_of(manifest) if manifest.exists() else None
            bar = ProgressBar("import", total or 0, unit="B", stream=self.stderr._out)  # type: ignore[attr-defined, arg-type]
            job = manifest_import(
                corpus=target,
                path=manifest,
                format=format_named(format),
                origin=origin,
                progress=lambda position, good, bad: (
                    bar.set(position, f"{good:,} in, {bad:,} bad") if bar else None
                ),
            )
        except RushesError as error:
            raise CommandError(str(error)) from error
        bar.finish()
        self.stdout.write(
            f"{target.slug}: {job.good:,} rows are in as origin {job.origin}, {job.bad:,} are not"
        )
        for fault in job.faults.order_by("line", "pk")[:SHOWN]:
            self.stdout.write(f"  line {fault.line}: {fault.field} {fault.reason}")
        if job.bad > SHOWN:
            self.stdout.write(f"  … {job.bad:,} bad rows in all; --report FILE lists every one")
        if options["report"]:
            with options["report"].open("w", encoding="utf-8") as report:
                report.writelines(line + "\n" for line in faults_report(job))
