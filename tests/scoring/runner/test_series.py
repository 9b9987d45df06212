from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scoring.runner.series import Series, SeriesError, SeriesFile, SeriesFiles, write_series
from scoring.scorers.base import Build, Measured, SourceFacts, Span, Status

FACTS = SourceFacts(sha256="a" * 64, duration_s=4.0, width_px=512, height_px=512, frame_rate_fps=25.0)


def _write(path, series, *, stage="look", facts=FACTS):
    return write_series(
        path,
        stage=stage,
        facts=facts,
        series=series,
        builds={"x": Build("x", "1", "f" * 64, "cuda")},
        statuses={"x": Status("measured"), "y": Status("unavailable", "no weights: run the command")},
    )


def test_what_is_written_is_read_back_exactly(tmp_path):
    series = [
        Series(
            "head",
            {
                "time_s": np.array([0.0, 0.2, 0.4]),
                "track": np.array([0, 0, 1], np.int32),
                "pose": np.array([[1, 2, 3], [4, np.nan, 6], [7, 8, 9]], np.float32),
                "seen": np.array([True, False, True]),
            },
            {"rate_hz": 5.0},
        ),
        Series(
            "words",
            {"time_s": np.array([0.5]), "end_s": np.array([0.9]), "text": np.array(["naïve"], object)},
        ),
        Series("nothing", {"time_s": np.zeros(0), "value": np.zeros(0, np.float32)}),
    ]
    file = SeriesFile(_write(tmp_path / "a.look.parquet", series))
    assert file.facts == FACTS
    assert file.stage == "look"
    assert file.builds["x"].label == "x 1 (ffffffffff, cuda)"
    assert file.statuses["y"] == Status("unavailable", "no weights: run the command")
    assert file.names == ("head", "words", "nothing")
    for one in series:
        back = file.get(one.name)
        assert back is not None and dict(back.meta) == dict(one.meta)
        for key, column in one.columns.items():
            np.testing.assert_array_equal(back[key], column)
    assert file.get("head")["time_s"].dtype == np.float64
    assert file.get("unknown") is None


@settings(max_examples=25, deadline=None)
@given(
    hnp.arrays(np.float32, st.tuples(st.integers(0, 40), st.integers(1, 7)), elements=st.floats(width=32)),
)
def test_any_table_of_numbers_survives_the_file(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("series") / "a.parquet"
    series = Series("s", {"time_s": np.arange(len(values), dtype=float), "v": values})
    back = SeriesFile(_write(path, [series])).get("s")
    np.testing.assert_array_equal(back["v"], values)


def test_a_span_holds_its_start_and_not_its_end():
    series = Series("s", {"time_s": np.array([0.0, 1.0, 2.0, 3.0])})
    assert series.between(1.0, 3.0).times_s.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="end after it starts"):
        Span(2.0, 2.0)


def test_spans_that_share_time_are_found():
    spans = Series("s", {"time_s": np.array([0.0, 2.0, 4.0]), "end_s": np.array([1.0, 3.0, 5.0])})
    assert spans.overlapping(1.0, 2.5).times_s.tolist() == [2.0]


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        Series("s", {"time_s": np.zeros(2), "v": np.zeros(3)})


def test_a_metric_is_never_nan():
    with pytest.raises(ValueError, match="luminance came out as nan"):
        Measured({"luminance": float("nan")})


@pytest.mark.parametrize("content", [b"", b"hello", b"PAR1PAR1"])
def test_a_broken_file_says_what_to_do(tmp_path, content):
    path = tmp_path / "broken.parquet"
    path.write_bytes(content)
    with pytest.raises(SeriesError, match="measure again"):
        SeriesFile(path)
    with pytest.raises(SeriesError, match="no series at"):
        SeriesFile(tmp_path / "absent.parquet")


def test_stages_are_read_as_one_and_sources_never_mixed(tmp_path):
    look = _write(tmp_path / "look.parquet", [Series("picture", {"time_s": np.zeros(1)})])
    listen = _write(tmp_path / "listen.parquet", [Series("voice", {"time_s": np.zeros(1)})], stage="listen")
    both = SeriesFiles([SeriesFile(look), SeriesFile(listen)])
    assert both.get("voice") is not None and both.get("picture") is not None
    other = SourceFacts(sha256="b" * 64, duration_s=1.0)
    foreign = _write(tmp_path / "other.parquet", [], facts=other)
    with pytest.raises(SeriesError, match="different sources"):
        SeriesFiles([SeriesFile(look), SeriesFile(foreign)])


def test_a_failed_write_leaves_no_file(tmp_path):
    bad = Series("s", {"time_s": np.zeros(1), "v": np.zeros((1, 2, 2), np.float32)})
    with pytest.raises(ValueError, match="one or two dimensions"):
        _write(tmp_path / "a.parquet", [bad])
    assert list(tmp_path.iterdir()) == []
