"""`manage.py demo`: Rushes on footage that is made on the spot, with a login for each role, until Ctrl-C."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from curation.config.running import running
from curation.embedded import preflight
from curation.embedded.errors import EmbeddedError
from curation.management.commands.up import add_site_arguments


class Command(BaseCommand):
    help = "Make demo footage, score it with a real worker, and serve it with one login per role. Ctrl-C stops it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_site_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        # Models are not ready when this module is imported by `manage.py help`.
        from curation import demo
        from curation.demologins import demo_logins

        if settings.EMBEDDED_POSTGRES is None:
            raise CommandError(
                "DATABASE_URL is set, and the demo makes logins and data of its own: unset it to see the demo, "
                "or use `manage.py up` on your database."
            )
        problem = preflight.first_problem(Path(settings.BASE_DIR), settings.VAR, installed=True)
        if problem:
            raise CommandError(problem)
        try:
            with running(say=self.say, host=options["host"], port=options["port"]) as rushes:
                # They take a few seconds to load, and there is something to do meanwhile.
                workers, site = rushes.workers(options["workers"]), rushes.site()
                for text, step in demo.steps(settings.VAR / "demo-footage", workers):
                    self.say(f"{text} …")
                    step()
                logins = demo_logins(settings.VAR / "demo-logins.txt")
                address = site()
                self.say("")
                self.say(f"Rushes is at {address}")
                for login in logins:
                    self.say(f"  {login.role:<10} {login.password or '(the password you chose)'}")
                self.say("Sign in with a role's name and its password. Ctrl-C stops everything.")
                rushes.supervisor.watch()
        except KeyboardInterrupt:
            return
        except EmbeddedError as error:
            raise CommandError(str(error)) from error

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
