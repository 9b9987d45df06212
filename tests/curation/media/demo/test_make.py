"""The demo footage is made once, whole, and each take is what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from curation.media.decode import decode_frames
from curation.media.demo import TAKES, Take, make_demo_footage
from curation.media.demo.speech import Line, Voice
from curation.media.demo.takes import Flaw
from curation.media.errors import MediaError
from curation.media.probe import probe
from curation.media.shots import detect_shots
from curation.media.sound import read_sound

VOICE = Voice("en-us+f2")


def _short(name: str, **changes: object) -> Take:
    base = Take(
        name=name, shows="a test", expected="sft", people=("collins",), lines=(Line(0, "One, two, three.", VOICE),),
        size=(320, 180),
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


SHORT = (
    _short("plain.mp4"),
    _short("dark.mp4", flaw=Flaw(gain=0.05)),
    _short(
        "cut.mp4",
        staging="cut",
        people=("collins", "hopper"),
        lines=(Line(0, "One two.", VOICE), Line(1, "Three.", VOICE)),
    ),
    _short("old.avi", codec="mpeg4"),
    _short("broken.mp4", truncated=True, expected="failed"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo")
    make_demo_footage(path, takes=SHORT)
    return path


def test_each_take_is_a_whole_video_with_sound(folder: Path) -> None:
    for name in ("plain.mp4", "dark.mp4", "cut.mp4", "old.avi"):
        found = probe(folder / name)
        assert (found.width, found.height, found.fps, found.has_sound) == (320, 180, 25.0, True)
        assert found.sound_duration_s == pytest.approx(found.duration_s, abs=0.1)
    assert probe(folder / "old.avi").codec == "mpeg4"


def test_flaws_are_in_the_picture(folder: Path) -> None:
    bright, dark = (next(decode_frames(folder / name)).rgb().mean() for name in ("plain.mp4", "dark.mp4"))
    assert dark < 10 < 60 < bright
    assert len(detect_shots(folder / "cut.mp4")) == 2
    with pytest.raises(MediaError):
        probe(folder / "broken.mp4")


def test_the_mouth_moves_with_the_voice(folder: Path) -> None:
    """The dark inside of the mouth grows and shrinks with the loudness."""
    frames = [record.rgb().astype(int) for record in decode_frames(folder / "plain.mp4")]
    sound = read_sound(folder / "plain.mp4")
    loud = np.array([np.abs(sound.span(n / 25, (n + 1) / 25)).mean() for n in range(len(frames))])
    mouth = np.array([(frame[94:112, 146:172].max(axis=2) < 90).mean() for frame in frames])
    assert np.corrcoef(loud, mouth)[0, 1] > 0.5


def test_a_second_time_makes_nothing_and_a_spoilt_file_is_made_again(folder: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert not any(one.made for one in make_demo_footage(folder, takes=SHORT))
    assert before == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}

    (folder / "dark.mp4").write_bytes(b"half a file")
    steps: list[tuple[int, int, str]] = []
    again = make_demo_footage(folder, takes=SHORT, progress=lambda *step: steps.append(step))
    assert [one.name for one in again if one.made] == ["dark.mp4"]
    assert steps == [(4, 5, ""), (5, 5, "dark.mp4")]
    assert not [path for path in folder.iterdir() if path.name.startswith(".unfinished")]


def test_the_set_has_something_for_every_tier() -> None:
    assert {take.expected for take in TAKES} == {"sft", "pretrain", "reject", "failed"}
    assert {take.staging for take in TAKES} == {"single", "split", "shots", "cut"}
    assert {person for take in TAKES for person in take.people} == {"collins", "hopper"}
    assert len({take.name for take in TAKES}) == len(TAKES)
    assert all(line.who < len(take.people) for take in TAKES for line in take.lines)
