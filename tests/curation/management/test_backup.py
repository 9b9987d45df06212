"""What was backed up comes back: every row, every file, the rights, and the audit log that still verifies."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from annotation.models import Judgment
from curation.embedded.postgres import ensure_database
from curation.models import Clip
from curation.services.audit import audit_write
from curation.services.seal import audit_seal
from curation.storage import stored
from tests import factories
from tests.annotation import rooms
from tests.paths import REPOSITORY

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture(autouse=True)
def own_folders(settings: Any, tmp_path: Path) -> None:
    settings.VAR, settings.STORAGE = tmp_path / "var", str(tmp_path / "storage")


@pytest.fixture
def world() -> factories.World:
    """Clips, a policy with its partition, a judgment, a sealed log, files."""
    made = factories.world()
    queue = rooms.verify_queue(made)
    who = rooms.rater()
    rooms.say(who, rooms.claim(queue, who).slot_id)
    audit_write(action="thing.do")
    audit_seal()
    for name in ("renditions/ab/a.mp4", "series/ab/b.parquet", "exports/all/clips.jsonl"):
        path = stored(name.split("/")[0], name.split("/", 1)[1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(5000))
    (stored("exports", "x").parent / ".writing-1").mkdir()
    (stored("exports", "x").parent / ".writing-1" / "half").write_text("half")
    return made


@pytest.fixture
def empty(test_cluster: Any) -> Iterator[dict[str, str]]:
    """An empty database beside this run's; variables that lead to it."""
    name = f"{test_cluster.name}_restored"
    home = test_cluster.home
    with psycopg.connect(**home.parameters(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        ensure_database(connection, name)
    address = f"postgresql://{{role}}@/{name}?host={home.socket}&port=5432"
    yield {
        "DATABASE_URL": address.format(role="rushes_app"),
        "DATABASE_OWNER_URL": address.format(role="rushes_owner"),
    }
    with psycopg.connect(**home.parameters(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def contents(address: str) -> dict[str, tuple[int, str]]:
    """Count and checksum of every table's rows, whatever their order."""
    with psycopg.connect(address) as connection:
        names = connection.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY 1"
        ).fetchall()
        return {
            name: connection.execute(
                f"SELECT count(*), coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '') FROM \"{name}\" t"
            ).fetchone()
            for (name,) in names
        }


def files(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and "/." not in str(path)
    }


def manage(var: Path, variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        **variables,
        "RUSHES_MODE": "test",
        "RUSHES_VAR": str(var),
        "STORAGE": str(var / "storage"),
        "DJANGO_SETTINGS_MODULE": "curation.config.settings",
    }
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_a_backup_comes_back_whole(
    world: factories.World, empty: dict[str, str], tmp_path: Path, test_cluster: Any, settings: Any
) -> None:
    folder = tmp_path / "backup"
    call_command("backup", str(folder), stdout=StringIO(), stderr=StringIO())
    assert not [path for path in folder.rglob("*") if "writing" in str(path)]
    before = contents(test_cluster.environment()["DATABASE_OWNER_URL"])
    assert before["annotation_judgment"][0] == Judgment.objects.count() == 1

    var = tmp_path / "elsewhere"
    var.mkdir()
    done = manage(var, empty, "restore", str(folder))
    assert done.returncode == 0, done.stderr
    assert contents(empty["DATABASE_OWNER_URL"]) == before
    assert files(var / "storage") == files(Path(settings.STORAGE))
    verified = manage(var, empty, "audit", "verify", "--json")
    assert json.loads(verified.stdout)["faults"] == [] and json.loads(verified.stdout)["heads"] == 1
    with psycopg.connect(empty["DATABASE_URL"]) as app:
        assert app.execute("SELECT count(*) FROM curation_clip").fetchone() == (Clip.objects.count(),)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DELETE FROM annotation_judgment")
    again = manage(var, empty, "restore", str(folder))
    assert again.returncode == 1 and "holds tables already" in again.stderr
    pending = manage(var, empty, "migrate", "--check")
    assert pending.returncode == 0, pending.stdout + pending.stderr


def test_a_backup_that_is_not_whole_is_refused_before_anything_happens(
    world: factories.World, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    call_command("backup", str(folder), stdout=StringIO(), stderr=StringIO())
    with pytest.raises(CommandError, match="not empty"):
        call_command("backup", str(folder), stdout=StringIO(), stderr=StringIO())
    out = StringIO()
    call_command("backup", str(folder), check=True, stdout=out)
    assert out.getvalue().startswith("whole: 5 files")
    copy = folder / "storage" / "renditions" / "ab" / "a.mp4"
    good = copy.read_bytes()
    copy.write_bytes(good[:-1])
    with pytest.raises(CommandError, match="checksum differs"):
        call_command("restore", str(folder), stderr=StringIO())
    copy.unlink()
    with pytest.raises(CommandError, match="missing"):
        call_command("restore", str(folder), stderr=StringIO())
    facts = json.loads((folder / "backup.json").read_text())
    facts["files"]["../outside"] = {"sha256": "x", "bytes": 1}
    (folder / "backup.json").write_text(json.dumps(facts))
    with pytest.raises(CommandError, match=r"outside the backup|missing"):
        call_command("restore", str(folder), stderr=StringIO())
    (folder / "backup.json").unlink()
    with pytest.raises(CommandError, match="broken off"):
        call_command("restore", str(folder), stderr=StringIO())
