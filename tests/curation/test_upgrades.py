"""An upgrade loses nothing, locks no big table for long, can be run again, and leaves the application its rights."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from curation.dbroles import append_only_tables
from curation.management.commands import migrate
from tests.curation.migrationreading import Step, faults
from tests.curation.upgrades import Upgrade, elsewhere, empty_database, rows, upgrade


@pytest.fixture(scope="module")
def upgraded(test_cluster: Any, django_db_setup: None, django_db_blocker: Any) -> Iterator[Upgrade]:
    """Made once; what the tests do to it leaves every row as it is."""
    with django_db_blocker.unblock(), empty_database(test_cluster, "upgraded") as name, elsewhere(name):
        yield upgrade(name)


def test_every_row_of_the_first_schema_is_there_after_the_newest_migration(upgraded: Upgrade) -> None:
    filled = {table for table, found in upgraded.before.items() if len(found) >= 2}
    assert {"curation_clip", "curation_scorecard", "annotation_judgment", "annotation_slot"} <= filled
    assert len(filled) >= 40, sorted(set(upgraded.before) - filled)
    for table, before in upgraded.before.items():
        after = upgraded.after[table]
        assert len(after) == len(before), table
        for row in before:
            assert any(
                all(other.get(name, ...) == value for name, value in row.items()) for other in after
            ), f"{table}: {row} is not there as it was"


def test_no_migration_since_locks_a_big_table_for_long_or_breaks_when_run_again(upgraded: Upgrade) -> None:
    assert len(upgraded.steps) >= 20 and sum(len(step.statements) for step in upgraded.steps) > 150
    assert [fault for step in upgraded.steps for fault in faults(step)] == []


def test_the_application_has_its_rights_after_an_upgrade_and_no_more(upgraded: Upgrade) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("rushes_app",)
        cursor.execute(
            "SELECT relname, has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT'), "
            "has_table_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE') "
            "OR has_table_privilege(c.oid, 'TRUNCATE') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND relname <> 'django_migrations'"
        )
        rights = {name: (adds, changes) for name, adds, changes in cursor.fetchall()}
    assert [name for name, (adds, _) in rights.items() if not adds] == []
    assert {name for name, (_, changes) in rights.items() if not changes} == set(append_only_tables())


def test_a_migration_that_was_killed_midway_is_simply_run_again(upgraded: Upgrade) -> None:
    apart = [step for step in upgraded.steps if not step.atomic]
    assert apart, "no migration runs outside a transaction: this test holds nothing"
    before, names = rows(), _names()
    with connections["owner"].cursor() as cursor:
        for step in apart:
            # The most that can be there when it begins anew: everything, and nobody wrote down that it was done.
            for statement in step.statements:
                cursor.execute(statement)
    assert rows() == before and _names() == names


def _names() -> list[tuple[str, bool]]:
    """Every constraint and index, and whether it holds for every row."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT conname, convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace UNION ALL "
            "SELECT indexrelid::regclass::text, indisvalid FROM pg_index JOIN pg_class c ON c.oid = indexrelid "
            "WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1, 2"
        )
        return cursor.fetchall()  # type: ignore[no-any-return]


