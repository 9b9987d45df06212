"""One pass for everything: what looking promises, whatever the file."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from curation.media.decode import PictureReader
from curation.media.errors import MediaError
from curation.media.opener import Here
from scoring.runner.derive import score_clip
from scoring.runner.frames import Converter, Feeder
from scoring.runner.look import look_source
from scoring.runner.series import Series, SeriesFile, write_series
from scoring.scorers.base import Build, Measured, OpenSource, Span, Status, Unavailable, Wants
from scoring.scorers.image_quality import ImageQuality
from scoring.scorers.motion import Motion
from scoring.scorers.probe import Probe
from scoring.scorers.shots import Shots
from tests import footage


class _Watching:
    """Notes which frames it was shown."""

    def __init__(self, name: str, breaks_at: float) -> None:
        self._name = name
        self.times: list[float] = []
        self.numbers: list[int] = []
        self.sizes: set[tuple[int, ...]] = set()
        self.batches: list[int] = []
        self._breaks_at = breaks_at
        self.error: type[BaseException] = ZeroDivisionError

    def look(self, batch) -> None:
        if batch.times_s[-1] >= self._breaks_at:
            raise self.error("no luck")
        self.times += batch.times_s.tolist()
        self.numbers += [footage.frame_number(one) for one in batch.pixels]
        self.sizes |= {one.shape for one in batch.pixels}
        self.batches.append(len(batch))

    def finish(self):
        return [Series(self._name, {"time_s": np.array(self.times)})]


class _Watcher:
    version = "1"

    def __init__(
        self, wants: Wants, *, name: str = "watcher", breaks_at: float = np.inf, missing: str = ""
    ) -> None:
        self.name, self.wants = name, wants
        self.session = _Watching(name, breaks_at)
        self._missing = missing

    def available(self):
        return Unavailable(self._missing) if self._missing else None

    def build(self):
        return Build(self.name, self.version)

    def begin(self, source):
        return self.session

    def aggregate(self, series, span, facts):
        return Measured({})


def test_every_scorer_gets_its_frames_at_its_rate_and_size_from_one_decoding(tmp_path):
    opened = []

    class Counting(Here):
        def pictures(self, *args, **kwargs):
            opened.append(args)
            return super().pictures(*args, **kwargs)

    path = footage.video(tmp_path / "a.mp4", seconds=3, size=(320, 240))
    every = _Watcher(Wants(None, batch=7), name="every")
    five = _Watcher(Wants(5.0, short_side=120), name="five")
    result = look_source(path, tmp_path, [every, five], media=Counting())
    assert len(opened) == 1
    assert result.frames == 75
    assert every.session.numbers == list(range(75))
    assert every.session.batches == [7] * 10 + [5]
    assert every.session.sizes == {(240, 320, 3)}
    assert five.session.numbers == list(range(0, 75, 5))
    assert five.session.sizes == {(120, 160, 3)}
    assert result.statuses["every"] == result.statuses["five"] == Status("measured")


def test_series_are_those_of_reading_one_picture_after_another(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=3, size=(320, 240), cuts_s=(1.5,))
    result = look_source(path, tmp_path / "ahead", [ImageQuality(), Motion()])
    source, converter = OpenSource(path, result.facts), Converter()
    feeders = [Feeder(one.name, one.wants, one.begin(source)) for one in (Shots(), ImageQuality(), Motion())]
    with PictureReader(path) as reader:
        for record in reader:
            converter.take(record)
            for feeder in feeders:
                feeder.offer(record, converter)
    written = write_series(
        tmp_path / "plain.look.parquet",
        stage="look",
        facts=result.facts,
        series=[one for feeder in feeders for one in feeder.finish()],
        builds=result.builds,
        statuses=result.statuses,
    )
    assert written.read_bytes() == result.series_path.read_bytes()


def test_looking_that_is_broken_off_leaves_no_thread_and_no_file(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=3)
    before = set(threading.enumerate())
    broken = _Watcher(Wants(5.0, batch=1), breaks_at=1.0)
    broken.session.error = KeyboardInterrupt  # as a worker that is told to end in the middle of a scorer
    with pytest.raises(KeyboardInterrupt):
        look_source(path, tmp_path / "series", [broken])
    assert set(threading.enumerate()) <= before
    assert not (tmp_path / "series").exists()


def test_times_are_the_files_own(tmp_path):
    times = footage.uneven_times(30)
    path = footage.video(tmp_path / "a.mp4", times=times, seconds=30 / 25, sound=False)
    watcher = _Watcher(Wants(None))
    look_source(path, tmp_path, [watcher])
    assert watcher.session.times == pytest.approx([float(t) for t in times], abs=1e-4)


def test_one_that_breaks_is_failed_and_the_others_go_on(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=3)
    broken, sound = (
        _Watcher(Wants(5.0, batch=1), breaks_at=1.5, name="broken"),
        _Watcher(Wants(5.0), name="sound"),
    )
    result = look_source(path, tmp_path, [broken, sound])
    status = result.statuses["broken"]
    assert status.word == "failed"
    assert "ZeroDivisionError at 1.600 s: no luck" in status.reason
    assert result.statuses["sound"].word == "measured"
    assert len(sound.session.times) == 15


def test_one_that_is_unavailable_says_what_is_missing(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=1)
    result = look_source(
        path, tmp_path, [_Watcher(Wants(5.0), missing="weights of x: run manage.py weights")]
    )
    assert result.statuses["watcher"] == Status("unavailable", "weights of x: run manage.py weights")
    assert SeriesFile(result.series_path).get("watcher") is None


@pytest.mark.parametrize("name", footage.BAD)
def test_a_broken_file_is_an_error_and_leaves_no_series(tmp_path, name):
    path = footage.BAD[name].make(tmp_path)
    before = set(threading.enumerate())
    with pytest.raises(MediaError):
        look_source(path, tmp_path / "series", [])
    assert set(threading.enumerate()) <= before
    assert not (tmp_path / "series").exists() or not list((tmp_path / "series").iterdir())


def test_cuts_come_with_every_look(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=4, cuts_s=(2.0,))
    result = look_source(path, tmp_path, [])
    assert [shot.start_s for shot in result.shots] == pytest.approx([0.0, 2.0])
    card = score_clip([result.series_path], Span(1.0, 3.0), scorers=[Shots()])
    assert card.values["cut_count"] == 1.0


@pytest.mark.parametrize("size", [(97, 61), (16, 16), (320, 18)])
def test_odd_sizes_are_measured(tmp_path, size):
    path = footage.video(
        tmp_path / "a.mp4", seconds=1, size=size, codec="ffv1", container="matroska", pixels="yuv444p"
    )
    result = look_source(path, tmp_path, [ImageQuality()])
    assert result.statuses["image_quality"] == Status("measured")


def test_progress_goes_from_start_to_end(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=2)
    told = []
    look_source(path, tmp_path, [], progress=lambda done, total: told.append((done, total)))
    assert told[-1] == pytest.approx((2.0, 2.0), abs=0.05)
    assert told == sorted(told)


def test_a_scorecard_needs_no_decoding_and_says_who_did_not_run(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=2)
    result = look_source(path, tmp_path, [ImageQuality()])
    path.unlink()
    card = score_clip(
        [result.series_path], Span(0.5, 1.5), scorers=[Probe(), ImageQuality(), _Watcher(Wants(5.0))]
    )
    assert card.values["duration_s"] == 1.0
    assert 0 < card.values["luminance"] < 255
    assert card.builds["image_quality"].scorer == "image_quality"
    assert card.statuses["watcher"].word == "not_run"


def test_the_same_file_gives_the_same_series(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=1)
    first = look_source(path, tmp_path / "a", [ImageQuality()])
    second = look_source(path, tmp_path / "b", [ImageQuality()])
    assert first.series_path.name == second.series_path.name == f"{first.sha256}.look.parquet"
    assert first.series_path.read_bytes() == second.series_path.read_bytes()
