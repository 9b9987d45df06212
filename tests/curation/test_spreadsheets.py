"""No text out of an imported file is run by a spreadsheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.spreadsheets import harmless

RUN = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\tx", "\nx"),
    *(" =1+1", "\u00a0=1+1", "\ufeff=1+1", "\u200b=1+1", " \u2060 -1", "\x00=1", "\u202e=1"),
    *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)", "\u3000\uff1d1"),
]


@pytest.mark.parametrize("text", RUN)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "clip 7", "a=1", "don't", "é", "(1)", "日本", "0"])
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.sampled_from(["", "'", "''"]), st.sampled_from(["", *RUN]), st.text())
def test_who_takes_the_first_apostrophe_off_has_the_text_as_it_was(
    quotes: str, formula: str, rest: str
) -> None:
    text = quotes + formula + rest
    assert harmless(text).removeprefix("'") == text
