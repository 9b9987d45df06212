"""Many raters for many minutes, and whether anything went wrong or grew: `.venv/bin/python -m benchmarks.load`.

    .venv/bin/python -m benchmarks.load --clips 1000000 --raters 200 --minutes 10     # the full run
    .venv/bin/python -m benchmarks.load --clips 50000 --raters 20 --minutes 1         # a short one

A corpus of so many synthetic clips (made, or found, below RUSHES_VAR, default var/benchmark), a queue, the site as
`manage.py up` runs it, loopback only. Raters claim and judge over HTTP. The first minute warms up and is left out of the
memory figures. Ends with an error where a request failed, a judgment is missing or doubled, or memory grew by 5 %.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
os.environ.setdefault("RUSHES_VAR", str(REPOSITORY / "var" / "benchmark"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.config.settings")
os.environ.setdefault("DEBUG", "0")
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.db.models import Count, F  # noqa: E402

from annotation.models import Judgment, Queue  # noqa: E402
from benchmarks.crowd import Figures, crowd  # noqa: E402
from benchmarks.machine import calibrate, say  # noqa: E402
from benchmarks.memory import MemoryWatch, below_me, tree  # noqa: E402
from benchmarks.review import Room, corpus_of, queue_of  # noqa: E402
from curation.config.running import running  # noqa: E402

GROWTH = 0.05


def database_processes() -> list[int]:
    """The embedded PostgreSQL's first process and all that it started."""
    home = settings.EMBEDDED_POSTGRES
    assert home is not None, "this benchmark makes its own database: unset DATABASE_URL"
    return tree(int((home.data / "postmaster.pid").read_text().splitlines()[0]))


def breaches_of(queue: Queue, said: int, before: int) -> list[str]:
    """What the database says about the judgments that the raters were told are kept."""
    found = []
    kept = Judgment.objects.filter(queue=queue).count() - before
    if kept != said:
        found.append(f"{said} judgments were acknowledged and {kept} are kept")
    doubled = (
        Judgment.objects.filter(queue=queue, counted=True)
        .values("item")
        .annotate(times=Count("pk"))
        .filter(times__gt=F("item__queue__overlap"))
        .count()
    )
    if doubled:
        found.append(f"{doubled} items have more counted judgments than the overlap")
    unfit = queue.slots.filter(state="done", judgment=None).count()
    unfit += queue.slots.exclude(state="done").exclude(judgment=None).count()
    if unfit:
        found.append(f"{unfit} slots do not fit their judgments")
    return found


def report(
    figures: Figures, watch: MemoryWatch, breaches: list[str], options: argparse.Namespace
) -> list[str]:
    """Print what was found; answers with what falls short."""
    say(f"requests   {2 * figures.judgments:,} and more, errors {len(figures.errors)}")
    say(f"judgments  {figures.judgments:,} acknowledged, {len(breaches)} breaches")
    say(f"           {figures.line()}")
    short = [f"an error: {error}" for error in figures.errors[:10]] + breaches
    for name, course in watch.courses.items():
        say(f"{name:<10} {course.line()}")
        if course.growth() >= GROWTH:
            short.append(f"{name} grew by {course.growth():.1%} after the warm-up")
    if options.out:
        courses = {name: [vars_of(one) for one in course.samples] for name, course in watch.courses.items()}
        options.out.write_text(json.dumps({"memory_mb": courses, "breaches": breaches}, indent=1))
    return short


def vars_of(one: object) -> dict[str, float]:
    """The slots of a sample as a dictionary."""
    return {name: round(getattr(one, name), 2) for name in ("at_s", "own", "shared")}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=30_000)
    parser.add_argument("--raters", type=int, default=200)
    parser.add_argument("--think", type=float, default=10.0, help="Mean seconds a rater thinks.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--warm-up", type=float, default=60.0, help="Seconds left out of the memory figures.")
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--out", type=Path, help="Write every memory sample as JSON, too.")
    options = parser.parse_args()
    with running(say=lambda text: None, host="127.0.0.1", port=options.port) as rushes:
        corpus = corpus_of(options.clips)
        queue = queue_of(corpus, options.items)
        workers, site = rushes.workers(), rushes.site()
        workers()
        address = site()
        calibration = calibrate()
        say(f"calibration before: {json.dumps(calibration)}")
        say(f"signing {options.raters} raters in")
        room = Room(address, queue, options.raters)
        before = Judgment.objects.filter(queue=queue).count()
        groups = {"web": lambda: below_me("gunicorn"), "PostgreSQL": database_processes}
        began = time.perf_counter()
        with MemoryWatch(groups, after_s=options.warm_up) as watch:
            figures = crowd(
                room.rater(options.think),
                raters=options.raters,
                seconds=60 * options.minutes,
                coming_s=options.think,
            )
        say(
            f"{options.clips:,} clips, {time.perf_counter() - began:.0f} s, load of the machine {os.getloadavg()}"
        )
        short = report(figures, watch, breaches_of(queue, figures.judgments, before), options)
    if short:
        sys.exit("\n".join(short))


if __name__ == "__main__":
    main()
