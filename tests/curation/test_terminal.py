"""A stranger's file name is shown on the terminal of whoever takes it in, and does nothing there."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from curation.config import commandline
from curation.management.commands.ingest import Command
from curation.progress import ProgressBar
from curation.services.ingest import FileOutcome
from curation.terminal import Terminal, printable, shown

HOSTILE = "a\x1b]0;owned\x07\x1b[31m\x9b2J\u202egnp.mp4"


def test_what_a_terminal_would_obey_is_shown_instead() -> None:
    assert shown("dots\x07\x1b]0;me\x07 \x1b[2J") == r"dots\x07\x1b]0;me\x07 \x1b[2J"
    assert shown("\u202etxt\x85\x00") == r"\u202etxt\x85\x00"


def test_ends_of_lines_colours_and_the_worlds_letters_stay() -> None:
    for text in ("one\ntwo\tthree\r\x1b[2K", "\x1b[32;1mgreen\x1b[0m", "Žluťoučký 41\u202f203 क्षि 日本 – █"):
        assert shown(text) == text


def test_a_name_has_no_end_of_line_and_no_colour() -> None:
    assert printable("new\nline\x1b[31m.mp4") == r"new\nline\x1b[31m.mp4"
    bar = ProgressBar("ingest", 2, stream=io.StringIO())
    assert r"new\nline.mp4" in bar.line(0.0, "new\nline.mp4")


def test_a_terminal_is_still_the_stream_that_it_writes_to() -> None:
    stream = io.StringIO()
    Terminal(stream).writelines([HOSTILE, "\n"])
    assert stream.getvalue().count("\x1b") == 1  # the colour
    assert Terminal(stream).getvalue() == stream.getvalue() and not Terminal(stream).isatty()


def test_a_list_of_hostile_names_has_a_line_for_each() -> None:
    told = io.StringIO()
    names = (HOSTILE, "new\n  added: line.mp4")
    refused = [FileOutcome(Path(name), "refused", code="not_read", sentence="is no video") for name in names]
    Command(stdout=told)._say(refused, 0)
    lines = told.getvalue().splitlines()[1:]
    assert len(lines) == 2 and all(line.startswith("  refused: ") for line in lines)
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & {*told.getvalue()}


def test_every_command_speaks_through_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(_: list[str]) -> None:
        sys.stdout.write(f"1 video: {HOSTILE}")
        raise FileNotFoundError(2, "No such file", HOSTILE)

    monkeypatch.setattr(commandline, "execute_from_command_line", command)
    with pytest.raises(SystemExit) as ended:
        commandline._run(["manage.py", "anything"])
    told = f"{capsys.readouterr().out}{ended.value}"
    assert told.count("owned") == 2 and not {"\x07", "\x9b", "\u202e"} & {*told}
