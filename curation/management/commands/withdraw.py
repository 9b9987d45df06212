"""`manage.py withdraw`: take a source or a person out, list what left, and purge its files."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.errors import RushesError
from curation.models import AuditEvent, Corpus, Person, Source, Withdrawal
from curation.models.record import Purge
from curation.selectors.withdrawals import exports_holding, withdrawals_of
from curation.services.purge import purge_run, purges_due
from curation.services.withdrawal import person_withdraw, source_withdraw


class Command(BaseCommand):
    help = "Withdraw a source or a person for good, list withdrawals with the exports that hold them, purge files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for kind in ("source", "person"):
            one = actions.add_parser(kind, help=f"withdraw a {kind}, with all its clips, and purge its files")
            one.add_argument("id", type=int, metavar="ID", help=f"the {kind}'s number, as in its address")
            one.add_argument("--reason", required=True, help="kept with the withdrawal")
        listing = actions.add_parser("list", help="what left a corpus, and the past exports that hold it")
        listing.add_argument("--corpus", required=True, metavar="SLUG")
        actions.add_parser("purge", help="go on with purges that are due; safe to repeat")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            {"source": self._withdraw, "person": self._withdraw, "list": self._list, "purge": self._purge}[
                options["action"]
            ](options)
        except RushesError as error:
            raise CommandError(f"{error.sentence}.") from None

    def _withdraw(self, options: dict[str, Any]) -> None:
        kind = options["action"]
        model: Any = Source if kind == "source" else Person
        found = model.objects.filter(pk=options["id"]).first()
        if found is None:
            raise CommandError(f"There is no {kind} {options['id']}.")
        made = (
            source_withdraw(source=found, reason=options["reason"])
            if kind == "source"
            else person_withdraw(person=found, reason=options["reason"])
        )
        detail = (
            AuditEvent.objects.filter(action=f"{kind}.withdraw", object_id=str(made.pk)).latest("id").detail
        )
        self.stdout.write(f"withdrawn: {detail['clips']} clips, {detail['pairs']} pairs")
        self._purge(options)
        self._exports(made)

    def _list(self, options: dict[str, Any]) -> None:
        corpus = Corpus.objects.filter(slug=options["corpus"]).first()
        if corpus is None:
            known = ", ".join(Corpus.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"--corpus: there is no {options['corpus']!r}; there are: {known}.")
        left = withdrawals_of(corpus)
        if not left:
            self.stdout.write(f"Nothing was withdrawn from {corpus.slug}.")
        for each in left:
            what = f"source {each.source_id}" if each.source_id else f"person {each.person_id}"
            self.stdout.write(f"{each.at:%Y-%m-%d %H:%M} {what}: {each.reason} [{_state(each)}]")
            self._exports(each)

    def _purge(self, options: dict[str, Any]) -> None:
        for each in purges_due():
            whole = purge_run(purge=each)
            each.refresh_from_db()
            self.stdout.write(
                f"purge {each.pk}: {each.files} files, {each.size_bytes:,} bytes; {each.get_state_display()}"
            )
            if not whole:
                self.stderr.write(each.error)

    def _exports(self, withdrawal: Withdrawal) -> None:
        for held in exports_holding(withdrawal):
            record = held.record
            self.stdout.write(
                f"  held by export {record.pk} of “{record.subset.name}” ({record.format}), "
                f"{held.clips} clips: {record.destination}"
            )


def _state(withdrawal: Withdrawal) -> str:
    purge = Purge.objects.filter(withdrawal=withdrawal).first()
    return purge.get_state_display() if purge else "no purge"
