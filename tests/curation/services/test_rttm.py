"""Turns from RTTM go in beside the measured ones; what cannot be used is listed by line."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from curation.models import Turn
from curation.services.rttm import rttm_import
from curation.services.turns import NewTurn, turns_replace
from tests import factories

pytestmark = pytest.mark.django_db


def line(file: str, start: float, length: float, speaker: str = "Ann") -> str:
    return f"SPEAKER {file} 1 {start} {length} <NA> <NA> {speaker} <NA> <NA>"


def test_turns_go_to_the_source_of_that_name_and_the_rest_is_listed() -> None:
    corpus = factories.corpus()
    source = factories.source(corpus, name="talk.mp4", duration_s=60.0)
    text = "\n".join(
        [
            line("talk", 1, 2),
            "SPEAKER talk",
            line("other", 1, 2),
            line("talk.mp4", 58, 9, "Bo"),
            line("talk", 70, 1),
        ]
    )
    done = rttm_import(corpus=corpus, text=text)
    assert done.turns == {"talk.mp4": 2}
    assert [(bad.line, bad.reason[:24]) for bad in done.bad] == [
        (2, "has 2 fields; a SPEAKER "),
        (3, "no ready source of " + corpus.slug[:5]),
        (5, "starts at 70 s; talk.mp4"),
    ]
    kept = list(
        source.turns.order_by("start_s").values_list("start_s", "end_s", "speaker", "origin", "off_screen")
    )
    assert kept == [(1.0, 3.0, "Ann", "import:rttm", False), (58.0, 60.0, "Bo", "import:rttm", False)]


def test_again_changes_nothing_and_measured_turns_stay() -> None:
    corpus = factories.corpus()
    source = factories.source(corpus, name="talk.mp4")
    turns_replace(source=source, turns=[NewTurn(0, 5, None, True, None, "lr_asd")])
    rttm_import(corpus=corpus, text=line("talk", 1, 2))
    before = set(Turn.objects.values_list("pk", flat=True))
    rttm_import(corpus=corpus, text=line("talk", 1, 2))
    assert set(Turn.objects.values_list("pk", flat=True)) == before
    assert source.turns.filter(origin="lr_asd").count() == 1


def test_two_sources_of_one_name_are_not_guessed_between() -> None:
    corpus = factories.corpus()
    for _ in range(2):
        factories.source(corpus, name="talk.mp4")
    done = rttm_import(corpus=corpus, text=line("talk", 1, 2))
    assert done.turns == {}
    assert "must be named once" in done.bad[0].reason


def test_the_command_says_what_went_in_and_what_did_not(tmp_path) -> None:  # type: ignore[no-untyped-def]
    corpus = factories.corpus()
    factories.source(corpus, name="talk.mp4")
    path = tmp_path / "who.rttm"
    path.write_text(f"{line('talk', 1, 2)}\nnonsense")
    out, err = StringIO(), StringIO()
    call_command("turns", "import", str(path), corpus=corpus.slug, stdout=out, stderr=err)
    assert "talk.mp4: 1 turns" in out.getvalue()
    assert "line 2: starts with 'nonsense'" in err.getvalue()
    path.write_text("nonsense")
    with pytest.raises(CommandError, match="no turn of"):
        call_command("turns", "import", str(path), corpus=corpus.slug, stdout=out, stderr=err)
