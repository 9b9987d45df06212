"""manage.py derive --corpus NAME: clips, pairs and scorecards anew from what was measured; nothing is decoded."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.errors import RushesError
from curation.models import Corpus
from curation.progress import ProgressBar
from curation.recipes import RECIPES, BadParams
from curation.services.recipes import RecipeChange, recipe_put, recipe_take_off
from scoring.runner.series import SeriesError
from scoring.services.enqueue import corpus_enqueue
from scoring.services.plan import queues
from scoring.services.rederive import Rederived, measured_sources, source_derive
from scoring.tasks import wake


class Command(BaseCommand):
    """Add, change or take off a recipe, then derive every measured source anew. Safe to repeat."""

    help = "Derive clips, pairs and scorecards anew from the series, without decoding; add or change recipes."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--corpus", required=True)
        parser.add_argument("--recipe", choices=sorted(RECIPES), help="have clips cut by this recipe (too)")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            dest="parameters",
            help="a parameter of --recipe, e.g. max_s=10; left out: its default. May be repeated",
        )
        parser.add_argument("--take-off", choices=sorted(RECIPES), help="no longer cut clips by this recipe")

    def handle(self, *, corpus: str, **options: Any) -> None:
        found = Corpus.objects.filter(slug=corpus).first() or Corpus.objects.filter(name=corpus).first()
        if found is None:
            names = ", ".join(Corpus.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"no corpus is called {corpus!r}; there are {names}")
        if options["parameters"] and not options["recipe"]:
            raise CommandError("--set needs --recipe: say which recipe's parameter it is")
        try:
            if options["take_off"]:
                self._changed(recipe_take_off(corpus=found, name=options["take_off"]))
            if options["recipe"]:
                parameters = dict(map(_parameter, options["parameters"]))
                self._changed(recipe_put(corpus=found, name=options["recipe"], parameters=parameters))
        except (RushesError, BadParams) as error:
            raise CommandError(str(error)) from error
        self._derive(found)

    def _changed(self, change: RecipeChange) -> None:
        for gone in change.replaced:
            self.stdout.write(f"recipe {gone} no longer holds")
        if change.retired:
            self.stdout.write(f"{change.retired} clips retired; what people said of them stays")
        if change.recipe:
            values = ", ".join(
                f"{key}={value}" for key, value in change.recipe.parameters.items() if key != "code_version"
            )
            self.stdout.write(f"recipe {change.recipe} holds: {values}")

    def _derive(self, corpus: Corpus) -> None:
        ids = measured_sources(corpus=corpus)
        waiting = corpus.sources.filter(state="ready").count() - len(ids)
        bar = ProgressBar("derive", max(1, len(ids)), unit="sources", stream=self.stderr._out)  # type: ignore[arg-type, attr-defined]
        began, done = time.monotonic(), []
        for source_id in ids:
            try:
                done.append(source_derive(source_id=source_id))
            except SeriesError as error:
                done.append(Rederived(source_id, skipped=str(error)))
            bar.advance(f"{sum(one.clips for one in done)} clips")
        bar.finish()
        clips, new = sum(one.clips for one in done), sum(one.new for one in done)
        seconds = time.monotonic() - began
        self.stdout.write(
            f"{clips} clips of {len(ids)} sources derived and scored in {seconds:.1f} s, {new} of them new"
        )
        for one in done:
            if one.skipped:
                self.stdout.write(f"  left alone: source {one.source_id}: {one.skipped}")
        if waiting:
            self.stdout.write(
                f"{waiting} sources are not measured yet; their clips come with `manage.py score`"
            )
        if corpus_enqueue(corpus=corpus):
            for queue in queues():
                wake(queue)
            self.stdout.write("the workers make the new clips' previews")


def _parameter(text: str) -> tuple[str, Any]:
    """``max_s=10`` as a name and a JSON value; a bare word is that word."""
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise BadParams(f"{text!r} is no KEY=VALUE, as in max_s=10")
    try:
        return key.strip(), json.loads(value)
    except json.JSONDecodeError:
        return key.strip(), value
