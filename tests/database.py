"""One database per test run in an embedded cluster that all runs of this checkout share."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from curation.embedded.locations import PostgresHome
from curation.embedded.postgres import ensure_database, lease

REPOSITORY = Path(__file__).resolve().parent.parent
_PREFIX = "test_rushes_"
_TEMPLATE = "test_template_"
_SEED = "test_seed"
_LARGE_BYTES = (
    8_000_000  # of rows; beyond it tables are emptied as a whole, so that nothing of them stays behind
)


@dataclass
class TestDatabase:
    """This run's database. Tables filled by migrations are put back after every cleaning."""

    __test__ = False  # not a test, whatever its name says

    home: PostgresHome
    name: str
    migrated: bool = False  # copied from a database that the same migrations made
    turn: ExitStack = field(
        default_factory=ExitStack
    )  # this run's turn to migrate; given up once others can copy

    @cached_property
    def seeded(self) -> list[str]:
        """Tables that the migrations fill; their rows are kept in a schema beside."""
        with self.connect() as connection:
            rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [_SEED])
            return [row[0] for row in rows]

    def connect(self, role: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(**self.home.parameters(role, self.name), autocommit=True)

    def adopt(self) -> None:
        """Point Django at this database and migrate it."""
        for alias in ("default", "owner"):
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = self.name
            connections[alias].settings_dict["CONN_MAX_AGE"] = 0
            settings.DATABASES[alias]["NAME"] = self.name
        if self.migrated:
            return
        kept_as = template_name()
        call_command("migrate", verbosity=0, interactive=False)
        connections["owner"].close()
        self._remember()
        # Somebody may have added a migration meanwhile, which this database then lacks.
        if kept_as == template_name():
            self._keep_as_template(kept_as)
        self.turn.close()

    def disown(self) -> None:
        for alias in ("default", "owner"):
            connections[alias].close()

    def environment(self) -> dict[str, str]:
        address = f"postgresql://{{role}}@/{self.name}?host={self.home.socket}&port=5432"
        return {
            **os.environ,
            "RUSHES_MODE": "test",
            "DATABASE_URL": address.format(role="rushes_app"),
            "DATABASE_OWNER_URL": address.format(role="rushes_owner"),
        }

    def _tables(self, connection: psycopg.Connection) -> list[str]:
        """Plain and partitioned tables that hold rows, partitions counted with their parent."""
        names = [
            row[0]
            for row in connection.execute(
                "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
                "AND c.relname <> 'django_migrations' ORDER BY c.relname"
            )
        ]
        if not names:
            return []
        questions = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(
                sql.Literal(name), sql.Identifier("public", name)
            )
            for name in names
        )
        return [row[0] for row in connection.execute(questions)]

    def _remember(self) -> None:
        with self.connect() as connection:
            filled = self._tables(connection)
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(_SEED)))
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(_SEED)))
            for table in filled:
                connection.execute(
                    sql.SQL("CREATE TABLE {} AS TABLE {}").format(
                        sql.Identifier(_SEED, table), sql.Identifier("public", table)
                    )
                )

    def _keep_as_template(self, kept_as: str) -> None:
        """Let the next run copy this database, as long as the migrations stay what they are."""
        for alias in ("default", "owner"):
            connections[alias].close()
        with psycopg.connect(**self.home.parameters(), autocommit=True) as connection:
            for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall():
                if name.startswith(_TEMPLATE):
                    _drop(connection, name)
            with suppress(
                psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation, psycopg.errors.ObjectInUse
            ):
                ensure_database(connection, kept_as, template=self.name)

    def clean(self) -> None:
        """Empty every table that holds rows, drop the partitions that were made, put back what the migrations filled."""
        for alias in ("default", "owner"):
            connections[alias].close()
        with self.connect() as connection, connection.transaction():
            filled = self._tables(connection)
            connection.execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key
            made = connection.execute(
                "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relispartition AND c.relname ~ '_p[0-9]+$'"
            )
            self._each(connection, "DROP TABLE {}", [sql.Identifier("public", name) for (name,) in made])
            if self._is_large(connection, filled):
                self._each(connection, "TRUNCATE {} CASCADE", [_listed(filled)])
            else:
                # Of a few rows a twentieth of the time: nothing but them is touched, no file is made anew.
                self._each(connection, "DELETE FROM {}", [sql.Identifier("public", name) for name in filled])
            for table in self.seeded:
                connection.execute(
                    sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}").format(
                        sql.Identifier("public", table), sql.Identifier(_SEED, table)
                    )
                )

    @staticmethod
    def _is_large(connection: psycopg.Connection, tables: list[str]) -> bool:
        found = connection.execute(
            "SELECT coalesce(sum(pg_relation_size(format('public.%%I', name)::regclass)), 0) FROM unnest(%s::text[]) name",
            [tables],
        ).fetchone()
        return found is not None and int(found[0]) > _LARGE_BYTES

    @staticmethod
    def _each(connection: psycopg.Connection, statement: str, names: Sequence[sql.Composable]) -> None:
        if names:
            connection.execute(sql.SQL("; ").join(sql.SQL(statement).format(name) for name in names))


def _listed(tables: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier("public", name) for name in tables)


@contextmanager
def test_database() -> Iterator[TestDatabase]:
    """Hold the cluster for this run, and drop the run's database at its end."""
    home = settings.EMBEDDED_POSTGRES
    if home is None:
        raise RuntimeError("Unset DATABASE_URL for the tests: they make a PostgreSQL of their own.")
    with lease(home), ExitStack() as turn:
        turn.enter_context(_migrating(home))
        with psycopg.connect(**home.parameters(), autocommit=True) as connection:
            _drop_leftovers(connection)
            name = f"{_PREFIX}{os.getpid()}"
            migrated = _copy(connection, name)
            ensure_database(connection, name)
        if migrated:
            turn.close()
        try:
            yield TestDatabase(home, name, migrated, turn)
        finally:
            with psycopg.connect(**home.parameters(), autocommit=True) as connection:
                _drop(connection, name)


test_database.__test__ = False  # type: ignore[attr-defined]


@contextmanager
def _migrating(home: PostgresHome) -> Iterator[None]:
    """One run at a time makes its database: the first migrates and keeps a copy, those that waited take it."""
    with (home.var / "template.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def template_name() -> str:
    """Stands for everything that the migrated schema is made from."""
    digest = hashlib.sha256()
    for app in ("curation", "annotation", "scoring", "dashboards"):
        folder = REPOSITORY / app
        parts = [*folder.glob("migrations/**/*.py"), *folder.glob("models/**/*.py"), *folder.glob("*.py")]
        for path in sorted(parts):
            digest.update(str(path.relative_to(REPOSITORY)).encode() + b"\0" + path.read_bytes())
    return _TEMPLATE + digest.hexdigest()[:16]


def _copy(connection: psycopg.Connection, name: str) -> bool:
    """Make the run's database from the kept one; False where there is none, or another run is busy with it."""
    try:
        ensure_database(connection, name, template=template_name())
    except (psycopg.errors.InvalidCatalogName, psycopg.errors.UndefinedObject, psycopg.errors.ObjectInUse):
        return False
    return True


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _drop_leftovers(connection: psycopg.Connection) -> None:
    """Databases of runs that were killed."""
    for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall():
        number = name.removeprefix(_PREFIX).partition("_")[0]
        if not name.startswith(_PREFIX) or not number.isdigit():
            continue
        if int(number) == os.getpid() or not Path("/proc", number).exists():
            with suppress(psycopg.errors.UndefinedObject):
                _drop(connection, name)
