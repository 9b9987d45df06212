"""A command that cannot do what it is told says why in a sentence, with the mend, and never shows a traceback."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from logging.config import dictConfig
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from curation.config import commandline
from curation.models import Corpus
from tests import factories
from tests.curation.upgrades import elsewhere, empty_database

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
LONG = "n" * 300


def said(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command line tells somebody whom it refuses."""
    with pytest.raises(SystemExit) as refused:
        commandline._run(["manage.py", *shlex.split(line)])
    assert refused.value.code not in (0, None)
    told = capsys.readouterr()
    sentence = refused.value.code if isinstance(refused.value.code, str) else told.err
    assert "Traceback" not in sentence
    return sentence


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """A command line opens the log anew, on what stands for stderr while ``capsys`` listens; tests after it log, too."""
    yield
    dictConfig(settings.LOGGING)


@pytest.fixture
def unmigrated(test_cluster: Any) -> Iterator[None]:
    with empty_database(test_cluster, "unmigrated") as name, elsewhere(name):
        yield


def test_a_database_without_tables_is_told_with_the_mend(
    unmigrated: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.jsonl").write_text("{}\n")
    for line in (
        f"ingest {tmp_path} --corpus c",
        f"import_manifest {tmp_path}/manifest.jsonl --corpus c --format talkvid",
        "score --corpus c",
        "derive --corpus c",
        "snapshot --corpus c",
        "synthesise --corpus c --clips 5",
        "policy list --corpus c",
        "export write --corpus c",
        "withdraw list --corpus c",
        "queue list",
        "certificate list",
        "simulate_raters 1",
        "user list",
        "user add ada --role admin",
        "rater erase --login ada",
        "audit verify",
        "audit seal",
    ):
        sentence = said(line, capsys)
        assert "manage.py migrate" in sentence and "lacks" in sentence, (line, sentence)
        assert len(sentence.strip().splitlines()) == 1, (line, sentence)


def test_what_is_not_there_or_cannot_be_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    world = factories.world()
    settings.VAR, settings.STORAGE = tmp_path / "var", str(tmp_path / "storage")
    slug = world.corpus.slug
    (tmp_path / "empty").mkdir()
    (tmp_path / "bytes").write_bytes(bytes(range(256)))
    (tmp_path / "list.json").write_text("[1, 2, 3]")
    for line, words in (
        ("score --corpus nobody", ["nobody", slug]),
        ("derive --corpus nobody", ["nobody", slug]),
        ("policy list --corpus nobody", ["nobody", slug]),
        ("snapshot --corpus nobody", ["nobody", slug]),
        ("queue create --corpus nobody", ["nobody", slug]),
        ("export write --corpus nobody", ["nobody", slug]),
        ("withdraw list --corpus nobody", ["nobody", slug]),
        (f"turns import {tmp_path}/bytes --corpus nobody", ["nobody"]),
        (f"ingest {tmp_path}/gone --corpus c", ["gone", "no such folder"]),
        (f"ingest {tmp_path}/bytes --corpus c", ["is a file"]),
        (f"ingest {tmp_path} --corpus {LONG}", ["at most 80 characters"]),
        (f"ingest {tmp_path} --corpus c --min-seconds nan", ["min_s", "finite"]),
        (f"ingest {tmp_path} --corpus c --report {tmp_path}/gone/report", ["--report", "cannot be written"]),
        (f"import_manifest {tmp_path}/gone --corpus c --format talkvid", ["gone"]),
        (f"import_manifest {tmp_path}/bytes --corpus c --format talkvid", ["neither JSON Lines"]),
        (
            f"import_manifest {tmp_path}/list.json --corpus c --format talkvid --origin {LONG}",
            ["at most 60 characters"],
        ),
        (f"policy import {tmp_path}/gone --corpus {slug}", ["gone", "No such file"]),
        (f"policy preset rushes-default --corpus {slug} --origin {LONG}", ["value too long"]),
        (f"policy export --corpus {slug} 999", ["no policy 999"]),
        (f"snapshot --corpus {slug} --every nan", ["--every"]),
        ("export write --subset 99999999999999999999", ["no subset"]),
        (f"export verify {tmp_path}/empty", ["no manifest.json"]),
        (f"backup {tmp_path}", ["not empty"]),
        (f"backup {tmp_path}/bytes", ["Not a directory"]),
        (f"backup --check {tmp_path}/empty", ["no backup"]),
        (f"restore {tmp_path}/empty", ["no backup"]),
        (f"audit verify --heads {tmp_path}/gone", ["is no file"]),
        (f"audit verify --heads {tmp_path}/list.json", ["no published head"]),
        (f"certificate verify {tmp_path}/list.json", ["no certificate"]),
        ("certificate plan 99999999999999999999 --size 3", ["no subset"]),
        ("queue pause 99999999999999999999", ["no queue"]),
        (f"queue create --corpus {slug} --name q --seed {10**30} --size 2", ["seed"]),
        ("simulate_raters 1 --raters 0", ["--raters"]),
        ("simulate_raters 1 --site nonsense", ["--site"]),
        (f"user add {LONG} --role admin", ["at most 150"]),
        ("user invite --role admin --site javascript:alert(1)", ["--site"]),
        ("user close nobody", ["nobody"]),
        ("withdraw person 99999999999999999999 --reason x", ["no person"]),
        ("rater erase --pseudonym nobody", ["nobody"]),
        ("labelstudio push 999", ["no queue 999"]),
        ("weights download nobody", ["nobody", "whisper-tiny"]),
        ("up --workers 0", ["at least one"]),
        ("migrate --database default", ["owner"]),
    ):
        sentence = said(line, capsys)
        assert all(word in sentence for word in words), (line, sentence)
    assert Corpus.objects.filter(pk=world.corpus.pk).exists()


def test_what_only_a_developer_can_mend_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(argv: list[str]) -> None:
        raise AttributeError("a mistake of ours")

    monkeypatch.setattr(commandline, "execute_from_command_line", broken)
    with pytest.raises(AttributeError):
        commandline._run(["manage.py", "anything"])


def test_the_traceback_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(argv: list[str]) -> None:
        raise OSError(28, "No space left on device", "/somewhere")

    monkeypatch.setattr(commandline, "execute_from_command_line", full)
    with pytest.raises(SystemExit, match=r"/somewhere: No space left on device\."):
        commandline._run(["manage.py", "anything"])
    with pytest.raises(OSError, match="No space"):
        commandline._run(["manage.py", "anything", "--traceback"])
