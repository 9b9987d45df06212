"""Prepared statements answer as Django's do: same transaction, same errors, same values."""

from __future__ import annotations

import psycopg
import pytest
from django.db import DataError, connection, transaction

from annotation.models import Queue, Rater
from curation.models import Corpus
from curation.prepared import objects_of, rows_of
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


def test_rows_are_read_in_the_transaction_that_wrote_them():
    made = factories.corpus()
    statement = "SELECT name FROM curation_corpus WHERE id = %s"
    assert rows_of(statement, [made.pk]) == [(made.name,)]
    assert rows_of(statement, [0]) == []


def test_the_server_plans_a_statement_once_a_connection():
    statement = "SELECT id FROM curation_corpus WHERE slug = %(slug)s /* once */"
    for number in range(8):
        rows_of(statement, {"slug": f"none-{number}"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%/* once */"])
        assert cursor.fetchone() == (1,)


def test_statements_of_django_are_not_prepared_by_it():
    rows_of("SELECT 1 WHERE %s", [True])
    assert connection.connection.prepare_threshold is None
    for _ in range(8):
        Corpus.objects.filter(slug="never-prepared").exists()
    assert not rows_of("SELECT 1 FROM pg_prepared_statements WHERE statement LIKE %s", ["%never-prepared%"])


def test_errors_are_those_of_django_and_a_savepoint_undoes_them():
    with pytest.raises(DataError) as raised, transaction.atomic():
        rows_of("SELECT 1 / %s", [0])
    assert isinstance(raised.value.__cause__, psycopg.errors.DivisionByZero)
    assert rows_of("SELECT %s::int", [1]) == [(1,)]
    assert connection.connection.prepare_threshold is None


def test_objects_have_their_fields_in_python_values_and_further_columns_as_attributes():
    queue, who = rooms.verify_queue(who={"match_language": True}), rooms.rater()
    Rater.objects.filter(pk=who.pk).update(languages=["de", "fr"])
    (read,) = objects_of(Rater, "SELECT languages, id FROM annotation_rater WHERE id = %s", [who.pk])
    assert (read.pk, read.languages) == (who.pk, ["de", "fr"])
    statement = "SELECT state, id, who, 7 AS lucky FROM annotation_queue WHERE id = %s"
    (found,) = objects_of(Queue, statement, [queue.pk])
    assert (found.pk, found.state, found.who, found.lucky) == (queue.pk, "open", {"match_language": True}, 7)
    assert found.name == queue.name  # a column that was not asked for is fetched when it is read
