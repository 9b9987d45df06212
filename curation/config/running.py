"""Rushes as a whole: database, broker, migrations, workers and site under one supervisor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.checks import ERROR, Tags, run_checks
from django.core.management import CommandError, call_command

from curation.config.commandfaults import unmigrated, unmigrated_sentence
from curation.embedded import parts
from curation.embedded.locations import refuse_foreign
from curation.embedded.postgres import lease
from curation.embedded.supervisor import Supervisor


@dataclass(frozen=True)
class Running:
    """What is up, and how to bring up the rest."""

    supervisor: Supervisor
    say: Callable[[str], None]
    host: str
    port: int

    def workers(self, processes: int | None = None) -> Callable[[], None]:
        """Start the workers; call what is returned to wait until they take work."""
        count = processes or parts.default_processes()
        gpu = parts.has_gpu()
        children = parts.workers(Path(settings.BASE_DIR), settings.VAR, processes=count, gpu=gpu)
        for child in children:
            self.supervisor.start(child, wait=False)

        def ready() -> None:
            for child in children:
                self.supervisor.wait_for(child.name)
            self.say(
                f"Workers: 2 processes for exports and what else is waited for, {count} for scoring on processors"
                + (", 1 for scoring on the GPU." if gpu else "; no GPU found, so they score everything.")
            )

        return ready

    def site(self) -> Callable[[], str]:
        """Start the site; call what is returned to wait for it and have its address.

        Where the wanted port is busy, the next free one is taken and said.
        """
        listener = parts.listen(self.host, self.port)
        chosen = listener.getsockname()[1]
        if chosen != self.port:
            self.say(f"Port {self.port} is busy; using {chosen}.")
        if settings.MODE == "production":
            call_command("collectstatic", interactive=False, verbosity=0)
        child = parts.site(Path(settings.BASE_DIR), listener)
        self.supervisor.start(child, wait=False)

        def ready() -> str:
            self.supervisor.wait_for(child.name)
            address = parts.address(listener)
            self.supervisor.note(f"process {os.getpid()}, {address}")
            return address

        return ready


@contextmanager
def running(*, say: Callable[[str], None], host: str, port: int) -> Iterator[Running]:
    """Database, broker and migrations up; everything that is started within is stopped at the end.

    A database or a broker named by DATABASE_URL or CELERY_BROKER_URL is used and left alone.
    """
    refuse_foreign(settings.VAR)
    with Supervisor(settings.VAR, say=say) as supervisor:
        database = None
        try:
            if settings.EMBEDDED_POSTGRES is not None:
                say("Starting the database …")
                database = lease(settings.EMBEDDED_POSTGRES)
            if settings.EMBEDDED_BROKER:
                supervisor.start(parts.broker(settings.VAR))
                say("The broker is up.")
            if "owner" in settings.DATABASES:
                say("Migrating …")
                call_command("migrate", interactive=False, verbosity=0)
            _refuse_what_cannot_work()
            yield Running(supervisor, say, host, port)
        finally:
            say("Stopping …")
            supervisor.stop()
            if database is not None:
                database.release(wait=True)
            say("Everything is stopped.")


def _refuse_what_cannot_work() -> None:
    """Raise CommandError with the mend for what would only fail later, in a worker's log."""
    found = run_checks(tags=["machine", Tags.database], databases=["default"])
    serious = [message for message in found if message.level >= ERROR and not message.is_silenced()]
    if serious:
        raise CommandError("\n".join(f"{message.msg}\n  {message.hint}" for message in serious))
    if lacking := unmigrated():
        raise CommandError(unmigrated_sentence(lacking))
