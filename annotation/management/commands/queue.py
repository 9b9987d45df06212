"""manage.py queue create | list | pause | resume | close: queues of review from the command line."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.models import Draw, Queue
from annotation.rubrics import PRESETS
from annotation.selectors.queues import queue_progress, queues_for
from annotation.services.frames import FrameFilter
from annotation.services.plans import RUBRIC_OF_KIND, queue_plan
from annotation.services.queues import queue_state_set
from annotation.services.studies import study_create
from curation.errors import RushesError
from curation.models import Corpus

_STATES = {"pause": Queue.State.PAUSED, "resume": Queue.State.OPEN, "close": Queue.State.CLOSED}


class Command(BaseCommand):
    """Make and steer queues. Creating one of a name that exists changes nothing."""

    help = "Create, list, pause, resume or close queues of review."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="draw clips or pairs and open a queue of them")
        create.add_argument("--corpus", required=True, help="slug of the corpus")
        create.add_argument(
            "--name", help="of the queue (default: the kind); an existing one is left as it is"
        )
        create.add_argument(
            "--kind", default="verify", choices=["verify", "study", "audit", "pairs", "identity"]
        )
        create.add_argument("--rubric", choices=sorted(PRESETS), help="questions (default: the kind's own)")
        create.add_argument(
            "--tier", action="append", default=[], help="only clips proposed so; may be repeated"
        )
        create.add_argument(
            "--size",
            type=int,
            help="how many, at random (default: all that fit); of an audit: about as many, in proportion to the tiers "
            "and at least one of each; of a study: a side",
        )
        create.add_argument(
            "--band", type=float, default=0.15, help="of a study: share of each threshold (default 0.15)"
        )
        create.add_argument("--overlap", type=int, help="people an item (default: 1, studies and audits 2)")
        create.add_argument("--blind", action="store_true", help="hide proposal, scores and thresholds")
        create.add_argument("--seed", type=int, help="draw the same again")
        listing = actions.add_parser("list", help="every queue and how far it is")
        listing.add_argument("--corpus", help="slug of the corpus (default: all)")
        for name in _STATES:
            steer = actions.add_parser(name, help=f"{name} a queue")
            steer.add_argument("queue", type=int, help="the queue's number, from `queue list`")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            if action == "create":
                self._create(**options)
            elif action == "list":
                self._list(options["corpus"])
            else:
                queue = Queue.objects.filter(pk=options["queue"]).first()
                if queue is None:
                    raise CommandError(f"there is no queue {options['queue']}; see `manage.py queue list`")
                self.stdout.write(
                    f"{queue.name}: {queue_state_set(queue=queue, state=_STATES[action]).state}"
                )
        except RushesError as error:
            raise CommandError(error.sentence) from error

    def _create(self, *, corpus: str, kind: str, **options: Any) -> None:
        found = self._corpus(corpus)
        sampled = kind in (Queue.Kind.STUDY, Queue.Kind.AUDIT)
        before = set(Queue.objects.filter(corpus=found).values_list("pk", flat=True))
        subject = "pair" if kind == Queue.Kind.PAIRS else "clip"
        if kind == Queue.Kind.STUDY:
            self._study(found, **options)
            return
        queue = queue_plan(
            corpus=found,
            policy=found.active_pair_policy if subject == "pair" else found.active_policy,
            name=options["name"] or kind.capitalize(),
            kind=kind,
            rubric=options["rubric"] or RUBRIC_OF_KIND[kind],
            design=Draw.Design.STRATIFIED
            if kind == Queue.Kind.AUDIT and options["size"]
            else Draw.Design.SIMPLE
            if options["size"]
            else Draw.Design.CENSUS,
            frame=FrameFilter(tiers=tuple(options["tier"])),
            subject=subject,
            size=options["size"],
            overlap=options["overlap"] or (2 if sampled else 1),
            blind=options["blind"] or None,
            seed=options["seed"],
            exist_ok=True,
        )
        state = "is there already" if queue.pk in before else "is open"
        self.stdout.write(f"Queue {queue.pk}, “{queue.name}”, {state} with {queue.items.count()} items.")

    def _study(self, corpus: Corpus, **options: Any) -> None:
        name = options["name"] or "Study"
        queue = Queue.objects.filter(corpus=corpus, name=name).first()
        if queue is None:
            if corpus.active_policy is None:
                raise CommandError("a study asks about the thresholds of a policy; activate one first")
            queue = study_create(
                corpus=corpus,
                policy=corpus.active_policy,
                name=name,
                per_side=options["size"] or 50,
                band=options["band"],
                rubric=options["rubric"] or "talkvid-seven",
                overlap=options["overlap"] or 2,
                seed=options["seed"],
            )
        self.stdout.write(f"Queue {queue.pk}, “{queue.name}”, has {queue.items.count()} items.")

    def _list(self, slug: str | None) -> None:
        corpus = self._corpus(slug) if slug else None
        queues = queues_for(corpus_id=corpus.pk if corpus else None)
        if not queues:
            self.stdout.write("No queue yet: `manage.py queue create` opens one.")
        for queue in queues:
            progress = queue_progress(queue)
            self.stdout.write(
                f"{queue.pk:>5}  {queue.state:<7} {queue.kind:<13} {progress.done:>8} / {progress.places:<8} {queue.name}"
            )

    def _corpus(self, slug: str) -> Corpus:
        found = Corpus.objects.filter(slug=slug).first() or Corpus.objects.filter(name=slug).first()
        if found is None:
            known = ", ".join(Corpus.objects.values_list("slug", flat=True)[:20]) or "none yet"
            raise CommandError(f"there is no corpus {slug!r}; there is {known}")
        return found
