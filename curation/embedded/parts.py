"""The programs that make up a running Rushes: broker, workers, site."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from curation.embedded import redis
from curation.embedded.errors import EmbeddedError
from curation.embedded.supervisor import Child

_PORTS_TRIED = 50
_BUSY = frozenset({errno.EADDRINUSE, errno.EACCES})
_GPU_QUESTION_LIMIT = 10.0  # seconds


def broker(var: Path) -> Child:
    return Child(
        name="redis",
        command=redis.command(var),
        ready=lambda: redis.answers(var),
        ready_within=20,
        grace=5,
    )


def has_gpu() -> bool:
    """Whether the NVIDIA driver lists a device; nothing heavy is imported to find out."""
    asked = shutil.which("nvidia-smi")
    if asked is None:
        return False
    try:
        told = subprocess.run([asked, "-L"], capture_output=True, text=True, timeout=_GPU_QUESTION_LIMIT)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.returncode == 0 and "GPU 0" in told.stdout


def workers(project: Path, var: Path, *, processes: int, gpu: bool) -> list[Child]:
    """A worker for queue `cpu`, one for `desk` and, with a GPU, one for `gpu`; without one, the first serves `gpu` too."""
    cpu = _worker(project, var, "worker-cpu", "cpu" if gpu else "cpu,gpu", processes)
    desk = _worker(project, var, "worker-desk", "desk", 2)  # so that a short export passes a long one
    return [cpu, desk, _worker(project, var, "worker-gpu", "gpu", 1)] if gpu else [cpu, desk]


def default_processes() -> int:
    """Worker processes for this machine: models and decoders use several threads each, and memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(4, cores // 2))


def _worker(project: Path, var: Path, name: str, queues: str, processes: int) -> Child:
    return Child(
        name=name,
        command=[
            sys.executable,
            "-m",
            "celery",
            "--app=curation.config.celery:app",
            "worker",
            f"--queues={queues}",
            f"--concurrency={processes}",
            f"--hostname={name}@%h",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--loglevel=INFO",
        ],
        folder=project,
        ready=_says(var / "log" / f"{name}.log", f"{name}@".encode(), b" ready."),
        ready_within=120,
        # Warm first: the work at hand is finished. If this process is killed, cold: the work is claimed again.
        stop_signal=signal.SIGTERM,
        orphan_signal=signal.SIGQUIT,
        grace=15,
    )


def _says(log: Path, *words: bytes) -> Callable[[], bool]:
    """Whether a line with all of `words` has been written to `log` from now on."""
    before = log.stat().st_size if log.exists() else 0

    def answer() -> bool:
        if not log.exists():
            return False
        with log.open("rb") as file:
            # A log that has grown too large was put aside when its program started.
            file.seek(before if log.stat().st_size >= before else 0)
            return any(all(word in line for word in words) for line in file)

    return answer


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on `port`, or on the next free one after it."""
    for candidate in range(port, min(port + _PORTS_TRIED, 65536)):
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(128)
        except (OSError, OverflowError) as error:
            listener.close()
            if isinstance(error, OSError) and error.errno in _BUSY:
                continue
            raise EmbeddedError(f"The site cannot listen on {host}:{candidate}: {error}.") from error
        return listener
    raise EmbeddedError(
        f"No free port from {port} to {port + _PORTS_TRIED - 1} on {host}. Name one with --port."
    )


def address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - only compared
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def site(project: Path, listener: socket.socket, *, processes: int = 2, threads: int = 4) -> Child:
    """The site under gunicorn, on a socket that is already listening, so that it keeps its port when restarted."""
    return Child(
        name="site",
        command=[
            sys.executable,
            "-m",
            "gunicorn",
            "curation.config.wsgi:application",
            f"--bind=fd://{listener.fileno()}",
            "--worker-class=gthread",
            f"--workers={processes}",
            f"--threads={threads}",
            "--timeout=120",
            "--graceful-timeout=5",
            "--keep-alive=15",
            "--no-control-socket",
        ],
        folder=project,
        keep_open=(listener.fileno(),),
        ready=lambda: _responds(address(listener)),
        ready_within=90,
        grace=8,
    )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_details: object) -> None:  # type: ignore[override]
        return None


def _responds(url: str) -> bool:
    """Whether the site answers at all; a redirect to the login page will do, a server error will not."""
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as response:
            return response.status < 500
    except urllib.error.HTTPError as error:
        with suppress(OSError):
            error.close()
        return error.code < 500
    except (OSError, urllib.error.URLError):
        return False
