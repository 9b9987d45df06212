"""`manage.py migrate`, as the owner of the tables, then the application's rights."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as Migrate

from curation.dbroles import grant_application


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
        super().handle(*args, **options)
        if options["plan"] or options["check_unapplied"]:
            return
        grant_application(settings.DATABASE_APP_ROLE)
