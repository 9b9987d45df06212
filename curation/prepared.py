"""Statements that every request of the review room asks, parsed and planned once a connection and not once a request.

Django composes each query anew and sends it with its values in it, which for a question of a few rows costs many times
what answering it does. Here are the few that are asked with every clip that is given out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import psycopg
from django.db import connection
from django.db.models import JSONField, Model

M = TypeVar("M", bound=Model)
Values = Sequence[Any] | Mapping[str, Any]


def rows_of(statement: str, values: Values) -> list[tuple[Any, ...]]:
    """All rows that a statement answers with, on the connection and in the transaction that Django has now.

    ``statement`` is one of few, written out: the server keeps each text prepared while the connection lives (a minute,
    see ``CONN_MAX_AGE``), so values must never be put into it. Errors are Django's. A pooler in between that hands one
    server connection to many clients must know prepared statements, as PgBouncer does from 1.21 on.
    """
    return _ask(statement, values)[1]


def objects_of(model: type[M], statement: str, values: Values) -> list[M]:
    """The same rows as instances of ``model``: columns named as its fields fill these, others become attributes."""
    names, rows = _ask(statement, values)
    fields = {field.attname: field for field in model._meta.concrete_fields}
    known = [name for name in fields if name in names]  # from_db wants them in the model's order
    found = []
    for row in rows:
        by_name = dict(zip(names, row, strict=True))
        one = model.from_db("default", known, [_value(fields[name], by_name.pop(name)) for name in known])
        for name, value in by_name.items():
            setattr(one, name, value)
        found.append(one)
    return found


def run(statement: str, values: Values) -> int:
    """A statement that answers with no rows; how many it changed."""
    with _asked(statement, values) as cursor:
        return cursor.rowcount


@cache
def columns_of(model: type[Model], alias: str) -> str:
    """All columns of a model's table under ``alias``, for a statement written out."""
    return ", ".join(f"{alias}.{field.column}" for field in model._meta.concrete_fields)


def _value(field: Any, value: Any) -> Any:
    return json.loads(value) if isinstance(field, JSONField) and isinstance(value, str) else value


def _ask(statement: str, values: Values) -> tuple[list[str], list[tuple[Any, ...]]]:
    with _asked(statement, values) as cursor:
        return [column.name for column in cursor.description or ()], cursor.fetchall()


@contextmanager
def _asked(statement: str, values: Values) -> Iterator[psycopg.Cursor[Any]]:
    connection.validate_no_broken_transaction()
    connection.ensure_connection()
    server: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors, psycopg.Cursor(server) as cursor:
        # Only for this statement: Django's own differ each time.
        server.prepare_threshold = 0
        try:
            cursor.execute(statement, values, prepare=True)
        finally:
            server.prepare_threshold = None
        yield cursor
