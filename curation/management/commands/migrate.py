"""`manage.py migrate`, as the owner of the tables, then the application's rights."""

from __future__ import annotations

import gc
import time
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError

from curation.dbroles import grant_application

ATTEMPTS = 10
REST_SECONDS = 2.0


class Command(Migrate):
    help = f"{Migrate.help} Runs as the owner's role and then gives the application's role its rights."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in settings.DATABASES:
            raise CommandError(
                "DATABASE_OWNER_URL is not set, and only the owner's role changes tables. "
                "Set it for this command, as postgresql://rushes_owner:password@host:5432/rushes."
            )
        if options["database"] != "owner":
            raise CommandError("Migrations run as the owner: leave --database out.")
        # Each step draws thousands of models anew; what was loaded before need not be searched for garbage each time.
        gc.freeze()
        try:
            self._migrate(*args, **options)
        finally:
            gc.unfreeze()
        if options["plan"] or options["check_unapplied"]:
            return
        grant_application(settings.DATABASE_APP_ROLE)

    def _migrate(self, *args: Any, **options: Any) -> None:
        """Step aside where somebody holds a table for long, so that nobody queues behind the migration, and come back."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                super().handle(*args, **options)
                return
            except OperationalError as error:
                if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                    raise
                if attempt == ATTEMPTS:
                    raise CommandError(
                        f"A table was in use at each of {ATTEMPTS} attempts ({str(error).splitlines()[0]}). What is "
                        "migrated stays; run it again in a quieter hour, or raise MIGRATE_LOCK_TIMEOUT_MS."
                    ) from error
            self.stderr.write(f"a table is in use; attempt {attempt + 1} of {ATTEMPTS} follows")
            time.sleep(REST_SECONDS)
