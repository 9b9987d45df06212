"""Where the embedded services keep their data and sockets. Reads the file system, changes nothing."""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.embedded.errors import EmbeddedError, ForeignFolder

# PostgreSQL refuses to run as root; this account exists on every Linux and owns nothing.
UNPRIVILEGED_USER = "nobody"
SYSTEM_STATE = Path("/var/lib")
DATABASE = "rushes"
SUPERUSER = "postgres"
_LONGEST_SOCKET = 107  # bytes, from sockaddr_un
_POSTGRES_SOCKET = "/.s.PGSQL.5432"


def folder_key(folder: Path) -> str:
    """Twelve characters that stand for one folder, so that two checkouts never meet."""
    return hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:12]


def open_to_others(folder: Path, *, mask: int | None = None) -> bool:
    """Whether any user may enter `folder`; for one that does not exist yet, whether a new one could be entered."""
    if mask is None:
        mask = _umask()
    for step in (folder, *folder.parents):
        try:
            mode = step.stat().st_mode
        except FileNotFoundError:
            mode = 0o777 & ~mask
        except OSError:
            return False
        if not mode & stat.S_IXOTH:
            return False
    return True


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def refuse_foreign(folder: Path) -> None:
    """Raise ForeignFolder where `folder` exists and belongs to somebody else."""
    try:
        owner = folder.stat().st_uid
    except FileNotFoundError:
        return
    except PermissionError as error:
        raise ForeignFolder(
            f"{folder} cannot be reached by this user. Set RUSHES_VAR to a folder of your own."
        ) from error
    if owner == os.geteuid():
        return
    raise ForeignFolder(
        f"{folder} belongs to {user_name(owner)}, and this is {user_name(os.geteuid())}. "
        f"Take it over with `sudo chown -R {user_name(os.geteuid())} {folder}`, "
        "or set RUSHES_VAR to a folder of your own."
    )


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


@dataclass(frozen=True)
class PostgresHome:
    """One embedded cluster: `base` holds data, socket and, where needed, a copy of the programs."""

    var: Path
    base: Path
    socket: Path
    user: str | None  # who runs the server, None for whoever calls
    durable: bool  # False: no fsync, for data that tests throw away

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def log(self) -> Path:
        return self.var / "log" / "postgres.log"

    def connection(self, role: str) -> dict[str, Any]:
        """Django's connection settings for one role."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE,
            "USER": role,
            "PASSWORD": "",
            "HOST": str(self.socket),
            "PORT": "5432",
            "OPTIONS": {},
        }

    def parameters(self, role: str = SUPERUSER, database: str = "postgres") -> dict[str, Any]:
        """Keyword arguments for psycopg.connect."""
        return {"host": str(self.socket), "port": 5432, "user": role, "dbname": database}


def postgres_home(var: Path, *, durable: bool = True, as_root: bool | None = None) -> PostgresHome:
    """Where the cluster of `var` lives.

    Under `var` wherever the user that runs it can get there. As root that user is an unprivileged one, and in a
    checkout that it cannot enter (below /root, say) everything lies in /var/lib/rushes-KEY instead.
    """
    if as_root is None:
        as_root = os.geteuid() == 0
    inside = var / "postgres"
    outside = SYSTEM_STATE / f"rushes-{folder_key(var)}"
    if not as_root:
        return PostgresHome(var, inside, _short(inside / "run", var), None, durable)
    base = inside if open_to_others(var) and _fits(inside / "run") else outside
    if base is inside and not (inside / "data").exists() and (outside / "data").exists():
        base = outside
    return PostgresHome(var, base, base / "run", UNPRIVILEGED_USER, durable)


def redis_socket(var: Path) -> Path:
    """The broker's socket."""
    socket = var / "run" / "redis.sock"
    if len(os.fsencode(socket)) <= _LONGEST_SOCKET:
        return socket
    return runtime_folder(var) / "redis.sock"


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder)) + len(_POSTGRES_SOCKET) <= _LONGEST_SOCKET


def _short(folder: Path, var: Path) -> Path:
    return folder if _fits(folder) else runtime_folder(var)


def runtime_folder(var: Path) -> Path:
    """A short folder for sockets whose own path would be too long for the kernel."""
    run = Path(f"/run/user/{os.geteuid()}")
    if run.is_dir() and os.access(run, os.W_OK):
        return run / f"rushes-{folder_key(var)}"
    return Path(f"/tmp/rushes-{os.geteuid()}-{folder_key(var)}")  # noqa: S108 - own_folder checks its owner


def own_folder(folder: Path, *, uid: int | None = None, mode: int = 0o700) -> Path:
    """Make `folder` and see that it is a real folder of `uid` (of the caller by default)."""
    uid = os.geteuid() if uid is None else uid
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=mode)
        if uid != os.geteuid():
            os.chown(folder, uid, -1)
    except FileExistsError:
        pass
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise EmbeddedError(f"{folder} is not a folder. Move it away.")
    if found.st_uid != uid:
        raise EmbeddedError(
            f"{folder} belongs to {user_name(found.st_uid)}, not to {user_name(uid)}. "
            "Remove it, or set RUSHES_VAR to a folder of your own."
        )
    return folder
