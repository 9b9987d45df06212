"""The application itself can neither change nor delete people's work."""

from __future__ import annotations

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from curation.dbroles import append_only_tables

pytestmark = pytest.mark.django_db


def test_the_application_connects_as_a_role_without_power() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("rushes_app", False, False)


@pytest.mark.parametrize("table", append_only_tables())
@pytest.mark.parametrize(
    "verb", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table}"]
)
def test_append_only_tables_refuse(table: str, verb: str) -> None:
    with connection.cursor() as cursor:
        column = connection.introspection.get_table_description(cursor, table)[0].name
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(verb.format(table=table, column=column))


def test_the_application_makes_no_tables() -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE TABLE sneaked (id int)")


def test_every_other_table_can_be_read_and_written(owner_connection: psycopg.Connection) -> None:
    rows = owner_connection.execute(
        "SELECT c.relname, has_table_privilege('rushes_app', c.oid, 'SELECT'), "
        "has_table_privilege('rushes_app', c.oid, 'INSERT') FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> 'django_migrations'"
    ).fetchall()
    assert rows
    assert [name for name, read, write in rows if not (read and write)] == []
