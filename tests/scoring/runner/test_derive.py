from __future__ import annotations

import pytest

from scoring.runner.derive import scorecard
from scoring.runner.series import SeriesInMemory
from scoring.scorers.base import Build, Failed, Measured, SourceFacts, Span, Status, Unavailable, Wants

FACTS = SourceFacts("0" * 64, 4.0)


class _Scorer:
    """A picture scorer called image_quality that answers what it is told."""

    name, version = "image_quality", "1"
    wants = Wants(1.0)

    def __init__(self, answer) -> None:
        self._answer = answer

    def available(self):
        return None

    def build(self):
        return Build(self.name, self.version)

    def begin(self, source):
        raise AssertionError("deriving looks at nothing")

    def aggregate(self, series, span, facts):
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


MEASURED = Status("measured")


def _card(answer, status: Status | None = MEASURED):
    statuses = {} if status is None else {"image_quality": status}
    return scorecard(
        SeriesInMemory([]), Span(0.0, 1.0), FACTS, statuses=statuses, builds={}, scorers=[_Scorer(answer)]
    )


def test_what_is_measured_is_there_and_the_rest_is_none():
    card = _card(Measured({"luminance": 10.0, "noise": None}))
    assert card.values["luminance"] == 10.0
    assert card.values["noise"] is None and card.values["sharpness"] is None
    assert card.statuses == {"image_quality": Status("measured")}


@pytest.mark.parametrize(
    ("answer", "word", "reason"),
    [
        (Unavailable("no weights"), "unavailable", "no weights"),
        (Failed("broken"), "failed", "broken"),
        (KeyError("luma"), "failed", "KeyError: 'luma'"),
        (Measured({"luminance": 256.0}), "failed", "luminance came out as 256, outside 0.0…255.0"),
        (Measured({"beauty": 1.0}), "failed", "beauty is not a metric of image_quality in the catalogue"),
        (
            Measured({"dover_fused": 1.0}),
            "failed",
            "dover_fused is not a metric of image_quality in the catalogue",
        ),
    ],
)
def test_what_is_not_measured_has_a_reason_and_no_number(answer, word, reason):
    card = _card(answer)
    assert card.statuses["image_quality"] == Status(word, reason)
    assert set(card.values.values()) == {None}
    assert card.builds == {}


@pytest.mark.parametrize("status", [Status("unavailable", "no CUDA"), Status("failed", "at 3 s"), None])
def test_how_it_fared_on_the_source_is_how_it_fares_on_the_clip(status):
    card = _card(Measured({"luminance": 10.0}), status)
    assert card.values["luminance"] is None
    assert card.statuses["image_quality"].word == (status.word if status else "not_run")
