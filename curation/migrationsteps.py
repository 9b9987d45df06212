"""Steps of a migration that keep nobody waiting on a table of any size, and may be run again after a kill.

Django's own ``AddField``, ``AddIndex`` and ``AddConstraint`` hold a table locked while they build an index or look
through its rows. These add the bare column first, which takes a moment; build indexes concurrently; and put constraints
on as NOT VALID before they validate them, which lets others read and write. Each statement commits by itself, so that
the migration must say ``atomic = False``; each can be repeated, so that one that was killed is simply run again.
"""

from __future__ import annotations

import copy
from typing import Any

from django.db import NotSupportedError, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, AlterField
from django.db.migrations.state import ProjectState

# Building an index beside others' work waits for them and holds nobody up, so that this wait needs no bound.
_WAIT = "SET lock_timeout = 0"
_AS_BEFORE = "RESET lock_timeout"


class AddFieldBesideWork(AddField):
    """A nullable column, or one with a constant default; its check, reference, index and uniqueness come after it."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        model: Any = after.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(editor.connection.alias, model):
            return
        _refuse_transaction(self, editor)
        field = model._meta.get_field(self.name)
        table, column = editor.quote_name(model._meta.db_table), editor.quote_name(field.column)
        bare = copy.copy(field)
        bare._unique = False
        with_default = not field.null and not field.has_db_default()
        definition, parameters = editor.column_sql(model, bare, include_default=with_default)
        added = f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} {definition}"
        editor.execute(added, parameters or None)
        if with_default:
            _run(editor, f"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT")
        check = field.db_parameters(connection=editor.connection)["check"]
        if check:
            _constrain(editor, table, f"{model._meta.db_table}_{field.column}_check", f"CHECK ({check})")
        if field.remote_field and field.db_constraint:
            _constrain(editor, table, *_reference(editor, model, field))
        if field.unique:
            _unique(editor, table, f"{model._meta.db_table}_{field.column}_key", f"({column})", "")
        for statement in editor._field_indexes_sql(model, field):  # type: ignore[attr-defined]
            _index(editor, str(statement))


class AddIndexBesideWork(AddIndex):
    """An index that is built while others read and write."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        model: Any = after.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(editor.connection.alias, model):
            _refuse_transaction(self, editor)
            _index(editor, str(self.index.create_sql(model, editor)))


class AddUniqueBesideWork(AddConstraint):
    """A unique constraint whose index is built while others read and write; it fails where rows are there twice."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        model: Any = after.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(editor.connection.alias, model):
            return
        _refuse_transaction(self, editor)
        constraint: Any = self.constraint
        assert isinstance(constraint, models.UniqueConstraint)
        names = [model._meta.get_field(name).column for name in constraint.fields]
        columns = f"({', '.join(map(editor.quote_name, names))})"
        condition = constraint._get_condition_sql(model, editor)  # type: ignore[attr-defined]
        _unique(editor, editor.quote_name(model._meta.db_table), constraint.name, columns, condition or "")


class StopIndexingBesideWork(AlterField):
    """A reference without an index of its own any more, ``index``, which goes while others read and write."""

    def __init__(self, model_name: str, name: str, field: models.ForeignKey, index: str) -> None:
        super().__init__(model_name, name, field)
        self.index = index

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        if self.allow_migrate_model(
            editor.connection.alias, after.apps.get_model(app_label, self.model_name)
        ):
            _refuse_transaction(self, editor)
            _run(editor, f"DROP INDEX CONCURRENTLY IF EXISTS {editor.quote_name(self.index)}")

    def database_backwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        model: Any = after.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(editor.connection.alias, model):
            _refuse_transaction(self, editor)
            table, name = editor.quote_name(model._meta.db_table), editor.quote_name(self.index)
            column = editor.quote_name(model._meta.get_field(self.name).column)
            _index(editor, f"CREATE INDEX {name} ON {table} ({column})")


def _refuse_transaction(operation: Any, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.atomic_migration:
        raise NotSupportedError(
            f"{type(operation).__name__} commits each statement by itself: say atomic = False in the migration"
        )


def _run(editor: BaseDatabaseSchemaEditor, sql: str) -> None:
    editor.execute(sql, None)  # type: ignore[arg-type]  # None: a % in it is a %


def _constrain(editor: BaseDatabaseSchemaEditor, table: str, name: str, rule: str) -> None:
    quoted = editor.quote_name(name)
    _run(editor, f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {quoted}")
    _run(editor, f"ALTER TABLE {table} ADD CONSTRAINT {quoted} {rule} NOT VALID")
    _run(editor, f"ALTER TABLE {table} VALIDATE CONSTRAINT {quoted}")


def _reference(editor: BaseDatabaseSchemaEditor, model: Any, field: Any) -> tuple[str, str]:
    """Name and rule of a foreign key, as Django itself would write them."""
    statement: Any = editor._create_fk_sql(  # type: ignore[attr-defined]
        model, field, "_fk_%(to_table)s_%(to_column)s"
    )
    assert isinstance(statement, Statement)
    rule = str(statement).split(" FOREIGN KEY ", 1)[1]
    return str(statement.parts["name"]).strip('"'), f"FOREIGN KEY {rule}"


def _index(editor: BaseDatabaseSchemaEditor, sql: str) -> None:
    """``CREATE INDEX "name" ON …`` beside others' work; what a killed attempt left half made goes first."""
    name = sql.split(" INDEX ", 1)[1].split(" ON ", 1)[0]
    _run(editor, f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    _run(editor, _WAIT)
    _run(editor, sql.replace(" INDEX ", " INDEX CONCURRENTLY ", 1))
    _run(editor, _AS_BEFORE)


def _unique(editor: BaseDatabaseSchemaEditor, table: str, name: str, columns: str, condition: str) -> None:
    quoted = editor.quote_name(name)
    where = f" WHERE {condition}" if condition else ""
    # Its index cannot go while the constraint stands.
    _run(editor, f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {quoted}")
    _index(editor, f"CREATE UNIQUE INDEX {quoted} ON {table} {columns}{where}")
    if not condition:
        _run(editor, f"ALTER TABLE {table} ADD CONSTRAINT {quoted} UNIQUE USING INDEX {quoted}")
