"""A database at the first schema with rows in it, brought to the newest one, and every statement that this took."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connections, models
from django.db.migrations.executor import MigrationExecutor

from curation.embedded.postgres import ensure_database
from tests.curation.migrationreading import Step
from tests.database import TestDatabase

FIRST = [("curation", "0001_initial"), ("annotation", "0002_initial"), ("sessions", "0001_initial")]
# What no general rule gives: one of two, a range, an end after its start.
_VALUES: dict[str, Any] = {
    "curation.Verdict.pair": None,
    "annotation.Item.pair": None,
    "annotation.DrawItem.pair": None,
    "annotation.DrawItem.inclusion_probability": 0.5,
    "annotation.Queue.gold_share": 0.1,
    "annotation.Queue.overlap": 2,
    "curation.Proposal.tier": 3,
    "curation.PairProposal.tier": 2,
}


@dataclass
class Upgrade:
    """Rows of every table before and after, as JSON with ids and all, and the steps in between."""

    name: str
    before: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    after: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


@contextmanager
def elsewhere(name: str) -> Iterator[None]:
    """Both of Django's connections lead to the database ``name``."""
    kept = {alias: connections[alias].settings_dict["NAME"] for alias in ("default", "owner")}
    try:
        for alias in kept:
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = name
        yield
    finally:
        for alias, before in kept.items():
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = before


@contextmanager
def empty_database(cluster: TestDatabase, suffix: str) -> Iterator[str]:
    """A database of the owner beside this run's, gone afterwards."""
    name = f"{cluster.name}_{suffix}"
    with psycopg.connect(**cluster.home.parameters(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        ensure_database(connection, name)
        try:
            yield name
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def upgrade(name: str) -> Upgrade:
    """First schema, two rows a table, every later migration, the application's rights; in the database at hand."""
    made = Upgrade(name)
    _fill(MigrationExecutor(connections["owner"]).migrate(FIRST).apps)
    made.before = rows()
    listener = _Listener(made)
    executor = MigrationExecutor(connections["owner"], listener)
    with connections["owner"].execute_wrapper(listener.statement):
        executor.migrate(executor.loader.graph.leaf_nodes())
    call_command("migrate", verbosity=0, interactive=False)  # nothing is left to migrate: the rights
    made.after = rows()
    return made


def rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of Rushes, by table."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' "
            "AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname ~ '^(curation|annotation|django_session)'"
        )
        tables = sorted(row[0] for row in cursor.fetchall())
        found = {}
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t ORDER BY 1')
            found[table] = [json.loads(row[0]) for row in cursor.fetchall()]
    return found


class _Listener:
    """Knows which migration is at work, and keeps its statements."""

    def __init__(self, made: Upgrade) -> None:
        self.made = made

    def __call__(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if action == "apply_start":
            self.made.steps.append(Step(f"{migration.app_label}.{migration.name}", migration.atomic, []))

    def statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.made.steps and "django_migrations" not in sql:
            assert not params, f"a statement with its values apart cannot be read: {sql}"
            self.made.steps[-1].statements.append(str(sql))
        return execute(sql, params, many, context)


def _fill(apps: Any) -> None:
    """Two rows in each table that a model of the first schema has, whatever their columns."""
    wanted = [model for model in apps.get_models() if model._meta.app_label in ("curation", "annotation")]
    made: dict[str, list[Any]] = {}  # by label: a state's apps may hold one model as two classes
    while wanted:
        # Optional references too, where nothing goes round in a circle.
        ready = [model for model in wanted if not _needs(model, optional=True) - set(made)]
        if not ready:
            able = [model for model in wanted if not _needs(model) - set(made)]
            ready = sorted(able, key=lambda model: len(_needs(model, optional=True) - set(made)))[:1]
        assert ready, f"these need each other: {[model.__name__ for model in wanted]}"
        for model in ready:
            if model._meta.db_table.endswith("proposal"):
                made[model._meta.label] = []  # comes with the next migration
            else:
                made[model._meta.label] = [_row(model, made, number) for number in (1, 2)]
            wanted.remove(model)


def _needs(model: Any, *, optional: bool = False) -> set[str]:
    return {
        one.remote_field.model._meta.label
        for one in model._meta.local_fields
        if one.remote_field
        and (optional or not one.null)
        and one.remote_field.model._meta.label != model._meta.label
    }


def _row(model: Any, made: dict[str, list[Any]], number: int) -> Any:
    """The key of a new row."""
    values = {}
    for one in model._meta.local_fields:
        if one.name == "pk" or (one.primary_key and one.get_internal_type().endswith("AutoField")):
            continue
        name = f"{model._meta.label}.{one.name}"
        if name in _VALUES:
            values[one.name] = _VALUES[name]
        elif one.remote_field:
            there = made.get(one.remote_field.model._meta.label, [])
            values[one.attname] = there[number - 1] if there else None
        else:
            values[one.name] = _value(one, number)
    made_row = model(**values)
    made_row.save(using="owner", force_insert=True)
    return made_row.pk


def _value(one: Any, number: int) -> Any:
    kind = one.get_internal_type()
    if one.choices and kind == "CharField":
        return one.choices[0][0]
    simple = {
        "BooleanField": True,
        "DateTimeField": datetime.datetime(2026, 1, number, tzinfo=datetime.UTC),
        "GenericIPAddressField": f"192.0.2.{number}",
        "JSONField": {"kept": [number, "Grüße", None]},
        "UUIDField": uuid.UUID(int=number),
        "SmallIntegerField": number,
        "IntegerField": number,
        "BigIntegerField": number,
    }
    if kind in simple:
        return simple[kind]
    if isinstance(one, models.FloatField):
        return float(number + one.name.startswith("end"))
    assert isinstance(one, models.CharField | models.TextField), f"say in _VALUES what {one} may hold"
    return f"{number}-{one.name}"[: one.max_length]
