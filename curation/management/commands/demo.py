"""`manage.py demo`: Rushes on footage that is made on the spot, with a login for each role, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from curation.embedded import preflight
from curation.management.commands.up import SiteCommand


class Command(SiteCommand):
    help = "Make demo footage, score it with a real worker, and serve it with one login per role. Ctrl-C stops it."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.EMBEDDED_POSTGRES is None:
            raise CommandError(
                "DATABASE_URL is set, and the demo makes logins and data of its own: unset it to see the demo, "
                "or use `manage.py up` on your database."
            )
        problem = preflight.first_problem(Path(settings.BASE_DIR), settings.VAR, installed=True)
        if problem:
            raise CommandError(problem)
        super().handle(*args, **options)

    def ready(self, *, workers: Callable[[], None], site: Callable[[], str]) -> None:
        # Models are not ready when this module is imported by `manage.py help`.
        from curation import demo
        from curation.demologins import demo_logins

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
