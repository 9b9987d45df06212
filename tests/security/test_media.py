"""A file made to do harm is refused or failed with its reason; it reads nothing else, and the others are scored."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from curation.media.child import ChildLimits, Decoder, decoder
from curation.media.errors import MediaError
from curation.models import RefusedFile, Scorecard, ScoringTarget, Source
from tests import footage, hostile
from tests.paths import REPOSITORY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, settings: object) -> None:
    settings.STORAGE = str(tmp_path / "storage")  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def child() -> Iterator[Decoder]:
    with Decoder() as one:
        yield one


def make_all(folder: Path, other: Path) -> dict[str, str]:
    """Every hostile file in ``folder``, and the reason that each must come to."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, sample in footage.BAD.items():
        sample.make(folder).rename(folder / f"bad_{name}.mp4")
    hostile.svg(folder / "drawing.mp4")
    hostile.data_address(folder / "data.mp4")
    hostile.playlist_of(folder / "list_of_other.mp4", other)
    hostile.concat_of(folder / "concat_of_other.mp4", other)
    hostile.huge_header(folder / "huge.avi")
    hostile.bomb(folder / "bomb.mov")
    return {f"bad_{name}.mp4": str(sample.reason) for name, sample in footage.BAD.items()} | {
        "drawing.mp4": "refused_container",
        "data.mp4": "refused_container",
        "list_of_other.mp4": "refused_container",
        "concat_of_other.mp4": "refused_container",
        "huge.avi": "too_large",
        "bomb.mov": "too_large",
    }


def score(folder: Path) -> None:
    call_command("ingest", str(folder), corpus="t", min_seconds=1.0, stdout=StringIO(), stderr=StringIO())
    call_command("score", corpus="t", here=True, stdout=StringIO(), stderr=StringIO())


def test_each_is_refused_with_its_reason_and_the_good_one_is_scored(tmp_path: Path) -> None:
    other = footage.video(tmp_path / "elsewhere" / "other.mp4", seconds=3)
    expected = make_all(tmp_path / "in", other)
    footage.video(tmp_path / "in" / "good.mp4", seconds=2)
    score(tmp_path / "in")
    listed = {
        **dict(RefusedFile.objects.values_list("name", "code")),
        **dict(Source.objects.filter(state="failed").values_list("name", "failure_code")),
    }
    assert listed == expected
    assert Scorecard.objects.get().clip.source.name == "good.mp4"


def test_a_film_that_says_its_samples_lie_in_another_file_shows_only_its_own(
    child: Decoder, tmp_path: Path
) -> None:
    other = footage.video(tmp_path / "other.mp4", cuts_s=[0.0], sound=False)
    path = hostile.elsewhere_mov(tmp_path / "a.mp4", other)
    own = footage.video(tmp_path / "own.mp4", sound=False)
    with child.pictures(path) as seen, child.pictures(own) as true:
        for a, b in zip(seen, true, strict=True):
            assert (a.rgb() == b.rgb()).all()


def test_memory_stays_within_its_bound_whatever_the_file_asks_for(tmp_path: Path) -> None:
    path = hostile.bomb(tmp_path / "bomb.mov", side=16_000)
    limits = ChildLimits(memory_bytes=700 * 1024**2)
    with Decoder(limits) as one:
        with pytest.raises(MediaError):
            one.probe(path)
        with pytest.raises(MediaError):
            list(one.pictures(path))
        good = footage.video(tmp_path / "good.mp4")
        assert one.probe(good).frame_count == 50


