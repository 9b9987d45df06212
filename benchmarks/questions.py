"""What a curator asks of a corpus while the slider moves, and the pages behind it: timed, and held equal to PostgreSQL."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import connection
from django.test import Client

from benchmarks.machine import spread, timed
from curation.analytics.browse import Cursor, Sorting
from curation.analytics.engine import Explorer
from curation.analytics.filters import ClipFilter
from curation.analytics.index import build_index
from curation.analytics.whatif import what_if
from curation.models import Clip, Corpus, Role, User
from curation.policies.funnel import Amount
from curation.policies.presets import PRESETS
from curation.policies.rules import Rule, RuleList
from curation.policies.sql import failing_expression, fails_expression, missing_expression, tier_expression
from curation.policies.tiers import Tier
from curation.selectors.proposals import CURRENT
from curation.services.snapshot import snapshot_engine
from curation.synthetic import SYNTHETIC

FOURTEEN = RuleList((*PRESETS["talkvid-paper"].rules, Rule("sft", "face_consistency", "at_least", 80)))


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


def what_ifs(corpus: Corpus) -> dict[str, Any]:
    """Sliders: one threshold, all fourteen, and the same asked of PostgreSQL."""
    report: dict[str, Any] = {}
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
    return report


def pages(corpus: Corpus) -> dict[str, Any]:
    """A page is its ids from the snapshot and its rows from the database by key."""
    report: dict[str, Any] = {}
    browser = snapshot_engine(corpus.pk, SYNTHETIC).explorer(FOURTEEN).browser
    number = min(10_000, max(2, browser.count(ClipFilter()).clips // 50))

    def page(sorting: Sorting, after: Cursor | None) -> int:
        ids = browser.page(ClipFilter(), sorting=sorting, after=after).clip_ids
        return len(Clip.objects.select_related("source", "person").filter(pk__in=ids, withdrawn_at=None))

    for name, sorting in (("by_id", Sorting()), ("by_metric", Sorting("movement_min", "descending"))):
        cursor = browser.numbered_page(ClipFilter(), number - 1, sorting=sorting).next
        report[f"first_page_{name}"] = spread([timed(lambda s=sorting: page(s, None))[0] for _ in range(20)])
        report[f"far_page_{name}"] = spread(
            [timed(lambda s=sorting, c=cursor: page(s, c))[0] for _ in range(20)]
        )
    fresh = [
        timed(lambda low=low: browser.count(ClipFilter(ranges=(("sharpness", float(low), None),))))[0]
        for low in range(10, 30)
    ]
    report["new_filter_counted"] = spread(fresh)
    report |= _whole_pages(corpus, number)
    report["far_page_number"] = number
    return report


def _whole_pages(corpus: Corpus, number: int) -> dict[str, Any]:
    """Requests through all middleware to the finished page, signed in as a curator; each page once before it counts."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get_or_create(username="benchmark", defaults={"role": Role.CURATOR})[0])
    home = f"/corpora/{corpus.slug}/"
    addresses = {
        "page_home": home,
        "page_clips_first": f"{home}clips/",
        "page_clips_far": f"{home}clips/?page={number}",
        "page_clips_filtered": f"{home}clips/?metric=sharpness&low=20&gender=female&rule=2",
    }
    if corpus.active_policy is not None:
        addresses["page_policy"] = f"{home}policies/{corpus.active_policy.number}/"

    def get(address: str) -> None:
        if client.get(address).status_code != 200:
            raise RuntimeError(f"{address} was not answered")

    for address in addresses.values():
        get(address)
    return {
        name: spread([timed(lambda a=address: get(a))[0] for _ in range(20)])
        for name, address in addresses.items()
    }
