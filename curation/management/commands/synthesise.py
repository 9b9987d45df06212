"""``manage.py synthesise``: a synthetic corpus of any size, from a seed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.errors import RushesError
from curation.progress import ProgressBar
from curation.services.snapshot import snapshot_refresh
from curation.services.synthetic import corpus_synthesise
from curation.synthetic import SYNTHETIC


class Command(BaseCommand):
    """Make up a corpus."""

    help = "Make up a corpus of believable clips, for trying things at full size; killed, it goes on when run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--corpus", required=True, help="Name of the corpus to make.")
        parser.add_argument("--clips", type=int, default=50_000)
        parser.add_argument("--seed", type=int, default=1, help="Equal seeds make equal corpora.")
        parser.add_argument(
            "--no-snapshot", action="store_true", help="Leave the analytic snapshot to a later refresh."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        bar = ProgressBar("synthesising", options["clips"], unit="clips")
        try:
            corpus = corpus_synthesise(
                name=options["corpus"],
                clips=options["clips"],
                seed=options["seed"],
                progress=lambda done, _: bar.set(done),
            )
        except RushesError as error:
            raise CommandError(str(error)) from error
        bar.finish()
        if not options["no_snapshot"]:
            done = snapshot_refresh(corpus=corpus, origin=SYNTHETIC)
            self.stdout.write(f"analytic snapshot {done.kind}: {done.clips:,} clips")
        self.stdout.write(
            f"{corpus.slug} is synthetic: nobody in it exists. Its scores have the origin {SYNTHETIC!r};"
            f" try `manage.py policy preset rushes-default --corpus {corpus.slug} --activate`."
        )
