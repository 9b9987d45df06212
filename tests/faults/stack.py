"""Everything that Rushes is, on a folder of its own: database, broker, worker, site; each can be killed and come back.

Runs beside the tests, in a process of its own (`tests.faults.storm`); only what was started here is ever signalled.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg

from curation.embedded import redis
from curation.embedded.locations import postgres_home, redis_socket
from curation.embedded.postgres import Lease, answers, lease
from tests.paths import REPOSITORY

LEASE_S = 4


class NotBack(Exception):
    """A part did not come back in time; ``str`` says which."""


def wait(true: Callable[[], object], seconds: float, what: str) -> None:
    """Return once ``true()`` is. Raises ``NotBack``."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise NotBack(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)


class Stack:
    """Start with ``up``; ``down`` ends every process and waits for it."""

    def __init__(self, folder: Path) -> None:
        self.var = folder / "var"
        self.var.mkdir(parents=True)
        self.storage = folder / "storage"
        self.small_disk = _mount(self.storage)
        self.second_var = folder / "second"
        self.second_var.mkdir()
        self.logs = folder / "log"
        self.logs.mkdir()
        self.home = postgres_home(self.var)
        self.port = _free_port()
        self.site = f"http://127.0.0.1:{self.port}"
        self._lease: Lease | None = None
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._asking = threading.RLock()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, var: Path | None = None) -> dict[str, str]:
        """Variables for a process of this stack; ``var``: of a second machine with a folder of its own."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        address = f"postgresql://{{role}}@/rushes?host={self.home.socket}&port=5432"
        return kept | {
            "RUSHES_MODE": "demo",
            "RUSHES_VAR": str(var or self.var),
            "STORAGE": str(self.storage),
            "DATABASE_URL": address.format(role="rushes_app"),
            "DATABASE_OWNER_URL": address.format(role="rushes_owner"),
            **({} if var else {"CELERY_BROKER_URL": self.broker_address}),
            "SCORING_LEASE_SECONDS": str(LEASE_S),
            "EXPORT_LEASE_SECONDS": str(LEASE_S),
            "SCORING_RETRY_SECONDS": "1",
            "PYTHONUNBUFFERED": "1",
            "LOG_LEVEL": "WARNING",
        }

    @property
    def broker_address(self) -> str:
        return f"redis+socket://{redis_socket(self.var)}"

    def up(self) -> None:
        self._lease = lease(self.home)
        self.manage("migrate", "--verbosity=0")
        self.broker()
        self.worker()
        self.web()

    def down(self) -> None:
        for name in reversed(list(self._running)):
            self.kill(name)
        self.second_gone()
        if self._connection is not None:
            self._connection.close()
        if self._lease is not None:
            self._lease.release(wait=True)
        if self.small_disk:
            subprocess.run(["umount", "-l", str(self.storage)], check=False)

    def manage(self, *arguments: str) -> str:
        """Run a management command to its end; raises where it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    # --- parts ---------------------------------------------------------------------------------------------

    def broker(self) -> None:
        self._start("redis", redis.command(self.var), folder=Path("/"))
        wait(lambda: redis.answers(self.var), 20, "the broker answers")

    def worker(self, name: str = "worker") -> None:
        options = ["--queues=cpu,gpu,desk", "--concurrency=1", f"--hostname={name}@%h", "--loglevel=WARNING"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        self._start(
            name,
            [sys.executable, "-m", "celery", "--app=curation.config.celery:app", "worker", *options, *quiet],
        )

    def web(self) -> None:
        self._start(
            "site",
            [
                sys.executable,
                "-m",
                "gunicorn",
                "curation.config.wsgi:application",
                f"--bind=127.0.0.1:{self.port}",
                "--worker-class=gthread",
                "--workers=2",
                "--threads=4",
                "--no-control-socket",
            ],
        )

    def second(self) -> None:
        """A second supervisor on the same database and store: a folder, a broker, a worker and a site of its own."""
        self._start(
            "second",
            [sys.executable, "manage.py", "up", "--workers=1", f"--port={_free_port()}"],
            var=self.second_var,
        )

    def second_gone(self, seconds: float = 30) -> None:
        """Wait until nothing of the second supervisor runs: its children end with it. What stays is ended, and is a fault."""
        with suppress(NotBack):
            wait(lambda: not self.processes(self.second_var), seconds, "the second supervisor's children end")
        for pid in self.processes(self.second_var):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def answers(self) -> bool:
        """Whether the site and, through it, the database answer."""
        try:
            with urllib.request.urlopen(f"{self.site}/healthz", timeout=5) as page:
                return page.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def _start(
        self, name: str, command: list[str], folder: Path = REPOSITORY, var: Path | None = None
    ) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command, cwd=folder, env=self.environment(var), stdout=log, stderr=log, start_new_session=True
            )

    # --- faults --------------------------------------------------------------------------------------------

    def kill(self, name: str) -> None:
        """SIGKILL to a part and all its children, as a power cut would."""
        process = self._running.pop(name, None)
        if process is None:
            return
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return
        # Its number may be somebody else's by now: of what is left of its group, only what is of this stack is ended.
        for pid in self._left_of(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _left_of(self, group: int) -> list[int]:
        """Processes of that group which run on this stack's folder."""
        return [
            pid for pid in self.processes(self.var) + self.processes(self.second_var) if _group(pid) == group
        ]

    def processes(self, var: Path) -> list[int]:
        """Everything that runs on that folder, by what its environment says."""
        found, mark = [], f"RUSHES_VAR={var}".encode()
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            with suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return found

    def pools(self) -> list[int]:
        """The processes that do the workers' work, the second supervisor's too: celery's, whose parent is celery's."""
        celery = {
            pid for var in (self.var, self.second_var) for pid in self.processes(var) if _is_celery(pid)
        }
        return [pid for pid in celery if _parent(pid) in celery]

    def hold(self, pids: list[int]) -> Callable[[], None]:
        """Stop processes as they are, as a machine that swaps; call what is returned to let them go on."""
        held = []
        for pid in pids:
            with suppress(ProcessLookupError):
                file = os.pidfd_open(pid)
                signal.pidfd_send_signal(file, signal.SIGSTOP)
                held.append(file)

        def go_on() -> None:
            for file in held:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(file, signal.SIGCONT)
                os.close(file)

        return go_on

    def fill_disk(self) -> Path:
        """Use up the store's file system; returns the file that does."""
        filler = self.storage / "filler"
        with filler.open("wb") as file:
            while left := os.statvfs(self.storage).f_bavail * os.statvfs(self.storage).f_frsize:
                with suppress(OSError):
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), left)
        return filler

    def runs(self, name: str) -> bool:
        """Whether the part that was started is still there."""
        process = self._running.get(name)
        return process is not None and process.poll() is None

    def children(self, name: str) -> list[int]:
        """Processes that the part itself has started: pool children of a worker, workers of the site."""
        process = self._running.get(name)
        if process is None:
            return []
        found = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        try:
            return [int(pid) for pid in found.read_text().split()]
        except OSError:
            return []

    def flush_broker(self) -> None:
        """Empty the broker: every message is lost."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(str(redis_socket(self.var)))
            client.sendall(b"FLUSHALL\r\n")
            client.recv(64)

    def strike_database(self, number: signal.Signals) -> None:
        """A signal to the database's first process; its keeper starts it again."""
        pid_file = self.home.data / "postmaster.pid"
        pid = int(pid_file.read_text().splitlines()[0])
        os.kill(pid, number)
        wait(lambda: not Path(f"/proc/{pid}").exists(), 60, "the database has ended")
        wait(lambda: answers(self.home), 60, "the database answers again")

    def strike_backend(self) -> bool:
        """SIGKILL to one connection's process: PostgreSQL ends all of them and recovers."""
        with psycopg.connect(**self.home.parameters(database="rushes"), autocommit=True) as connection:
            row = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename = 'rushes_app' "
                "ORDER BY random() LIMIT 1"
            ).fetchone()
        if row is None:
            return False
        os.kill(row[0], signal.SIGKILL)
        wait(lambda: answers(self.home), 60, "the database answers again")
        return True

    def rows(self, question: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the database as its superuser, again for as long as it is away."""
        with self._asking:
            for _ in self._tries():
                try:
                    if self._connection is None or self._connection.closed:
                        parameters = self.home.parameters(database="rushes")
                        self._connection = psycopg.connect(**parameters, autocommit=True)
                    return self._connection.execute(question, values or None).fetchall()
                except psycopg.OperationalError:
                    if self._connection is not None:
                        self._connection.close()
        raise NotBack("the database does not answer")

    def _tries(self) -> Iterator[None]:
        for _ in range(200):
            yield
            time.sleep(0.3)


def _mount(place: Path) -> bool:
    """A file system of 256 MB there, so that it can be filled; only root may, elsewhere the folder is a plain one."""
    place.mkdir()
    if os.geteuid() != 0:
        return False
    mount = ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(place)]
    return subprocess.run(mount, capture_output=True, check=False).returncode == 0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent, group, …; empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def _parent(pid: int) -> int:
    return int((_stat(pid) or ["", "0"])[1])


def _group(pid: int) -> int:
    return int((_stat(pid) or ["", "", "0"])[2])


def _is_celery(pid: int) -> bool:
    try:
        return b"celery" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
