"""`manage.py restore FOLDER`: a backup into an empty database and the store."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.services.backup import BackupFailed, backup_restore


class Command(BaseCommand):
    help = "Restore a backup into an empty database; run `manage.py migrate` afterwards if this version is newer."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = backup_restore(folder=options["folder"], say=self.stderr.write)
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"restored: {done.files} files, {sum(done.rows.values())} rows")
