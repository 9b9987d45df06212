"""What the application's role may do: read and write, but neither change nor delete people's work or evidence.

Applied after every migration, in one transaction, as the owner of the tables.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connections, transaction
from psycopg import sql


def append_only_tables() -> tuple[str, ...]:
    """Tables whose rows the application can add and never change."""
    from curation.appendonly import APPEND_ONLY_TABLES

    return tuple(APPEND_ONLY_TABLES)


def grants(role: str, append_only: Iterable[str], partitions: Iterable[str] = ()) -> list[sql.Composed]:
    """The statements that give `role` its rights, run by the owner of schema `public`.

    Partitions of an append-only table are named in `partitions`: rights on a parent do not reach rows that are
    written through a partition.
    """
    who = sql.Identifier(role)
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(who),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(who),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(who),
        sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}").format(who),
        # Also for what the owner makes later, partitions by its SECURITY DEFINER functions among it.
        sql.SQL(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}"
        ).format(who),
        sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {}").format(
            who
        ),
        sql.SQL("REVOKE TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA public FROM {}").format(who),
        sql.SQL("REVOKE INSERT, UPDATE, DELETE ON TABLE django_migrations FROM {}").format(who),
    ]
    statements += [
        sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON TABLE {} FROM {}").format(sql.Identifier(table), who)
        for table in (*append_only, *partitions)
    ]
    return statements


def grant_application(role: str, *, using: str = "owner") -> None:
    """Give the application's role its rights; raises where an append-only table does not exist."""
    tables = append_only_tables()
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "JOIN pg_class p ON p.oid = i.inhparent WHERE p.relname = ANY(%s)",
            [list(tables)],
        )
        partitions = [row[0] for row in cursor.fetchall()]
        for statement in grants(role, tables, partitions):
            cursor.execute(statement)
