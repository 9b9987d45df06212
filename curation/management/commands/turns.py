"""manage.py turns import FILE.rttm --corpus NAME: who speaks when, from a diarisation tool."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.models import Corpus
from curation.services.rttm import rttm_import

LARGEST_BYTES = 200_000_000
SHOWN = 20


class Command(BaseCommand):
    """Import turns; measured ones stay beside them. Safe to repeat."""

    help = "Import turns from RTTM; good lines go in, bad ones are listed with their numbers."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        take = actions.add_parser("import", help="turns of the sources that a file names")
        take.add_argument("file", type=Path, help="an RTTM file")
        take.add_argument("--corpus", required=True, help="slug or name of the corpus")

    def handle(self, *, file: Path, corpus: str, **_: Any) -> None:
        found = Corpus.objects.filter(slug=corpus).first() or Corpus.objects.filter(name=corpus).first()
        if found is None:
            raise CommandError(f"no corpus is called {corpus!r}")
        try:
            if file.stat().st_size > LARGEST_BYTES:
                raise CommandError(f"{file} is larger than {LARGEST_BYTES} bytes: split it")
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror or error}") from error
        done = rttm_import(corpus=found, text=text)
        for name, count in done.turns.items():
            self.stdout.write(f"{name}: {count} turns")
        for bad in done.bad[:SHOWN]:
            self.stderr.write(f"line {bad.line}: {bad.reason}")
        if len(done.bad) > SHOWN:
            self.stderr.write(f"… and {len(done.bad) - SHOWN} more lines")
        if not done.turns:
            raise CommandError(f"no turn of {file} was taken in")
