"""One rule list, three compilations: Python, NumPy and PostgreSQL decide alike, NULL and thresholds included."""

from __future__ import annotations

import math

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings

from curation.policies.errors import BadThreshold, MissingColumn, UnresolvedPercentile
from curation.policies.evaluate import decide
from curation.policies.numpy_engine import decide_columns
from curation.policies.presets import PRESETS
from curation.policies.rules import Rule, RuleList
from curation.policies.sql import BadIdentifier, quoted, select_decisions
from tests.curation.policies.strategies import METRICS, policies_with_rows


def in_python(rules, rows):
    return [(int(d.tier), d.failing, d.missing) for d in (decide(rules, row) for row in rows)]


def in_numpy(rules, rows):
    columns = {
        name: np.array([math.nan if row.get(name) is None else row[name] for row in rows], np.float32)
        for name in rules.metrics
    }
    found = decide_columns(rules, columns)
    return list(zip(found.tier.tolist(), found.failing.tolist(), found.missing.tolist(), strict=True))


def in_postgresql(rules, rows, metrics):
    columns = ", ".join(f"{name} real" for name in metrics)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS held_scorecard")
        cursor.execute(f"CREATE TEMP TABLE held_scorecard (id bigint, {columns})")
        marks = ", ".join(["%s"] * (len(metrics) + 1))
        cursor.executemany(
            f"INSERT INTO held_scorecard VALUES ({marks})",
            [(i, *(row.get(name) for name in metrics)) for i, row in enumerate(rows)],
        )
        statement = select_decisions(rules, from_sql="held_scorecard s", key="s.id")
        cursor.execute(f"{statement.sql} ORDER BY key", statement.params)
        return [tuple(row[1:]) for row in cursor.fetchall()]


@settings(max_examples=300)
@given(policies_with_rows(rows=4))
def test_python_and_numpy_agree(case):
    rules, rows = case
    assert in_numpy(rules, rows) == in_python(rules, rows)


@pytest.mark.django_db
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(policies_with_rows(rows=5))
def test_python_and_postgresql_agree(case):
    rules, rows = case
    assert in_postgresql(rules, rows, METRICS) == in_python(rules, rows)


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_is_decided_alike(name):
    rules = PRESETS[name].rules
    rules = rules.resolved({ordinal: 0.04 for ordinal, _ in rules.unresolved})
    random = np.random.default_rng(7)
    rows = []
    for _ in range(300):
        row = {}
        for rule in rules:
            at = rule.low if rule.low is not None else rule.high
            choice = random.integers(0, 12)
            row[rule.metric] = (
                None if choice == 0 else at if choice < 8 else float(np.float32(at + random.normal() * 5))
            )
        rows.append(row)
    expected = in_python(rules, rows)
    assert in_numpy(rules, rows) == expected
    assert in_postgresql(rules, rows, rules.metrics) == expected


@pytest.mark.django_db
def test_the_sixty_third_rule_still_has_its_bit():
    rules = RuleList(tuple(Rule("sft", "duration_s", "at_least", low) for low in range(63)))
    rows = [{"duration_s": 61.5}, {"duration_s": None}, {"duration_s": 62.0}]
    expected = in_python(rules, rows)
    assert expected[0][1] == 1 << 62
    assert in_numpy(rules, rows) == expected
    assert in_postgresql(rules, rows, ("duration_s",)) == expected


def test_a_value_that_no_scorer_may_write_is_refused():
    rules = RuleList((Rule("sft", "duration_s", "at_least", 5),))
    for value in (math.nan, math.inf):
        with pytest.raises(BadThreshold, match="finite"):
            decide(rules, {"duration_s": value})


def test_an_absent_column_is_an_error_and_not_a_column_of_unknowns():
    with pytest.raises(MissingColumn, match="duration_s"):
        decide_columns(RuleList((Rule("sft", "duration_s", "at_least", 5),)), {})


def test_a_percentile_without_a_number_decides_nothing():
    with pytest.raises(UnresolvedPercentile, match="clarity"):
        decide(RuleList((Rule("sft", "clarity", "percentile_at_least", percentile=5),)), {"clarity": 1.0})


@pytest.mark.parametrize("name", ['x"; DROP TABLE y', "Upper", "a.b.c", ""])
def test_only_plain_names_become_identifiers(name):
    with pytest.raises(BadIdentifier):
        quoted(name)
