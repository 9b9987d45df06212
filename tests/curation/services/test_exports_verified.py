"""Whatever is changed in an exported folder after it was written, `manage.py export verify` says so in a sentence."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from curation.models import ExportRecord
from curation.services.subsets import subset_freeze
from tests import factories
from tests.curation.services.test_exports import store, world, write  # noqa: F401

pytestmark = pytest.mark.django_db
Change = Callable[[dict[str, Any]], Any]


def edited(folder: Path, change: Change) -> None:
    told = json.loads((folder / "manifest.json").read_text())
    change(told)
    text = json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (folder / "manifest.json").write_text(text)


def told_anew(folder: Path) -> None:
    """A changed verdict, with the manifest's hash made to fit."""
    path = folder / "clips.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"answer":"sft"', b'"answer":"nay"'))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    edited(
        folder, lambda told: next(f for f in told["files"] if f["name"] == path.name).update(sha256=sha256)
    )


def swapped_for_a_link(folder: Path) -> None:
    (folder / "README.md").rename(folder.parent / "elsewhere.md")
    (folder / "README.md").symlink_to(folder.parent / "elsewhere.md")


STATEMENTS: list[tuple[Change, str]] = [
    (lambda told: told["counts"].update(by_split={"train": 3}), r"counts\.by_split says"),
    (lambda told: told["counts"].update(withdrawn_since_frozen=1), r"withdrawn_since_frozen says 1: 3 clips"),
    (lambda told: told["subset"].update(list_sha256="0" * 64), "not that of the list in the files"),
    (lambda told: told["policy"].update(number=7), r"policy\.number says 7"),
    (lambda told: told["format"].update(name="x"), r"says 'x', and nothing here reads that"),
    (lambda told: told.update(counts=[]), r"counts\.clips says None"),
    (lambda told: told.update(format="x"), r"format\.name says None"),
    (lambda told: told["along"].update(turns=None), r"along\.turns\.rows says None"),
    (lambda told: told["files"].reverse(), "another order"),
    (lambda told: told["files"].append(told["files"][0]), "more than once"),
    (lambda told: told["files"].append("x"), "is no entry of a file"),
    (lambda told: told["files"].append({"name": "a\0b", "bytes": 1, "sha256": "x"}), "is no entry of a file"),
    (lambda told: told["files"].append({"name": "a" * 5000, "bytes": 1, "sha256": "x"}), "name too long"),
    (lambda told: told["subset"].update(filter_words="all"), r"something else of subset\.filter_words\."),
    (lambda told: told.update(certificate_sha256="0" * 64), r"something else of certificate_sha256\."),
    (lambda told: told["made_by"].update(version="9"), r"something else of made_by\.version\."),
]
THINGS: list[tuple[Callable[[Path], Any], str]] = [
    (told_anew, r"something else of files\.clips\.jsonl\.sha256\."),
    (swapped_for_a_link, r"README\.md: leads out of the folder"),
    (lambda folder: (folder / "link").symlink_to("/nowhere"), "link: is not in the manifest"),
    (lambda folder: (folder / "more").symlink_to("/etc"), "more: is not in the manifest"),
    (lambda folder: (folder / "more").mkdir(), "more: is not in the manifest"),
    (lambda folder: os.mkfifo(folder / "pipe"), "pipe: is not in the manifest"),
    (lambda folder: (folder / "manifest.json").write_text("[" * 200_000), "nested too deeply"),
    (lambda folder: (folder / "manifest.json").write_text('{"files": NaN}'), "NaN is no number of JSON"),
    (lambda folder: os.truncate(folder / "manifest.json", 99), "cannot be read"),
    (
        lambda folder: (folder / "manifest.json").write_text((folder / "manifest.json").read_text() + " "),
        "somebody edited it",
    ),
]


def test_every_change_of_a_folder_or_of_its_manifest_is_found(
    world: factories.World,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, written = write(subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"]))
    by_statement = [
        (lambda folder, change=change: edited(folder, change), said) for change, said in STATEMENTS
    ]
    for number, (tamper, said) in enumerate(by_statement + THINGS):
        folder = tmp_path / str(number) / "copy"
        shutil.copytree(written, folder)
        tamper(folder)
        with pytest.raises(CommandError) as refused:
            call_command("export", "verify", str(folder))
        found = capsys.readouterr().err + str(refused.value)
        assert re.search(said, found), f"{number}: {found}"


def test_what_a_database_does_not_know_is_said_to_be_unchecked(
    world: factories.World,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    record, written = write(subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"]))
    call_command("export", "verify", str(written))
    assert f"exactly as it was written: export {record.pk} of this database" in capsys.readouterr().out
    foreign = tmp_path / "foreign"
    shutil.copytree(written, foreign)
    edited(foreign, lambda told: told["made_by"].update(version="9"))
    call_command("export", "verify", "--alone", str(foreign))
    edited(foreign, lambda told: told["format"].update(version=9))
    edited(foreign, lambda told: told["subset"].update(id=10**9))
    edited(foreign, lambda told: told["counts"].update(withdrawn_since_frozen=1))
    edited(foreign, lambda told: told["subset"].update(frozen_clips=4, list_sha256="0" * 64))
    capsys.readouterr()
    call_command("export", "verify", str(foreign))
    assert "no record of it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--subset", "0"], "There is no subset 0"),
        ([], "Say what to write: --subset ID, or --corpus"),
        (["--subset", "{subset}", "--gender", "female"], "--gender: a frozen subset is written as it is"),
        (["--subset", "{subset}", "--tier", "pretrain"], "--tier: a frozen subset is written as it is"),
        (["--subset", "{subset}", "--proposed-too"], "--proposed-too: a frozen subset is written as it is"),
    ],
)
def test_a_frozen_list_is_not_narrowed_in_silence(
    world: factories.World,  # noqa: F811
    words: list[str],
    said: str,
) -> None:
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"])
    with pytest.raises(CommandError, match=said):
        call_command("export", "write", *(word.format(subset=subset.pk) for word in words))
    assert not ExportRecord.objects.exists()
