"""A real broker and real workers for the tests that need them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from curation.config import celery_app
from curation.embedded import redis
from curation.embedded.locations import redis_socket
from tests.paths import REPOSITORY


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty Redis of this test's own; gives its address."""
    var = tmp_path_factory.mktemp("redis")
    process = subprocess.Popen(redis.command(var), stdout=subprocess.DEVNULL)
    wait_until(lambda: redis.answers(var), 20, "Redis answers")
    try:
        yield f"redis+socket://{redis_socket(var)}"
    finally:
        process.kill()
        process.wait()


class Worker:
    """A Celery worker in a process group of its own, so that SIGKILL can take all of it at once."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        command = [
            "-m",
            "celery",
            "--app=curation.config.celery:app",
            "worker",
            "--queues=cpu",
            "--concurrency=1",
        ]
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, *command, "--without-gossip", "--without-mingle", "--without-heartbeat"],
            cwd=REPOSITORY,
            env={**os.environ, **environment},
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def kill(self) -> None:
        """SIGKILL to the worker and its pool, as a power cut would."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def stop(self) -> None:
        """SIGTERM, as a supervisor does, and wait for the end."""
        self._process.terminate()
        assert self._process.wait(60) == 0


@pytest.fixture
def start_worker(
    broker: str, database_environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Worker]]:
    """Start a worker on this test's database, broker and storage; whatever still runs is killed at the end."""
    environment = {
        **database_environment,
        "CELERY_BROKER_URL": broker,
        "STORAGE": str(settings.STORAGE),
        "SCORING_LEASE_SECONDS": "4",
    }
    monkeypatch.setattr(celery_app.conf, "broker_url", broker)
    celery_app.set_current()
    started: list[Worker] = []

    def start() -> Worker:
        started.append(Worker(environment, tmp_path / "worker.log"))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture
def storage(tmp_path: Path, settings: object) -> Path:
    """Series, renditions and exports of this test alone."""
    settings.STORAGE = str(tmp_path / "storage")  # type: ignore[attr-defined]
    return tmp_path / "storage"


def wait_until(true: Callable[[], object], seconds: float, what: str) -> None:
    """Return once ``true()`` is; fail after ``seconds``, saying what did not happen."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)
