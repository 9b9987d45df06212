"""Keeps one server running while anybody uses it. Run by path, so standard library only.

Everyone who uses the server holds a shared lock on one file. This program starts the server, starts it again if it
dies, and stops it once it can have that lock for itself. The kernel drops the lock of a process however it ends, so
nothing is left behind by a crash or a kill.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_LAUNCH = Path(__file__).with_name("launch.py")
_TICK = 0.1
_ATTEMPTS = 5  # starts in a row that never came so far as to take connections
_PATIENCE = 30.0
_stop = False


def _asked_to_stop(_number: int, _frame: Any) -> None:
    global _stop
    _stop = True


def start(spec: dict[str, Any]) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-I",
        str(_LAUNCH),
        str(os.getpid()),
        str(int(signal.SIGINT)),
        spec["user"] or "-",
        *spec["command"],
    ]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Fast shutdown (SIGINT), then immediate (SIGQUIT), then the hard way."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is not None:
            return
        server.send_signal(number)
        try:
            server.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            continue


def took_connections(spec: dict[str, Any], server: subprocess.Popen[bytes]) -> bool:
    """Whether this very server has come up, as it says itself; what a killed one left behind says nothing."""
    try:
        lines = Path(spec["pid_file"]).read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(server.pid) and lines[7].strip() == "ready"


def unused(lock: Any) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def keep(spec: dict[str, Any]) -> int:
    with Path(spec["keeper"]).open("a") as mine, Path(spec["users"]).open("a") as users:
        try:
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0  # another keeper already looks after it
        failures, was_up = 0, False
        server = start(spec)
        try:
            while not _stop and not unused(users):
                was_up = was_up or took_connections(spec, server)
                if server.poll() is not None:
                    # One that works and is killed again and again is no reason to leave everybody without.
                    failures = 1 if was_up else failures + 1
                    if failures >= _ATTEMPTS:
                        return 1
                    time.sleep(min(_TICK * 2**failures, 3.0))
                    server, was_up = start(spec), False
                time.sleep(_TICK)
        finally:
            stop(server)
    return 0


if __name__ == "__main__":
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _asked_to_stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise SystemExit(keep(json.loads(sys.argv[1])))
