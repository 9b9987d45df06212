import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.media.rttm import RttmTurn, read_rttm
from tests.paths import SHARED_MEDIA, needs_shared_media

GOOD = "SPEAKER talk 1 6.690 0.430 <NA> <NA> Ann <NA> <NA>"


def test_a_line_is_a_turn_in_seconds():
    assert read_rttm(GOOD).turns == (RttmTurn("talk", 6.69, 7.12, "Ann", 1),)


def test_older_files_with_nine_fields_are_read():
    assert len(read_rttm("SPEAKER talk 1 6.690 0.430 <NA> <NA> Ann <NA>").turns) == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("SPEAKER talk 1 6.69", "has 4 fields"),
        ("SPEAKER talk 1 six 0.430 <NA> <NA> Ann <NA> <NA>", "must be seconds"),
        ("SPEAKER talk 1 nan 0.430 <NA> <NA> Ann <NA> <NA>", "must be finite"),
        ("SPEAKER talk 1 -1 0.430 <NA> <NA> Ann <NA> <NA>", "before the recording"),
        ("SPEAKER talk 1 6.69 0 <NA> <NA> Ann <NA> <NA>", "lasts 0 s"),
        ("SPEAKER talk 1 6.69 1e-9 <NA> <NA> Ann <NA> <NA>", "less than a microsecond"),
        ("SPEAKER talk 1 1e23 5 <NA> <NA> Ann <NA> <NA>", "no recording reaches"),
        ("SPEAKER talk 1 6.69 1 <NA> <NA> <NA> <NA> <NA>", "names no speaker"),
        ("HELLO talk 1 6.69 1 <NA> <NA> Ann <NA> <NA>", "not with SPEAKER"),
        ("SPEAKER " + "x" * 3000, "longer than 2000"),
    ],
)
def test_a_bad_line_is_listed_by_number_and_reason_and_the_good_ones_go_in(line, says):
    read = read_rttm(f"{GOOD}\n{line}\n\n{GOOD}")
    assert [t.line for t in read.turns] == [1, 4]
    [bad] = read.bad
    assert bad.line == 2 and says in bad.reason


def test_comments_and_lines_of_other_types_are_passed_over():
    read = read_rttm(f"\ufeff;; made by hand\nSPKR-INFO talk 1 <NA> <NA> <NA> adult_male Ann <NA>\n{GOOD}")
    assert (len(read.turns), read.bad) == (1, ())


def test_turns_of_several_recordings_are_told_apart():
    read = read_rttm(
        "\n".join([GOOD.replace("talk", "b"), GOOD.replace("talk", "a"), GOOD.replace("6.690", "1")])
    )
    assert read.files == ("a", "b", "talk")


@given(st.text(max_size=300))
def test_no_text_breaks_it(text):
    read = read_rttm(text)
    assert all(t.end_s > t.start_s >= 0 for t in read.turns)


@needs_shared_media
def test_a_real_file_reads_whole():
    read = read_rttm((SHARED_MEDIA / "conversation.rttm").read_text())
    assert (len(read.turns), read.bad) == (10, ())
    assert {t.speaker for t in read.turns} == {"speaker90", "speaker91"}