@pytest.mark.parametrize("how", ["SIGSEGV", "SIGKILL"])
def test_a_file_that_takes_its_decoder_down_costs_itself_alone(tmp_path: Path, how: str) -> None:
    """The signal stands for the crash: what a damaged file does to a library, or a machine that is out of memory."""
    for name in ("bad", "good"):
        footage.video(tmp_path / "in" / f"{name}.mp4", seconds=3 if name == "good" else 8, size=(320, 240))
    call_command("ingest", str(tmp_path / "in"), corpus="t", min_seconds=1.0, stdout=StringIO())
    done = threading.Event()
    killed: list[int] = []
    bad = str(tmp_path / "in" / "bad.mp4")

    def holds_it_open(pid: int) -> bool:
        try:
            return any(os.readlink(f"/proc/{pid}/fd/{fd}") == bad for fd in os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            return False

    def strike() -> None:
        while not done.is_set():
            pid = decoder().pid
            if pid is not None and pid not in killed and holds_it_open(pid):
                os.kill(pid, signal.Signals[how])
                killed.append(pid)
            time.sleep(0.001)

    thread = threading.Thread(target=strike)
    thread.start()
    try:
        call_command("score", corpus="t", here=True, stdout=StringIO(), stderr=StringIO())
    finally:
        done.set()
        thread.join()
    assert killed, "the decoder was met in the middle"
    target = ScoringTarget.objects.filter(source__name="bad.mp4", state="failed").first()
    assert target is not None
    if how == "SIGKILL":  # somebody else's doing: tried again, but not for ever
        assert (target.failure_code, target.attempts) == ("decoder_killed", 3)
    else:
        assert (target.failure_code, target.attempts) == ("decoder_crashed", 1)
        assert how in target.failure
    card = Scorecard.objects.get(clip__source__name="good.mp4")
    assert card.luminance is not None


def test_names_are_only_names(tmp_path: Path) -> None:
    """A name that a protocol, an option or a shell could read is a file like any other."""
    folder = tmp_path / "in"
    made = footage.video(tmp_path / "made.mp4", seconds=2)
    names = ["concat:a|b.mp4", "-i x.mp4", "$(touch owned).mp4", "pipe:0.mp4", "<b>&amp;.mp4", "a\nb.mp4"]
    folder.mkdir()
    for number, name in enumerate(names):
        shutil.copy(made, folder / name)
        with (folder / name).open("ab") as file:
            file.write(b"\0\0\0\x09free" + bytes([number]))  # another content, or it would be the same source
    call_command("ingest", str(folder), corpus="t", min_seconds=1.0, stdout=StringIO())
    assert set(Source.objects.values_list("name", flat=True)) == set(names)
    assert not list(tmp_path.rglob("owned*"))


@pytest.mark.parametrize(
    "do",
    [
        lambda one, path: one.probe(path),
        lambda one, path: list(one.pictures(path)),
        lambda one, path: list(one.sound(path)),
        lambda one, path: one.shots(path),
    ],
    ids=["probe", "pictures", "sound", "shots"],
)
def test_every_way_of_opening_refuses_what_points_elsewhere(
    child: Decoder, tmp_path: Path, do: Callable[[Decoder, Path], object]
) -> None:
    other = footage.video(tmp_path / "other.mp4")
    made = [
        hostile.svg(tmp_path / "a.mp4"),
        hostile.data_address(tmp_path / "b.mp4"),
        hostile.playlist_of(tmp_path / "c.mp4", other),
        hostile.concat_of(tmp_path / "d.mp4", other),
    ]
    for path in made:
        with pytest.raises(MediaError) as refused:
            do(child, path)
        assert refused.value.reason == "refused_container"


def test_nobody_decodes_media_in_a_process_of_the_site_or_of_the_workers() -> None:
    """Outside the media package, files are opened through an opener or the maker only."""
    readers = {"open_media", "PictureReader", "decode_frames", "iter_sound", "read_sound", "detect_shots"}
    readers |= {"make_rendition", "make_poster", "make_waveform", "cut_media"}
    found = []
    for app in ("curation", "scoring", "annotation", "dashboards"):
        for path in (REPOSITORY / app).rglob("*.py"):
            if path.is_relative_to(REPOSITORY / "curation" / "media"):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("curation.media"):
                    found += [f"{path.name}: {name.name}" for name in node.names if name.name in readers]
                if isinstance(node, ast.Attribute) and ast.unparse(node) == "av.open":
                    found.append(f"{path.name}: av.open")
    assert not found, "open it with curation.media.child.decoder() or curation.media.maker.maker()"
