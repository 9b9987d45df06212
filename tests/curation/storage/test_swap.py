"""A folder takes another's place, and somebody who looks meanwhile never finds nothing there."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from curation.storage import swap
from curation.storage.swap import folder_replace


def made(folder: Path, word: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text(word)
    return folder


def test_where_nothing_was_it_takes_the_name(tmp_path: Path) -> None:
    folder_replace(made(tmp_path / "new", "new"), tmp_path / "there")
    assert (tmp_path / "there" / "a.txt").read_text() == "new" and not (tmp_path / "new").exists()


@pytest.mark.parametrize("exchange", [True, False], ids=["at once", "put aside first"])
def test_what_was_there_is_replaced_and_removed(
    tmp_path: Path, exchange: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchange:
        monkeypatch.setattr(swap, "_exchanged", lambda *_: False)
    folder_replace(made(tmp_path / "new", "new"), made(tmp_path / "there", "old"))
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert (tmp_path / "there" / "a.txt").read_text() == "new"


def test_whoever_looks_meanwhile_always_finds_one_of_the_two(tmp_path: Path) -> None:
    target, absent, over = made(tmp_path / "there", "0"), [], threading.Event()

    def look() -> None:
        while not over.is_set():
            if not (target / "a.txt").exists():
                absent.append(1)

    thread = threading.Thread(target=look)
    thread.start()
    for number in range(300):
        folder_replace(made(tmp_path / f"new-{number}", str(number)), target)
    over.set()
    thread.join()
    assert not absent and (target / "a.txt").read_text() == "299"
