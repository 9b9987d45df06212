"""manage.py certificate plan | issue | list | verify: certificates from the command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from annotation.certificates import (
    EDITION,
    FIXED,
    SEQUENCE,
    BadDocument,
    Difference,
    Findings,
    Unsupported,
    derive,
    edition_of,
    findings,
    read_document,
)
from annotation.models import Queue
from annotation.selectors.certificates import compare_with_database, subsets_of_audit
from annotation.services.certificates import certificate_issue, certification_open
from curation.errors import RushesError
from curation.models import Certificate, Subset
from curation.terminal import printable

_MOST_SHOWN = 50


class Command(BaseCommand):
    """Draw an audit of a frozen subset, certify it, and check a certificate that somebody hands you."""

    help = "Open an audit of a frozen subset, issue its certificate, list them, or verify a file."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        plan = actions.add_parser("plan", help="draw clips of a frozen subset and open a blind audit of them")
        plan.add_argument("subset", type=int, help="number of the frozen subset")
        plan.add_argument("--size", type=int, required=True, help="how many clips to draw")
        plan.add_argument("--target", type=float, default=0.95, help="wanted share (default 0.95)")
        plan.add_argument(
            "--reading",
            choices=[SEQUENCE, FIXED],
            default=SEQUENCE,
            help="sequence: may stop early; fixed: all drawn clips (default sequence)",
        )
        plan.add_argument("--seed", type=int, help="draw the same again")
        issue = actions.add_parser("issue", help="certify the subset that an audit was drawn from")
        issue.add_argument("queue", type=int, help="number of the audit queue")
        issue.add_argument("--out", type=Path, help="write the document here too")
        actions.add_parser("list", help="every certificate and what it claims")
        check = actions.add_parser("verify", help="recompute a certificate from its judgments and its draw")
        check.add_argument("file", type=Path)
        check.add_argument(
            "--alone", action="store_true", help="look at the file only, not at this database's records"
        )

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(options)
        except RushesError as error:
            raise CommandError(error.sentence) from error
        except BadDocument as error:
            raise CommandError(printable(str(error))) from error

    def _plan(self, options: dict[str, Any]) -> None:
        subset = Subset.objects.filter(pk=options["subset"]).first()
        if subset is None:
            raise CommandError(f"there is no subset {options['subset']}")
        queue = certification_open(
            subset=subset,
            size=options["size"],
            target=options["target"],
            reading=options["reading"],
            seed=options["seed"],
        )
        self.stdout.write(f"Queue {queue.pk}, “{queue.name}”, is open with {queue.items.count()} items.")

    def _issue(self, options: dict[str, Any]) -> None:
        queue = (
            Queue.objects.select_related("draw", "rubric_version__rubric").filter(pk=options["queue"]).first()
        )
        if queue is None:
            raise CommandError(f"there is no queue {options['queue']}; see `manage.py queue list`")
        subset = subsets_of_audit(queue).first()
        if subset is None:
            raise CommandError("no frozen subset has the list that this audit was drawn from")
        made = certificate_issue(queue=queue, subset=subset)
        self.stdout.write(made.document["statement"]["sentence"])
        self.stdout.write(f"Certificate {made.pk}, sha256 {made.document_sha256}.")
        if options["out"]:
            options["out"].write_text(
                json.dumps(made.document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
            )

    def _list(self, options: dict[str, Any]) -> None:
        issued = Certificate.objects.select_related("subset").order_by("-id")
        for one in issued:
            self.stdout.write(
                f"{one.pk:>5}  {one.issued_at:%Y-%m-%d}  {one.document['statement']['sentence']}"
            )
        if not issued:
            self.stdout.write("No certificate yet: `manage.py certificate plan` opens the audit for one.")

    def _verify(self, options: dict[str, Any]) -> None:
        document = read_document(options["file"])
        found = findings(document)
        here = None
        if not options["alone"]:
            try:
                here = compare_with_database(document)
            except DatabaseError as error:
                self.stderr.write(f"This database could not be asked: {error}")
        wrong = [*found.wrong, *(here or [])]
        self._tell(wrong)
        if wrong:
            things = "1 thing differs" if len(wrong) == 1 else f"{len(wrong)} things differ"
            also = f" Beside it: {_edition_words(document)}." if found.open else ""
            raise CommandError(f"{things}: this is not what the judgments and the draw give.{also}")
        if found.open:
            self._not_verified(document, found, issued_here=here is not None)
        self.stdout.write(printable(document["statement"]["sentence"]))
        counts = document["counts"]
        self.stdout.write(
            f"Every figure follows from the {sum(document['raters'].values()):,} judgments on {counts['prefix']:,} "
            f"drawn clips."
        )
        if edition_of(document) != EDITION:
            self.stdout.write(
                f"It was issued under formulas {_edition_named(document)}; by edition {EDITION}, which this version "
                "computes, all of them are the same."
            )
        self.stdout.write(
            "Compared with this database too: its list, its judgments and its record are the same."
            if here is not None
            else "Not compared with any database: a whole story made up consistently would pass here."
        )

    def _tell(self, differences: Sequence[Difference]) -> None:
        for difference in differences[:_MOST_SHOWN]:
            self.stdout.write(printable(str(difference)))
        if len(differences) > _MOST_SHOWN:
            self.stdout.write(f"… and {len(differences) - _MOST_SHOWN} more")

    def _not_verified(self, document: dict[str, Any], found: Findings, *, issued_here: bool) -> None:
        """Neither right nor wrong: what is computed otherwise now can be compared with nothing."""
        self._tell(found.open)
        self.stdout.write("By the formulas of this version its judgments give:")
        try:
            self.stdout.write(printable(derive(document)["statement"]["sentence"]))
        except Unsupported as error:
            self.stdout.write(f"No claim: {error}.")
        if issued_here:
            self.stdout.write(
                "It is the file that this database issued: its list, its judgments and its record are the same."
            )
        figures = "1 figure differs" if len(found.open) == 1 else f"{len(found.open)} figures differ"
        raise CommandError(
            f"Not verified: {_edition_words(document)}. {figures} in such places, by the formulas or because the file was "
            "changed, which only the version that issued it could tell; everything else follows from its judgments.",
            returncode=2,
        )


def _edition_named(document: dict[str, Any]) -> str:
    return f"edition {edition_of(document)}" + ("" if "edition" in document else " (it names none)")


def _edition_words(document: dict[str, Any]) -> str:
    return (
        f"issued under formulas {_edition_named(document)}, this version computes edition {EDITION}; figures that depend on "
        "it may differ"
    )
