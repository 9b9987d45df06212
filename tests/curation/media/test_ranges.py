"""What a browser asks for by range is what it gets, to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.media.ranges import decide, parse_ranges, read_span, strong_etag

TAG = strong_etag("a" * 64)


@pytest.mark.parametrize(
    ("header", "first", "length"),
    [
        ("bytes=0-", 0, 1000), ("bytes=0-0", 0, 1), ("bytes=999-", 999, 1), ("bytes=10-19", 10, 10),
        ("bytes=990-5000", 990, 10), ("bytes=-1", 999, 1), ("bytes=-5000", 0, 1000), ("Bytes= 5 - 6 ", 5, 2),
        ("bytes=2000-, 10-19", 10, 10), ("bytes=0-4,10-19", 0, 5),
    ],
)  # fmt: skip
def test_a_range_that_can_be_satisfied(header: str, first: int, length: int) -> None:
    answer = decide(1000, etag=TAG, range_header=header)
    assert (answer.status, answer.first, answer.length) == (206, first, length)
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + length - 1}/1000"
    assert answer.headers["Content-Length"] == str(length)


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=5000-6000,-0"])
def test_a_range_beyond_the_end(header: str) -> None:
    answer = decide(1000, etag=TAG, range_header=header)
    assert (answer.status, answer.length, answer.headers["Content-Range"]) == (416, 0, "bytes */1000")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=9-5",
        "lines=0-5",
        "bytes=0-5;",
        "bytes=" + "0-1," * 30,
    ],
)
def test_what_is_no_range_gets_everything(header: str | None) -> None:
    answer = decide(1000, etag=TAG, range_header=header)
    assert (answer.status, answer.first, answer.length) == (200, 0, 1000)
    assert answer.headers["Accept-Ranges"] == "bytes" and answer.headers["ETag"] == TAG


def test_another_version_is_sent_whole() -> None:
    assert decide(1000, etag=TAG, range_header="bytes=5-9", if_range=TAG).status == 206
    for other in ('"other"', f"W/{TAG}", "Wed, 21 Oct 2015 07:28:00 GMT"):
        assert decide(1000, etag=TAG, range_header="bytes=5-9", if_range=other).status == 200


def test_an_unchanged_file_is_not_sent_again() -> None:
    assert decide(1000, etag=TAG, if_none_match=f'"x", W/{TAG}').status == 304
    assert decide(1000, etag=TAG, if_none_match='"x"').status == 200


def test_an_empty_file_has_no_ranges() -> None:
    assert decide(0, etag=TAG).length == 0
    assert decide(0, etag=TAG, range_header="bytes=0-").status == 416
    assert decide(0, etag=TAG, range_header="bytes=-5").status == 416


@given(st.text(max_size=60), st.integers(0, 10_000))
def test_no_header_breaks_it_or_leaves_the_file(header: str, size: int) -> None:
    for unit in ("", "bytes="):
        answer = decide(size, etag=TAG, range_header=unit + header)
        assert answer.status in (200, 206, 416)
        assert 0 <= answer.first <= answer.first + answer.length <= size


@given(st.integers(1, 5000), st.data())
def test_the_bytes_are_those_asked_for(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, size - 1))
    last = data.draw(st.integers(first, size + 100))
    assert parse_ranges(f"bytes={first}-{last}", size) == [(first, min(last, size - 1))]


def test_reading_a_span(tmp_path: Path) -> None:
    path = tmp_path / "file"
    content = bytes(range(256)) * 1000
    path.write_bytes(content)
    assert b"".join(read_span(path, 70_000, 100_000)) == content[70_000:170_000]
    assert b"".join(read_span(path, 255_990, 500)) == content[255_990:]
