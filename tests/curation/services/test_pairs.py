"""Pairs, chains and branches follow from turns and clips; ids stay, whatever is derived again."""

from __future__ import annotations

import pytest

from curation.models import Clip, DialoguePair, PairScorecard, Source, Track, Turn
from curation.services.clips import clips_derive, recipe_get_or_create
from curation.services.pairs import pairs_derive
from curation.services.turns import NewTurn, turns_replace
from tests import factories

pytestmark = pytest.mark.django_db

TALK = [(0.0, 4.0, 0), (4.3, 8.0, 1), (8.2, 12.0, 0), (18.0, 22.0, 1)]


@pytest.fixture
def source() -> Source:
    source = factories.source(duration_s=24.0)
    source.shots.all().delete()
    source.clips.all().delete()
    source.shots.create(number=0, start_s=0.0, end_s=24.0)
    for number in (0, 1):
        Track.objects.create(
            source=source,
            shot=source.shots.get(),
            number=number,
            start_s=0.0,
            end_s=24.0,
            mean_box=[0.1, 0.1, 0.2, 0.2],
        )
    return source


def talk(source: Source, turns: list[tuple[float, float, int | None]] = TALK) -> bool:  # type: ignore[assignment]
    return turns_replace(
        source=source,
        turns=[
            NewTurn(start, end, track, track is None, None if track is None else 0.9, "mouth_voice")
            for start, end, track in turns
        ],
    )


def derive(source: Source) -> None:
    clips_derive(source=source, recipe=recipe_get_or_create(name="turns"))
    pairs_derive(source=source)


def test_an_exchange_becomes_pairs_with_their_metrics(source: Source) -> None:
    talk(source)
    derive(source)
    spans = {(pair.initiator.start_s, pair.responder.start_s) for pair in DialoguePair.objects.all()}
    assert len(spans) == DialoguePair.objects.count() >= 2
    first = DialoguePair.objects.order_by("initiator__start_s", "responder__start_s").first()
    assert first is not None
    card = PairScorecard.objects.get(pair=first)
    assert card.pair_gap_s == pytest.approx(0.3, abs=1e-6)
    assert card.pair_initiator_turn_s == pytest.approx(4.0)
    assert card.pair_initiator_talk_share == pytest.approx(0.9)
    assert first.chain and first.chain_position == 0


def test_branches_are_read_from_the_exchange(source: Source) -> None:
    talk(source)
    derive(source)
    branches = set(Clip.objects.filter(source=source, is_current=True).values_list("branch", flat=True))
    assert "multi_turn" in branches and "" not in branches


def test_again_changes_nothing(source: Source) -> None:
    talk(source)
    derive(source)
    before = [
        list(model.objects.order_by("pk").values_list("pk"))  # type: ignore[attr-defined]
        for model in (Turn, Clip, DialoguePair, PairScorecard)
    ]
    assert not talk(source)
    derive(source)
    after = [
        list(model.objects.order_by("pk").values_list("pk"))  # type: ignore[attr-defined]
        for model in (Turn, Clip, DialoguePair, PairScorecard)
    ]
    assert before == after


def test_a_changed_turn_orphans_no_pair(source: Source) -> None:
    talk(source)
    derive(source)
    ids = set(DialoguePair.objects.values_list("pk", flat=True))
    talk(source, [(0.0, 4.0, 0), (4.5, 8.0, 1)])
    derive(source)
    assert ids <= set(DialoguePair.objects.values_list("pk", flat=True))


def test_where_nothing_told_who_speaks_there_are_no_pairs_and_no_branches(source: Source) -> None:
    turns_replace(source=source, turns=[NewTurn(0.0, 8.0, None, False, None, "voice")])
    derive(source)
    assert not DialoguePair.objects.exists()
    assert set(Clip.objects.filter(source=source).values_list("branch", flat=True)) <= {""}


def test_imported_turns_stay_beside_measured_ones(source: Source) -> None:
    talk(source)
    turns_replace(
        source=source, turns=[NewTurn(0.0, 3.0, None, False, None, "rttm", "speaker90")], imported=True
    )
    talk(source, [(1.0, 2.0, 0)])
    assert set(Turn.objects.values_list("origin", flat=True)) == {"mouth_voice", "import:rttm"}
