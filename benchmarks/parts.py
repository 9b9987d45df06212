"""The parts of the corpus benchmark at one size, each in a process of its own: `python -m benchmarks.parts PART CLIPS`.

A part prints one line of JSON. What the next part needs lies in the database, so that parts can be run again alone.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.config.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, connections  # noqa: E402

from benchmarks.machine import peak_mb, timed  # noqa: E402
from benchmarks.manifests import write_manifest  # noqa: E402
from benchmarks.questions import FOURTEEN, pages, what_ifs  # noqa: E402
from curation.embedded.postgres import lease  # noqa: E402
from curation.manifests import format_named  # noqa: E402
from curation.models import Clip, Corpus  # noqa: E402
from curation.selectors.proposals import policy_funnel, tier_counts  # noqa: E402
from curation.services.activation import policy_activate  # noqa: E402
from curation.services.corpora import corpus_get_or_create  # noqa: E402
from curation.services.manifests import manifest_import  # noqa: E402
from curation.services.policies import policy_create  # noqa: E402
from curation.services.snapshot import snapshot_engine, snapshot_refresh  # noqa: E402
from curation.services.synthetic import corpus_synthesise  # noqa: E402
from curation.synthetic import SYNTHETIC  # noqa: E402

AGAIN_UP_TO = 500_000
"""Larger manifests are not imported a second time: it takes as long and shows nothing new."""


def synthesis(clips: int) -> dict[str, Any]:
    """Make the corpus; one that is there already has no rate."""
    name = corpus_name(clips)
    if Corpus.objects.filter(slug=name).exists():
        corpus_synthesise(name=name, clips=clips, seed=1)
        return {"made_before": True}
    before = table_bytes()
    seconds, _ = timed(lambda: corpus_synthesise(name=name, clips=clips, seed=1))
    return {
        "seconds": round(seconds, 1),
        "clips_a_second": round(clips / seconds),
        "database_bytes_a_clip": round((table_bytes() - before) / clips),
    }


def manifest(clips: int) -> dict[str, Any]:
    """TalkVid's rows, one in a thousand of them bad, as JSON Lines into a corpus of their own."""
    path = settings.VAR / f"bench-{clips}.jsonl"
    bad = write_manifest(path, clips)
    corpus, made = corpus_get_or_create(name=f"bench-import-{clips}-{time.time_ns()}")
    assert made
    before = table_bytes()

    def take() -> Any:
        return manifest_import(corpus=corpus, path=path, format=format_named("talkvid"))

    seconds, job = timed(take)
    report = {
        "seconds": round(seconds, 1),
        "rows_a_second": round(clips / seconds),
        "megabytes": round(path.stat().st_size / 1e6),
        "database_bytes_a_row": round((table_bytes() - before) / clips),
        "counts_right": (job.good, job.bad) == (clips - bad, bad),
        "peak_memory_mb": peak_mb(),
    }
    if clips <= AGAIN_UP_TO:
        seconds, job = timed(take)
        report["again_rows_a_second"] = round(clips / seconds)
        report["counts_right"] &= (job.good, job.bad) == (clips - bad, bad)
    path.unlink()
    return report


def snapshot(clips: int) -> dict[str, Any]:
    """Build it, find nothing new, take in a thousand clips that changed."""
    corpus = Corpus.objects.get(slug=corpus_name(clips))
    with connections["owner"].cursor() as cursor:
        # PostgreSQL answers with the statistics that it would have collected by itself an hour later.
        cursor.execute("ANALYZE curation_clip, curation_scorecard, curation_source, curation_person")
    built, _ = timed(lambda: snapshot_refresh(corpus=corpus, rebuild=True))
    unchanged, _ = timed(lambda: snapshot_refresh(corpus=corpus))
    some = Clip.objects.filter(pk__in=list(corpus.clips.order_by("pk").values_list("pk", flat=True)[:1000]))
    some.update(language="Esperanto")
    added, done = timed(lambda: snapshot_refresh(corpus=corpus))
    some.update(language="")  # as it was: a synthetic clip speaks its source's language
    snapshot_refresh(corpus=corpus)
    return {
        "build_s": round(built, 1),
        "nothing_new_s": round(unchanged, 3),
        "thousand_changed_s": round(added, 2),
        "thousand_changed": f"{done.kind}, {done.clips} clips",
    }


def retier(clips: int) -> dict[str, Any]:
    """Activate a policy that was never active: every clip is decided and the partition switched to."""
    corpus = Corpus.objects.get(slug=corpus_name(clips))
    moved = FOURTEEN.with_threshold(3, low=60 + time.time() % 1)
    policy = policy_create(corpus=corpus, rules=moved, name="benchmark")
    before = table_bytes()
    seconds, _ = timed(lambda: policy_activate(policy=policy))
    grown = table_bytes() - before
    explorer = snapshot_engine(corpus.pk, SYNTHETIC).explorer(moved)
    funnel_s, theirs = timed(lambda: policy_funnel(policy))
    return {
        "seconds": round(seconds, 1),
        "clips_a_second": round(clips / seconds),
        "database_bytes_a_clip": round(grown / clips),
        "tiers_equal_partition": dict(explorer.index.amounts) == tier_counts(policy),
        "funnel_equal_partition": explorer.funnel() == theirs,
        "postgresql_funnel_s": round(funnel_s, 2),
    }


def questions(clips: int) -> dict[str, Any]:
    """Sliders beside PostgreSQL."""
    return what_ifs(Corpus.objects.get(slug=corpus_name(clips)))


def browsing(clips: int) -> dict[str, Any]:
    """Pages of the clip browser."""
    return pages(Corpus.objects.get(slug=corpus_name(clips)))


PARTS: dict[str, Callable[[int], dict[str, Any]]] = {
    "synthesis": synthesis,
    "import": manifest,
    "snapshot": snapshot,
    "retier": retier,
    "questions": questions,
    "pages": browsing,
}


def corpus_name(clips: int) -> str:
    """Of the corpus with that many clips."""
    return f"bench-{clips}"


def table_bytes() -> int:
    """What all tables of the database take, their indexes too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class "
            "WHERE relkind = 'r' AND relname ~ '^(curation|annotation)_'"
        )
        return int(cursor.fetchone()[0])


def main(part: str, clips: str) -> None:
    """Run one part and print what it found."""
    with lease(settings.EMBEDDED_POSTGRES):
        found = PARTS[part](int(clips))
    found.setdefault("peak_memory_mb", peak_mb())
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
