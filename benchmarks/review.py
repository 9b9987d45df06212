"""The review room under load, beside a real Label Studio: `.venv/bin/python -m benchmarks.review --clips 5200000`.

A corpus of so many synthetic clips (made, or found, below RUSHES_VAR, default var/benchmark), a queue of so many items,
the site as `manage.py up` runs it. Over HTTP, each judgment after its claim, nothing preloaded: many raters who think;
then 1 and 10 as fast as it goes; then many again while a new policy re-tiers every clip. Then the same items in Label
Studio (own environment, own PostgreSQL database), in the same numbers: next task, submit annotation.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
os.environ.setdefault("RUSHES_VAR", str(REPOSITORY / "var" / "benchmark"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.config.settings")
os.environ.setdefault("DEBUG", "0")
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402

from annotation.models import Judgment, Queue  # noqa: E402
from annotation.services.labelstudio import tasks_of  # noqa: E402
from annotation.services.plans import queue_plan  # noqa: E402
from annotation.simulation import Habits, Log, Visitor, work  # noqa: E402
from benchmarks.crowd import Figures, crowd  # noqa: E402
from benchmarks.machine import calibrate, say  # noqa: E402
from benchmarks.peer_room import PeerRoom, peer_room  # noqa: E402
from curation.config.running import running  # noqa: E402
from curation.embedded.postgres import lease  # noqa: E402
from curation.models import ActivationJob, Clip, Corpus, Policy, Rendition, User  # noqa: E402
from curation.policies.presets import PRESETS  # noqa: E402
from curation.services.activation import activation_cancel, policy_activate  # noqa: E402
from curation.services.policies import policy_create  # noqa: E402
from curation.services.synthetic import corpus_synthesise  # noqa: E402

PASSWORD = "only-for-this-benchmark"
QUICKER, SLOWER = 10.0, 2.0
VIDEO = "/data/local-files/?d={path}"


def corpus_of(clips: int) -> Corpus:
    """The synthetic corpus, with a policy in force."""
    corpus = corpus_synthesise(name=f"bench-{clips}", clips=clips, seed=1)
    if corpus.active_policy is None:
        preset = PRESETS["talkvid-paper"].rules
        policy_activate(policy=policy_create(corpus=corpus, rules=preset, name="TalkVid", reuse=True))
        corpus.refresh_from_db()
    return corpus


def queue_of(corpus: Corpus, items: int) -> Queue:
    """A queue to verify, drawn at random; every clip of it has the row of a preview, as a real one would."""
    began = time.perf_counter()
    queue = queue_plan(
        corpus=corpus,
        policy=corpus.active_policy,
        name=f"Benchmark {time.time():.0f}",
        design="simple",
        size=items,
        seed=1,
    )
    took = time.perf_counter() - began
    clips = Clip.objects.filter(queue_items__queue=queue).exclude(renditions__kind="preview")
    Rendition.objects.bulk_create(
        (
            Rendition(
                clip_id=pk,
                kind=Rendition.Kind.PREVIEW,
                path=f"benchmark/{pk}.mp4",
                content_type="video/mp4",
                sha256=f"{pk:064x}",
                size_bytes=1_000_000,
                width=1280,
                height=720,
                start_s=start,
                timestamps=[round(frame / 25, 3) for frame in range(int((end - start) * 25))],
            )
            for pk, start, end in clips.values_list("pk", "start_s", "end_s")
        ),
        batch_size=2000,
    )
    say(f"queue of {queue.items.count():,} items drawn from {queue.draw.frame_count:,} clips in {took:.1f} s")
    return queue


class Room:
    """The running site with a login for each rater."""

    def __init__(self, site: str, queue: Queue, raters: int) -> None:
        self.queue = queue
        self.options = {
            question["key"]: [option["key"] for option in question["options"]]
            for question in queue.rubric_version.questions
        }
        hashed = make_password(PASSWORD)
        self.visitors = []
        for number in range(raters):
            user, _ = User.objects.get_or_create(
                username=f"bench-rater-{number + 1}", defaults={"role": "annotator"}
            )
            User.objects.filter(pk=user.pk).update(password=hashed)
            visitor = Visitor(site)
            visitor.sign_in(user.username, PASSWORD)
            self.visitors.append(visitor)
        self.round = 0

    def rater(self, think_s: float) -> Any:
        """Raters who think ``think_s`` seconds on average; each phase has chances of its own."""
        self.round += 1
        seed = 1000 * self.round

        def one(number: int, log: Log, stopped: Any, pause: Any) -> Log:
            return work(
                self.visitors[number],
                queue=self.queue.pk,
                options=self.options,
                habits=Habits(think_s=think_s),
                seed=seed + number,
                stopped=stopped,
                pause=pause,
                log=log,
            )

        return one


def retier(corpus: Corpus, *, switch: bool) -> tuple[subprocess.Popen[bytes], Policy]:
    """A new policy over the whole corpus, being activated by a process of its own; without ``switch``, all but that."""
    moved = PRESETS["talkvid-paper"].rules.with_threshold(3, low=60 + time.time() % 1)
    policy = policy_create(corpus=corpus, rules=moved, name="benchmark")
    command = [
        sys.executable,
        "-m",
        "benchmarks.retier",
        str(policy.pk),
        *([] if switch else ["--no-switch"]),
    ]
    return subprocess.Popen(command, cwd=REPOSITORY), policy


def ours(options: argparse.Namespace, corpus: Corpus, queue: Queue, site: str) -> dict[str, Figures]:
    """Every phase against Rushes."""
    before = Judgment.objects.filter(queue=queue).count()
    room = Room(site, queue, max(10, options.raters))
    found: dict[str, Figures] = {}

    def phase(name: str, think: float = 0.0, **how: Any) -> None:
        found[name] = crowd(room.rater(think), coming_s=think, **how)
        say(f"  {name:<22}{found[name].line()}")

    crowd(room.rater(0.0), raters=4, seconds=3)  # connections open, rules read
    phase("thinking", think=options.think, raters=options.raters, seconds=60 * options.minutes)
    phase("one flat out", raters=1, seconds=options.seconds)
    phase("ten flat out", raters=10, seconds=options.seconds)
    if not options.no_retier:
        activating, policy = retier(corpus, switch=not options.no_switch)
        until = time.perf_counter() + options.retier_seconds
        phase(
            "thinking, re-tiering",
            think=options.think,
            raters=options.raters,
            seconds=0,
            over=lambda: activating.poll() is not None or time.perf_counter() > until,
        )
        corpus.refresh_from_db()
        if activating.poll() is None:
            activating.terminate()
            activating.wait()
            activation_cancel(policy=policy)
            job = ActivationJob.objects.get(policy=policy)
            say(
                f"  the re-tier was at {job.done:,} of {job.total:,} clips when its time was up, and was given up"
            )
        elif activating.returncode or (corpus.active_policy_id == policy.pk) == options.no_switch:
            sys.exit("the activation under load did not come to its end")
        else:
            took = found["thinking, re-tiering"].seconds
            say(f"  every clip was re-tiered meanwhile in {took:.1f} s ({options.clips / took:,.0f} clips/s)")
    kept = Judgment.objects.filter(queue=queue)
    say(f"  {kept.count() - before:,} judgments kept, {kept.filter(counted=True).count():,} of them counted")
    twice = queue.items.count() - queue.slots.values("item").distinct().count()
    if twice or kept.filter(counted=False).exists():
        sys.exit("a judgment was lost, doubled or surplus")
    return found


def theirs(options: argparse.Namespace, room: PeerRoom) -> dict[str, Figures]:
    """The same crowds against Label Studio."""
    found: dict[str, Figures] = {}

    def phase(name: str, think: float, raters: int, seconds: float) -> None:
        found[name] = crowd(room.rater(think), raters=raters, seconds=seconds, coming_s=think)
        say(f"  {name:<22}{found[name].line()}")

    crowd(room.rater(0.0), raters=4, seconds=5)
    phase("thinking", options.think, options.raters, 60 * options.minutes)
    phase("one flat out", 0.0, 1, options.seconds)
    phase("ten flat out", 0.0, 10, options.seconds)
    return found


def compare(found: dict[str, Figures], peer: dict[str, Figures]) -> list[str]:
    """Say how much quicker the next item is; answers with what falls short."""
    late = []
    for name, other in peer.items():
        own = found[name]
        next_50 = other.claim_p50_ms / own.claim_p50_ms
        next_95 = other.claim_p95_ms / own.claim_p95_ms
        whole = (other.claim_p50_ms + other.submit_p50_ms) / (own.claim_p50_ms + own.submit_p50_ms)
        say(
            f"  {name:<22}next item {next_50:5.1f} x quicker at the median, {next_95:5.1f} x at p95; "
            f"submit and next together {whole:5.1f} x; judgments a second {own.a_second / other.a_second:5.1f} x"
        )
        if min(next_50, next_95) < QUICKER:
            late.append(
                f"{name}: the next item comes {min(next_50, next_95):.1f} x quicker, wanted {QUICKER:.0f} x"
            )
    return late


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=50_000)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--raters", type=int, default=100)
    parser.add_argument("--think", type=float, default=10.0, help="Mean seconds a rater thinks.")
    parser.add_argument("--minutes", type=float, default=2.0, help="How long the raters who think work.")
    parser.add_argument("--seconds", type=float, default=30.0, help="How long 1 and 10 go flat out.")
    parser.add_argument("--no-peer", action="store_true", help="Leave Label Studio out.")
    parser.add_argument("--no-retier", action="store_true", help="Leave the activation under load out.")
    parser.add_argument(
        "--retier-seconds", type=float, default=1800.0, help="Give the re-tier up after so long."
    )
    parser.add_argument(
        "--no-switch", action="store_true", help="Re-tier every clip, but leave the corpus its active policy."
    )
    parser.add_argument("--out", type=Path, help="Write the figures as JSON, too.")
    options = parser.parse_args()
    late: list[str] = []
    report: dict[str, Any] = {"clips": options.clips, "items": options.items}
    assert settings.EMBEDDED_POSTGRES is not None, "this benchmark makes its own database: unset DATABASE_URL"
    with lease(settings.EMBEDDED_POSTGRES) as database:
        with running(say=lambda text: None, host="127.0.0.1", port=8600) as rushes:
            report["calibration"] = calibrate()
            say(f"calibration: {json.dumps(report['calibration'])}")
            corpus = corpus_of(options.clips)
            workers, site = rushes.workers(), rushes.site()
            workers()
            say(f"Rushes with {options.clips:,} clips, as `manage.py up` runs it")
            queue = queue_of(corpus, options.items)
            tasks = [] if options.no_peer else list(tasks_of(queue, video=VIDEO))
            found = ours(options, corpus, queue, site())
        late += shortfalls(found)
        report["rushes"] = {name: asdict(one) for name, one in found.items()}
        if not options.no_peer:
            say("Label Studio with the same items")
            questions = queue.rubric_version.questions
            with peer_room(
                database.home, tasks=tasks, questions=questions, raters=max(10, options.raters), say=say
            ) as room:
                peer = theirs(options, room)
            report["label_studio"] = {name: asdict(one) for name, one in peer.items()}
            late += compare(found, peer)
        report["calibration_after"] = calibrate()
        say(f"calibration after: {json.dumps(report['calibration_after'])}")
    if options.out:
        options.out.write_text(json.dumps(report, indent=2))
    if late:
        sys.exit("\n".join(late))


def shortfalls(found: dict[str, Figures]) -> list[str]:
    """Errors, and how far a re-tier slows the room; answers with what falls short."""
    late = [
        f"{name}: {len(one.errors)} errors, the first: {one.errors[0]}"
        for name, one in found.items()
        if one.errors
    ]
    if "thinking, re-tiering" not in found:
        return late
    for word, what in (("next item", "claim_p95_ms"), ("submit", "submit_p95_ms")):
        ratio = getattr(found["thinking, re-tiering"], what) / getattr(found["thinking"], what)
        say(f"  {word}: p95 while re-tiering is {ratio:.2f} x that of a quiet time")
        if ratio > SLOWER:
            late.append(f"{word}: p95 rises {ratio:.1f} x while re-tiering, wanted at most {SLOWER:.0f} x")
    return late


if __name__ == "__main__":
    main()
