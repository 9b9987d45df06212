"""The embedded database starts anywhere, survives what users do to it, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from curation.embedded import cluster, locations, postgres
from curation.embedded.errors import EmbeddedError, ForeignFolder
from curation.embedded.locations import PostgresHome, postgres_home
from tests.curation.embedded.processes import alive, eventually, mentioning, python_for, snippet

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")

HOLD = """
import sys
from pathlib import Path
import psycopg
from curation.embedded.locations import postgres_home
from curation.embedded.postgres import lease
home = postgres_home(Path(sys.argv[1]), durable=False)
held = lease(home)
with psycopg.connect(**home.parameters("rushes_app", "rushes")) as connection:
    print(connection.execute("SELECT current_user").fetchone()[0], home.base, flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def roomy() -> Iterator[Path]:
    """A folder that every user may enter, with a short path."""
    folder = Path(tempfile.mkdtemp(prefix="rushes-test-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    assert eventually(lambda: not mentioning(str(folder))), "a server was left behind"
    shutil.rmtree(folder)


@pytest.fixture
def home(roomy: Path) -> PostgresHome:
    return postgres_home(roomy / "var", durable=False)


def _ask(home: PostgresHome, question: str, role: str = "rushes_app") -> object:
    with psycopg.connect(**home.parameters(role, "rushes")) as connection:
        row = connection.execute(question).fetchone()
        assert row is not None
        return row[0]


def _postmaster(home: PostgresHome) -> int:
    return int((home.data / "postmaster.pid").read_text().splitlines()[0])


def test_it_starts_without_a_port_and_both_roles_are_there(home: PostgresHome) -> None:
    with postgres.lease(home):
        assert _ask(home, "SHOW listen_addresses") == ""
        assert _ask(home, "SELECT current_user") == "rushes_app"
        assert _ask(home, "SELECT current_user", "rushes_owner") == "rushes_owner"
        assert (
            _ask(home, "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'rushes'")
            == "rushes_owner"
        )
        pid = _postmaster(home)
        assert mentioning(str(home.data))
    assert eventually(lambda: not alive(pid) and not mentioning(str(home.data)))


def test_text_is_utf8_whatever_the_machine_speaks(home: PostgresHome) -> None:
    with postgres.lease(home):
        assert _ask(home, "SHOW server_encoding") == "UTF8"
        assert _ask(home, "SELECT upper('é')") == "É"


def test_it_stays_while_anybody_uses_it(home: PostgresHome) -> None:
    first = postgres.lease(home)
    other = snippet(HOLD, str(home.var))
    assert other.stdout is not None
    assert other.stdout.readline().startswith("rushes_app")
    first.release(wait=True)  # does not wait for the other
    assert _ask(home, "SELECT 1") == 1
    other.communicate("\n")
    assert eventually(lambda: not mentioning(str(home.data)))


def test_a_killed_user_leaves_no_server(home: PostgresHome) -> None:
    other = snippet(HOLD, str(home.var))
    assert other.stdout is not None
    other.stdout.readline()
    pid = _postmaster(home)
    other.kill()
    other.communicate()
    assert eventually(lambda: not alive(pid) and not mentioning(str(home.data)))


def test_a_killed_server_comes_back_with_everything_committed(roomy: Path) -> None:
    home = postgres_home(roomy / "var", durable=True)
    with postgres.lease(home):
        with psycopg.connect(**home.parameters("rushes_owner", "rushes")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
        os.kill(_postmaster(home), signal.SIGKILL)
        assert eventually(lambda: postgres.answers(home))
        assert _ask(home, "SELECT n FROM kept", "rushes_owner") == 42


def test_a_server_that_is_killed_as_soon_as_it_is_up_comes_back_however_often(home: PostgresHome) -> None:
    with postgres.lease(home):
        for _ in range(7):
            before = _postmaster(home)
            os.kill(before, signal.SIGKILL)
            assert eventually(lambda before=before: not alive(before) and postgres.answers(home))


def test_a_killed_keeper_and_server_are_recovered_from(home: PostgresHome) -> None:
    with postgres.lease(home):
        keeper = next(pid for pid in mentioning(str(home.data)) if b"keeper.py" in _command(pid))
        server = _postmaster(home)
        os.kill(keeper, signal.SIGKILL)
        os.kill(server, signal.SIGKILL)
        assert eventually(lambda: not alive(server))
    assert (home.data / "postmaster.pid").exists()
    with postgres.lease(home):
        assert _ask(home, "SELECT 1") == 1


def test_an_interrupted_first_start_is_repaired(home: PostgresHome) -> None:
    half = home.base / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with postgres.lease(home):
        assert _ask(home, "SELECT 1") == 1


def test_a_cluster_of_another_version_is_refused_with_the_mend(home: PostgresHome) -> None:
    with postgres.lease(home) as held:
        held.release(wait=True)
    (home.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 15.*pg_dump"):
        postgres.lease(home)


def test_a_server_that_cannot_start_says_why(home: PostgresHome) -> None:
    with postgres.lease(home) as held:
        held.release(wait=True)
    (home.data / "global" / "pg_control").unlink()
    with pytest.raises(EmbeddedError, match="pg_control"):
        postgres.lease(home)


@as_root
def test_a_folder_of_somebody_else_is_refused_with_the_mend(home: PostgresHome) -> None:
    home.var.mkdir()
    os.chown(home.var, 65534, 65534)
    with pytest.raises(ForeignFolder, match=r"belongs to nobody.*chown -R root .*RUSHES_VAR"):
        postgres.lease(home)


@as_root
def test_as_an_ordinary_user_everything_lies_in_var(roomy: Path) -> None:
    python = python_for("nobody")
    var = roomy / "var"
    var.mkdir()
    os.chown(var, 65534, 65534)
    other = snippet(HOLD, str(var), user="nobody", python=python)
    assert other.stdout is not None
    line = other.stdout.readline()
    assert line.split() == ["rushes_app", str(var / "postgres")], line + other.communicate("\n")[0]
    assert sorted(path.name for path in (var / "postgres").iterdir()) == ["data", "run"]
    other.communicate("\n")
    assert eventually(lambda: not mentioning(str(var)))


@as_root
def test_as_root_the_server_is_unprivileged(home: PostgresHome) -> None:
    with postgres.lease(home):
        assert Path(f"/proc/{_postmaster(home)}").stat().st_uid == 65534


@as_root
def test_as_root_in_a_closed_folder_no_parent_is_opened(
    tmp_path: Path, roomy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(locations, "SYSTEM_STATE", roomy)
    home = postgres_home(closed / "var", durable=False)
    assert home.base.parent == roomy
    before = _modes(closed)
    with postgres.lease(home):
        assert _ask(home, "SELECT 1") == 1
        assert home.data.is_dir()
    assert _modes(closed) == before
    assert not (closed / "var" / "postgres").exists()


def test_programs_are_copied_where_the_unprivileged_user_cannot_reach_the_wheel(
    home: PostgresHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    if home.user is None:
        pytest.skip("needs root, to run the server as another user")
    monkeypatch.setattr(cluster, "open_to_others", lambda folder: False)
    (home.base / "programs-0.0.1").mkdir(parents=True)
    with postgres.lease(home):
        assert _ask(home, "SELECT 1") == 1
        command = _command(_postmaster(home))
    assert str(home.base / "programs-").encode() in command
    assert len(list(home.base.glob("programs-*"))) == 1  # yesterday's version is gone


def test_two_checkouts_never_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (postgres_home(tmp_path / name / "var", as_root=True) for name in ("a", "b"))
    assert first.base != second.base


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    long = tmp_path / ("deep" * 30)
    home = postgres_home(long / "var", as_root=False)
    assert home.data.is_relative_to(long)
    assert len(f"{home.socket}/.s.PGSQL.5432.lock") <= 107


def _modes(folder: Path) -> list[tuple[str, int]]:
    return [(str(step), stat.S_IMODE(step.stat().st_mode)) for step in (folder, *folder.parents)]


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
