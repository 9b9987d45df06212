"""The demo, step by step: footage made on the spot, taken in, measured by a real worker, decided, ready to review.

Every step can be repeated and then finds its work done, so a second start takes seconds and an interrupted one goes
on. The steps of other apps are reached by the names of their commands.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.core.management import call_command

from curation.media.demo import make_demo_footage
from curation.models import Corpus, DialoguePair
from curation.progress import ProgressBar
from curation.services.recipes import recipe_put

CORPUS = "demo"
PRESET = "rushes-default"
QUEUE = "First look"
PAIR_PRESET = "rushes-pairs"
PAIR_QUEUE = "Who answers whom"
TURNS = {"min_s": 1.0}
"""The demo's people are brief: turns of a second count."""
Say = Callable[[str], None]


def footage_make(folder: Path) -> None:
    """Film the demo's takes into `folder`; what is there already stays."""
    bar: ProgressBar | None = None

    def show(done: int, total: int, name: str) -> None:
        nonlocal bar
        if bar is None:
            if done == total:
                return
            bar = ProgressBar("film", total, unit="takes")
        bar.set(done, name)

    make_demo_footage(folder, progress=show)
    if bar is not None:
        bar.finish()


def footage_ingest(folder: Path) -> None:
    call_command("ingest", folder, corpus=CORPUS)
    recipe_put(corpus=Corpus.objects.get(slug=CORPUS), name="turns", parameters=TURNS)


def policy_start() -> None:
    """Activate the presets, unless the corpus has active policies: a curator may have tuned them since."""
    corpus = Corpus.objects.get(slug=CORPUS)
    for active, preset in ((corpus.active_policy_id, PRESET), (corpus.active_pair_policy_id, PAIR_PRESET)):
        if active is None:
            call_command(
                "policy", "preset", preset, corpus=CORPUS, activate=True, why="the demo's first policy"
            )


def clips_score() -> None:
    """Wake the workers for whatever is not measured yet, and watch them."""
    call_command("score", corpus=CORPUS)


def queue_open() -> None:
    """A queue in which every clip's proposal can be verified, and one for the exchanges of the dialogues."""
    call_command("queue", "create", "--corpus", CORPUS, "--kind", "verify", "--name", QUEUE)
    if DialoguePair.objects.filter(corpus__slug=CORPUS, is_current=True).exists():
        call_command("queue", "create", "--corpus", CORPUS, "--kind", "pairs", "--name", PAIR_QUEUE)


def steps(folder: Path, workers: Callable[[], None]) -> list[tuple[str, Callable[[], None]]]:
    """What the demo does once the database is up, in order, each with its line of text; `workers` waits for them."""
    return [
        ("Making the demo footage (nothing is downloaded)", lambda: footage_make(folder)),
        ("Taking it in", lambda: footage_ingest(folder)),
        (f"Starting with the policies {PRESET} and {PAIR_PRESET}", policy_start),
        ("Waiting for the workers", workers),
        ("Measuring it with a real worker", clips_score),
        ("Opening the queues to review", queue_open),
    ]
