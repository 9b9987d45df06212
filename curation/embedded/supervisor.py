"""Starts the parts of Rushes, looks after them, and stops them in order.

Each child leads its own process group, so that a Ctrl-C at the terminal reaches this process alone, and dies with
this process even if that is killed. Only what was started here is ever signalled.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO

from curation.embedded.errors import AlreadyRunning, EmbeddedError
from curation.embedded.locations import refuse_foreign

_LAUNCH = Path(__file__).with_name("launch.py")
_TICK = 0.1
_STEADY = 60.0  # after this long a child counts as healthy again
_LONGEST_WAIT = 30.0
_LARGEST_LOG = 10 * 1024 * 1024


@dataclass(frozen=True)
class Child:
    """One program to run: its name is also its log file's."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path("/")
    keep_open: Sequence[int] = ()
    ready: Callable[[], bool] | None = None
    ready_within: float = 60.0  # seconds
    stop_signal: int = signal.SIGTERM
    orphan_signal: int = signal.SIGTERM  # what the kernel sends if this process is killed
    grace: float = 10.0  # seconds from the stop signal to SIGKILL


@dataclass
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    since: float
    settled: bool = False  # it has been ready once
    deaths: int = 0
    again_at: float | None = None


class Supervisor:
    """A context: everything started within is stopped at its end, last started first."""

    def __init__(self, var: Path, *, say: Callable[[str], None] = print) -> None:
        self.var = var
        self._say = say
        self._running: list[_Running] = []
        self._lock: IO[str] | None = None
        self._handlers: dict[int, object] = {}
        self._mutex = threading.RLock()
        self._over = threading.Event()
        self._tender = threading.Thread(target=self._tend_on, name="supervisor", daemon=True)

    # -- life ---------------------------------------------------------------------------------------------------
    def __enter__(self) -> Supervisor:
        refuse_foreign(self.var)
        (self.var / "log").mkdir(parents=True, exist_ok=True)
        lock = (self.var / "supervisor.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            told = lock.read().strip()
            lock.close()
            raise AlreadyRunning(
                f"Rushes already runs on {self.var}{f' ({told})' if told else ''}. "
                "Use that one, stop it with Ctrl-C, or set RUSHES_VAR to another folder."
            ) from None
        self._lock = lock
        self.note(f"process {os.getpid()}")
        # Also where a shell started this with SIGINT ignored, as it does for a job in the background.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, _interrupt)
        self._tender.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        # Only now: the kernel counts the end of the thread that started a child as the end of its parent.
        self._over.set()
        self._tender.join()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def note(self, text: str) -> None:
        """What a second supervisor is told about this one."""
        assert self._lock is not None
        self._lock.seek(0)
        self._lock.truncate()
        self._lock.write(text)
        self._lock.flush()

    # -- start --------------------------------------------------------------------------------------------------
    def start(self, child: Child, *, wait: bool = True) -> int:
        """Run `child`, by default until it is ready; its process id. Raises EmbeddedError as `wait_for` does."""
        with self._mutex:
            running = _Running(child, self._spawn(child), time.monotonic())
            self._running.append(running)
        if wait:
            self._settle(running)
        return running.process.pid

    def wait_for(self, name: str) -> None:
        """Wait until what was started under `name` is ready. Raises EmbeddedError with the end of its log."""
        self._settle(next(running for running in self._running if running.child.name == name))

    def _settle(self, running: _Running) -> None:
        """From its first readiness on, a child that dies is started again; before, its death is an error."""
        child = running.child
        deadline = time.monotonic() + child.ready_within
        while child.ready is not None and not child.ready():
            if _ended(running.process):
                self._end(running)
                self._running.remove(running)
                raise EmbeddedError(f"{child.name} stopped as soon as it started:\n{self._tail(child)}")
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"{child.name} is not ready after {child.ready_within:.0f} s. "
                    f"The end of {self.log(child)}:\n{self._tail(child)}"
                )
            time.sleep(_TICK)
        running.settled = True

    def log(self, child: Child) -> Path:
        return self.var / "log" / f"{child.name}.log"

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        path = self.log(child)
        if path.exists() and path.stat().st_size > _LARGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    str(_LAUNCH),
                    str(os.getpid()),
                    str(int(child.orphan_signal)),
                    "-",
                    *child.command,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=child.folder,
                env={**os.environ, **child.environment},
                pass_fds=tuple(child.keep_open),
                start_new_session=True,
            )

    # -- look after ---------------------------------------------------------------------------------------------
    def watch(self) -> None:
        """Wait for Ctrl-C or SIGTERM."""
        with suppress(KeyboardInterrupt):
            self._over.wait()

    def _tend_on(self) -> None:
        while not self._over.wait(_TICK):
            with self._mutex:
                for running in self._running:
                    if running.settled:
                        self._tend(running)

    def _tend(self, running: _Running) -> None:
        """Start a dead child again, each time after a longer wait."""
        now = time.monotonic()
        if running.again_at is not None:
            if now >= running.again_at:
                running.process = self._spawn(running.child)
                running.since, running.again_at = now, None
        elif _ended(running.process):
            code = self._end(running)
            running.deaths = 1 if now - running.since > _STEADY else running.deaths + 1
            wait = min(0.5 * 2 ** (running.deaths - 1), _LONGEST_WAIT)
            running.again_at = now + wait
            self._say(
                f"{running.child.name} ended ({_how(code)}) and starts again in {wait:g} s; "
                f"see {self.log(running.child)}"
            )

    # -- stop ---------------------------------------------------------------------------------------------------
    def stop(self) -> None:
        """Stop everything, last started first. A further Ctrl-C shortens the waiting."""
        hurry = False

        def again(_number: int, _frame: FrameType | None) -> None:
            nonlocal hurry
            hurry = True

        if self._handlers:
            for number in self._handlers:
                signal.signal(number, again)
        while True:
            with self._mutex:
                if not self._running:
                    return
                running = self._running.pop()
            if running.again_at is not None:
                continue
            _signal(running.process, running.child.stop_signal)
            deadline = time.monotonic() + running.child.grace
            while not _ended(running.process) and time.monotonic() < deadline and not hurry:
                time.sleep(_TICK / 2)
            self._end(running)

    def _end(self, running: _Running) -> int:
        """Kill whatever is left of the child's group, then reap it; its return code."""
        with suppress(ProcessLookupError, PermissionError):
            # The leader is not reaped yet, so its number cannot belong to anybody else.
            os.killpg(running.process.pid, signal.SIGKILL)
        return running.process.wait()

    def _tail(self, child: Child, lines: int = 15) -> str:
        try:
            return "\n".join(self.log(child).read_text(errors="replace").splitlines()[-lines:])
        except OSError as error:
            return str(error)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended, leaving it unreaped."""
    if process.returncode is not None:
        return True
    if not hasattr(os, "waitid"):  # macOS
        return process.poll() is not None
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if not _ended(process):
        os.kill(process.pid, number)


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
