"""`manage.py audit`: chain the log and publish its head, or check that nothing in it was changed."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.services.seal import audit_seal, audit_verify, heads_path


class Command(BaseCommand):
    help = "Seal the audit log (chain new events by hash, publish the head), or verify it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True)
        commands.add_parser("seal", help="chain what is new; workers do so every few seconds by themselves")
        verify = commands.add_parser(
            "verify", help="recompute the chain and compare it with the published heads"
        )
        verify.add_argument("--heads", type=Path, help="another copy of the published heads")
        verify.add_argument("--json", action="store_true", help="for a program to read")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['what']}")(options)

    def _seal(self, options: dict[str, Any]) -> None:
        count = audit_seal()
        self.stdout.write(f"{count} events sealed; the head is in {heads_path()}")

    def _verify(self, options: dict[str, Any]) -> None:
        heads = options["heads"]
        if heads is not None and not heads.is_file():
            raise CommandError(f"{heads} is no file; name the copy of the published heads")
        found = audit_verify(heads=heads)
        if heads is not None and not found.heads:
            raise CommandError(f"{heads} holds no published head; name a copy of {heads_path()}")
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "links": found.links,
                        "heads": found.heads,
                        "unsealed": found.unsealed,
                        "faults": [fault.sentence for fault in found.faults],
                    }
                )
            )
        else:
            self.stdout.write(
                f"{found.links} links checked against {found.heads} published heads; "
                f"{found.unsealed} events are not sealed yet"
            )
        if found.faults:
            lines = "\n".join(f"  {fault.sentence}" for fault in found.faults)
            raise CommandError(f"the audit log does not hold:\n{lines}")
