"""`manage.py backup FOLDER`: the database, the files that it names, the audit heads, with checksums."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.services.backup import BackupFailed, backup_check, backup_make


class Command(BaseCommand):
    help = "Back everything up into a new folder. Rushes may go on running meanwhile. The secret key is not in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--no-files", action="store_true", help="the database alone")
        parser.add_argument("--check", action="store_true", help="only check that a backup is whole")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["check"]:
                facts = backup_check(folder=options["folder"])
                self.stdout.write(f"whole: {len(facts['files'])} files, made {facts['made_at']}")
                return
            made = backup_make(
                folder=options["folder"], with_files=not options["no_files"], say=self.stderr.write
            )
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{made.folder}: {made.files} files, {made.size_bytes} bytes, {sum(made.rows.values())} rows"
        )
