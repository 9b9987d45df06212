"""What stopped a command, in a sentence with the mend, instead of Python's own report of it."""

from __future__ import annotations

import psycopg
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

MIGRATE = (
    "Run `python manage.py migrate` (in production with DATABASE_OWNER_URL set), then the same command again."
)


def unmigrated() -> int:
    """How many migrations of this version the database lacks. Raises DatabaseError where it does not answer."""
    executor = MigrationExecutor(connections["default"])
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def unmigrated_sentence(lacking: int) -> str:
    which = "a migration" if lacking == 1 else f"{lacking} migrations"
    return f"The database lacks {which} of this version. {MIGRATE}"


def explained(error: BaseException) -> str | None:
    """The sentence for an error that a user can mend; None for one that only a developer can."""
    if isinstance(error, KeyboardInterrupt):
        return "Stopped; what was done stays. The same command goes on from there."
    if isinstance(error, BrokenPipeError):
        return ""
    if isinstance(error, DatabaseError | psycopg.Error):
        return _of_the_database(error)
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}."
    if isinstance(error, UnicodeDecodeError):
        return f"A file is not text in UTF-8: {error.reason} at byte {error.start}."
    return None


def _of_the_database(error: BaseException) -> str | None:
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    said = str(cause or error).strip().splitlines()
    first = said[0] if said else type(error).__name__
    if isinstance(cause, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        lacking = _lacking()
        return unmigrated_sentence(lacking) if lacking else None
    if isinstance(cause, psycopg.errors.InsufficientPrivilege):
        lacking = _lacking()
        if lacking:
            return unmigrated_sentence(lacking)
        return f"The database refuses it to this role: {first}. {MIGRATE}"
    if isinstance(cause, psycopg.errors.LockNotAvailable):
        return f"Something else holds what this needs in the database: {first}. Nothing was changed; run it again."
    if isinstance(cause, psycopg.errors.QueryCanceled):
        return f"The database gave up after its longest time: {first}. STATEMENT_TIMEOUT_MS sets another."
    if isinstance(cause, psycopg.errors.DiskFull):
        return f"The database's disk is full: {first}. What was done stays; make room, then run it again."
    if isinstance(cause, psycopg.DataError):
        return f"The database takes no such value: {first}."
    if isinstance(cause, psycopg.OperationalError):
        return f"The database does not answer: {' '.join(said)}. Check that it runs, and DATABASE_URL."
    return None


def _lacking() -> int:
    connections["default"].close()
    try:
        return unmigrated()
    except (DatabaseError, psycopg.Error):
        return 0
