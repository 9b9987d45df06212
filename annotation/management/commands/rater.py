"""`manage.py rater`: erase who is behind a pseudonym."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.services.erasure import NobodyToErase, rater_erase


class Command(BaseCommand):
    help = "Erase a person: their judgments stay under the pseudonym, everything that leads to them goes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True)
        erase = commands.add_parser("erase", help="cannot be undone")
        who = erase.add_mutually_exclusive_group(required=True)
        who.add_argument("--pseudonym", default="")
        who.add_argument("--login", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = rater_erase(pseudonym=options["pseudonym"], username=options["login"])
        except NobodyToErase as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{done.pseudonym} leads to nobody now: {done.judgments} judgments are kept; {done.notes} notes, "
            f"{done.drafts} drafts and {done.addresses} addresses are gone"
        )
