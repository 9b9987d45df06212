"""What is asked of a few clips does not walk through those of others: the statement says where they lie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from curation.selectors.proposals import tier_counts
from tests import factories
from tests.curation.api.test_api import Program
from tests.plans import nodes_of

pytestmark = pytest.mark.django_db


def conditions_on_clips(ask: Callable[[], Any], names: str) -> str:
    """By which index conditions the statement that names this table reads clips, if it must go by an index."""
    with CaptureQueriesContext(connection) as asked:
        ask()
    (sql,) = (each["sql"] for each in asked if names in each["sql"] and "curation_clip" in each["sql"])
    with connection.cursor() as cursor:
        for way in ("seqscan", "hashjoin", "nestloop", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        nodes = list(nodes_of(cursor.fetchone()[0][0]["Plan"]))
    return " ".join(
        node.get("Index Cond", "") for node in nodes if node.get("Relation Name") == "curation_clip"
    )


def test_a_deep_page_of_scores_begins_where_it_begins() -> None:
    world, ask = factories.world(sft=3), Program("curator")
    after = world.sft[0].pk
    read = conditions_on_clips(
        lambda: ask.get(f"/corpora/{world.corpus.slug}/scores", after=after), "curation_scorecard"
    )
    assert f"id > {after}" in read


def test_tiers_of_a_small_corpus_are_counted_from_its_own_clips() -> None:
    world = factories.world(sft=3, reject=1)
    assert f"corpus_id = {world.corpus.pk}" in conditions_on_clips(
        lambda: tier_counts(world.policy), "curation_proposal"
    )