def test_a_table_in_use_makes_a_migration_step_aside_not_everybody_queue(
    upgraded: Upgrade, test_cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alter(*_: Any, **__: Any) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE annotation_slot ALTER COLUMN attempts SET NOT NULL")

    monkeypatch.setattr(Migrate, "handle", alter)
    monkeypatch.setattr(migrate, "ATTEMPTS", 2)
    monkeypatch.setattr(migrate, "REST_SECONDS", 0)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("3s",)
        cursor.execute("SET lock_timeout = 50")
    heard = StringIO()
    home = {**test_cluster.home.parameters("rushes_app"), "dbname": upgraded.name}
    with psycopg.connect(**home) as rater:
        rater.execute("UPDATE annotation_slot SET attempts = attempts")
        with pytest.raises(CommandError, match=r"in use at each of 2 attempts.*run it again"):
            call_command("migrate", verbosity=0, interactive=False, stderr=heard)
        rater.rollback()
    assert "attempt 2 of 2" in heard.getvalue()
    call_command("migrate", verbosity=0, interactive=False)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ('CREATE INDEX "a" ON "curation_clip" ("b")', "builds an index"),
        ('CREATE UNIQUE INDEX "a" ON "annotation_judgment" ("b") WHERE "c"', "builds an index"),
        ('ALTER TABLE "annotation_slot" ADD CONSTRAINT "a" UNIQUE ("b")', "builds an index"),
        ('ALTER TABLE "annotation_slot" ADD CONSTRAINT "a" CHECK ("b" > 0)', "looks through"),
        ('ALTER TABLE "annotation_slot" ADD CONSTRAINT "a" FOREIGN KEY ("b") REFERENCES "c" ("id")', "looks through"),
        ('ALTER TABLE "curation_clip" ADD COLUMN "b" bigint NULL REFERENCES "c" ("id")', "looks through"),
        ('ALTER TABLE "curation_clip" ADD COLUMN "b" real NULL CHECK ("b" > 0)', "looks through"),
        ('ALTER TABLE "curation_clip" ADD COLUMN "b" bigint NOT NULL', "fails where"),
        ('ALTER TABLE "curation_clip" ADD COLUMN "b" uuid DEFAULT gen_random_uuid() NOT NULL', "without a constant"),
        ('ALTER TABLE "curation_clip" ADD COLUMN "b" uuid DEFAULT gen_random_uuid()', "rewrites"),
        ('ALTER TABLE "curation_clip" ADD COLUMN "b" bigint GENERATED ALWAYS AS IDENTITY', "rewrites"),
        ('ALTER TABLE "curation_clip" ALTER COLUMN "b" TYPE bigint USING "b"::bigint', "rewrites"),
        ('ALTER TABLE "curation_clip" ALTER COLUMN "b" SET NOT NULL', "looks through"),
        ('ALTER TABLE "annotation_judgment" DROP COLUMN "b" CASCADE', "takes a column"),
        ('ALTER TABLE "annotation_judgment" RENAME COLUMN "b" TO "c"', "takes a column"),
        ('DROP TABLE "annotation_judgment" CASCADE', "loses rows"),
        ("UPDATE annotation_slot SET state = 'free'", "writes every row"),
        ("TRUNCATE curation_clip", "locks a whole table"),
    ],
)  # fmt: skip
def test_what_would_hold_people_up_or_lose_rows_is_found(statement: str, said: str) -> None:
    found = faults(Step("app.0099_bad", True, [statement]))
    assert len(found) == 1 and said in found[0]


@pytest.mark.parametrize(
    "statements",
    [
        ['ALTER TABLE "curation_clip" ADD COLUMN "b" bigint NULL'],
        ["ALTER TABLE curation_clip ADD COLUMN b jsonb DEFAULT '{}'::jsonb NOT NULL"],
        ['CREATE TABLE "curation_new" ("id" bigint)', 'CREATE INDEX "a" ON "curation_new" ("id")'],
        ['CREATE INDEX "a" ON "annotation_queue" ("name")'],
        ["CREATE FUNCTION f() RETURNS void AS $$ BEGIN DELETE FROM curation_clip; TRUNCATE curation_clip; END $$"],
    ],
)  # fmt: skip
def test_what_takes_a_moment_is_let_through(statements: list[str]) -> None:
    assert faults(Step("app.0099_good", True, statements)) == []


@pytest.mark.parametrize(
    "statement",
    [
        'ALTER TABLE "curation_clip" ADD COLUMN "b" bigint NULL',
        'CREATE INDEX CONCURRENTLY "a" ON "curation_clip" ("b")',
        'CREATE INDEX CONCURRENTLY IF NOT EXISTS "a" ON "curation_clip" ("b")',  # keeps one half made
        'ALTER TABLE "curation_clip" ADD CONSTRAINT "a" CHECK ("b" > 0) NOT VALID',
    ],
)
def test_outside_a_transaction_each_statement_must_be_fit_to_be_repeated(statement: str) -> None:
    assert "run again" in faults(Step("app.0099_apart", False, [statement]))[0]
    prepared = [
        'DROP INDEX CONCURRENTLY IF EXISTS "a"',
        'ALTER TABLE "curation_clip" DROP CONSTRAINT IF EXISTS "a"',
    ]
    if " ADD COLUMN " not in statement:
        assert faults(Step("app.0099_apart", False, [*prepared, statement])) == []
