"""Which verdict stands: SQL and Python mean the same rows, of every kind of verdict."""

from __future__ import annotations

import pytest
from django.db import connection

from curation.models import Person, PersonPair, PersonVerdict, Verdict
from curation.selectors.verdicts import is_last_word, stands
from curation.services.identities import person_verdict_record, person_verdict_reopen
from curation.services.verdicts import verdict_record, verdict_reopen
from tests import factories

pytestmark = pytest.mark.django_db


def answers(condition: str, table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT v.answer FROM {table} v WHERE {condition} ORDER BY v.id")
        return [answer for (answer,) in cursor.fetchall()]


def test_a_verdict_stands_until_it_is_superseded_or_reopened():
    clip, other = factories.clip(), factories.clip()
    said = {"question": "tier", "method": "agreed", "blind": True, "evidence": {"item": 1}}
    verdict_record(clip=clip, answer="sft", **said)
    verdict_record(clip=clip, answer="reject", **said)
    verdict_record(clip=other, answer="pretrain", **said)
    table = Verdict._meta.db_table
    assert answers(stands("v"), table) == ["reject", "pretrain"]
    verdict_reopen(clip=clip, question="tier", evidence={"item": 1})
    assert answers(stands("v"), table) == ["pretrain"]
    assert answers(is_last_word("v"), table) == ["pretrain", "undecided"]
    verdict_record(clip=clip, answer="sft", **said)
    standing = [one.answer for one in Verdict.objects.standing().order_by("id")]
    assert answers(stands("v"), table) == standing == ["pretrain", "sft"]


def test_so_does_one_about_two_persons():
    source = factories.source()
    first, second = (Person.objects.create(corpus=source.corpus, source=source, label=name) for name in "ab")
    pair = PersonPair.objects.create(corpus=first.corpus, first=first, second=second, why="apart")
    table = PersonVerdict._meta.db_table
    for answer in ("same", "different"):
        person_verdict_record(pair=pair, answer=answer, method="agreed", blind=True, evidence={"item": 1})
    assert answers(stands("v", table), table) == ["different"]
    assert [one.answer for one in PersonVerdict.objects.standing()] == ["different"]
    person_verdict_reopen(pair=pair, evidence={"item": 1})
    assert answers(stands("v", table), table) == [] and not pair.verdicts.standing().exists()
