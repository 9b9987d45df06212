"""The broker runs on a socket alone, and a busy port is stepped over."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from curation.embedded import parts, redis
from curation.embedded.errors import EmbeddedError
from curation.embedded.locations import redis_socket
from curation.embedded.supervisor import Supervisor


@pytest.mark.broker
def test_the_broker_answers_on_its_socket_and_nowhere_else(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        pid = supervisor.start(parts.broker(tmp_path))
        assert redis.answers(tmp_path)
        inodes = {path.readlink().name for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()}
        listening = [
            line.split()
            for table in ("tcp", "tcp6")
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        ]
        assert not [row for row in listening if f"socket:[{row[9]}]" in inodes]
    assert not redis.answers(tmp_path)


@pytest.mark.broker
def test_a_dead_socket_is_cleared_away(tmp_path: Path) -> None:
    path = redis_socket(tmp_path)
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(parts.broker(tmp_path))
        assert redis.answers(tmp_path)


def test_a_busy_port_is_stepped_over() -> None:
    with parts.listen("127.0.0.1", 23800) as first:
        taken = first.getsockname()[1]
        with parts.listen("127.0.0.1", taken) as second:
            assert taken < second.getsockname()[1]
            assert parts.address(second) == f"http://127.0.0.1:{second.getsockname()[1]}/"


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(EmbeddedError, match=r"203\.0\.113\.7:23900"):
        parts.listen("203.0.113.7", 23900)


def test_without_a_gpu_one_worker_serves_both_queues_of_scoring(tmp_path: Path) -> None:
    both, desk = parts.workers(tmp_path, tmp_path, processes=2, gpu=False)
    assert "--queues=cpu,gpu" in both.command and "--concurrency=2" in both.command
    assert "--queues=desk" in desk.command
    cpu, desk, gpu = parts.workers(tmp_path, tmp_path, processes=2, gpu=True)
    assert "--queues=cpu" in cpu.command
    assert "--queues=desk" in desk.command and "--concurrency=2" in desk.command
    assert "--queues=gpu" in gpu.command
