"""The supervisor stops what it started, in order, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from curation.embedded.errors import AlreadyRunning, EmbeddedError
from curation.embedded.supervisor import Child, Supervisor
from tests.curation.embedded.processes import alive, eventually, mentioning, snippet

# Writes its name and "up" to a file, and its name and "down" when asked to stop.
POLITE = """
import signal, sys, time
name, file = sys.argv[1:3]
def told(word):
    with open(file, "a") as out: out.write(f"{name} {word}\\n")
def down(*_):
    told("down"); raise SystemExit(0)
signal.signal(signal.SIGTERM, down)
told("up")
while True: time.sleep(0.05)
"""
# Ignores every polite request, and has a child of its own that does too.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if len(sys.argv) == 2:
    subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)", sys.argv[1]])
open(sys.argv[1], "w").close()
time.sleep(600)
"""


def _polite(name: str, file: Path) -> Child:
    return Child(
        name=name,
        command=[sys.executable, "-c", POLITE, name, str(file)],
        ready=lambda: file.exists() and f"{name} up" in file.read_text(),
    )


def test_children_stop_in_reverse_order(tmp_path: Path) -> None:
    file = tmp_path / "order"
    with Supervisor(tmp_path) as supervisor:
        pids = [supervisor.start(_polite(name, file)) for name in ("broker", "worker", "site")]
        assert all(alive(pid) for pid in pids)
    assert file.read_text().split("\n")[3:-1] == ["site down", "worker down", "broker down"]
    assert not any(alive(pid) for pid in pids)


def test_stragglers_and_their_children_are_killed(tmp_path: Path) -> None:
    mark = tmp_path / "stubborn-mark"
    with Supervisor(tmp_path) as supervisor:
        child = Child("stubborn", [sys.executable, "-c", STUBBORN, str(mark)], ready=mark.exists, grace=0.3)
        supervisor.start(child)
        assert len(mentioning(str(mark))) == 2
    assert eventually(lambda: mentioning(str(mark)) == [])


def test_strangers_are_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        with Supervisor(tmp_path) as supervisor:
            supervisor.start(_polite("worker", tmp_path / "order"))
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_what_dies_is_started_again(tmp_path: Path) -> None:
    file, said = tmp_path / "order", []
    with Supervisor(tmp_path, say=said.append) as supervisor:
        pid = supervisor.start(_polite("worker", file))
        os.kill(pid, signal.SIGKILL)

        assert eventually(lambda: file.read_text().count("worker up") == 2)
    assert said and "worker ended (signal SIGKILL) and starts again" in said[0]
    assert file.read_text().endswith("worker down\n")


def test_a_child_that_cannot_start_says_why(tmp_path: Path) -> None:
    child = Child("broken", [sys.executable, "-c", "raise SystemExit('no such model')"], ready=lambda: False)
    with Supervisor(tmp_path) as supervisor, pytest.raises(EmbeddedError, match="no such model"):
        supervisor.start(child)


def test_a_second_supervisor_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as first:
        first.note("process 1, http://127.0.0.1:8000/")
        with pytest.raises(AlreadyRunning, match=r"http://127\.0\.0\.1:8000/"), Supervisor(tmp_path):
            pass
    with Supervisor(tmp_path):
        pass


SUPERVISE = """
import sys
from contextlib import suppress
from pathlib import Path
from curation.embedded.supervisor import Child, Supervisor
with suppress(KeyboardInterrupt), Supervisor(Path(sys.argv[1])) as supervisor:
    supervisor.start(Child("sleeper", ["sleep", "6543.21"]))
    print("up", flush=True)
    supervisor.watch()
print("down", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_whatever_ends_the_supervisor(tmp_path: Path, number: int) -> None:
    process = snippet(SUPERVISE, str(tmp_path))
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1
    process.send_signal(number)
    assert process.communicate()[0] == ("" if number == signal.SIGKILL else "down\n")
    assert eventually(lambda: not alive(int(children[0])))


def test_ctrl_c_works_where_a_shell_started_it_with_sigint_ignored(tmp_path: Path) -> None:
    code = f"import os, signal, sys\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nos.execv(sys.executable, [sys.executable, '-c', {SUPERVISE!r}, *sys.argv[1:]])"
    process = snippet(code, str(tmp_path))
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate()[0] == "down\n"
