"""Released rows become ours field by field; what is wrong is named, all of it at once."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.manifests import FORMATS, BadRow
from curation.metrics import METRICS
from tests.curation.manifests import samples


def parse(format: str, item: Any, name: str = "") -> Any:
    return FORMATS[format].parse(item, name)


def faults(format: str, item: Any, name: str = "") -> dict[str, str]:
    with pytest.raises(BadRow) as error:
        parse(format, item, name)
    return {fault.field: fault.reason for fault in error.value.faults}


def test_talkvid_keeps_every_score_under_its_own_metric() -> None:
    row = parse("talkvid", samples.talkvid())
    assert row.values["dover_technical"] == 8.9 and row.values["cotracker_ratio"] == 0.927
    assert row.values["movement_min"] == 89.46 and row.values["resolution_avg"] == 303.0
    assert "face_consistency" not in row.values, "TalkVid does not release it"
    assert (row.person, row.gender, row.age_group, row.language) == ("597", "Male", "60+", "English")
    assert row.source == row.link == "https://www.youtube.com/watch?v=Abc"


def test_a_null_is_not_measured_rather_than_a_number() -> None:
    row = parse("talkvid", samples.talkvid(dover_scores=None, head_detail=None))
    assert "dover_technical" not in row.values and "movement_avg" not in row.values


def test_everything_wrong_with_a_row_is_said_at_once() -> None:
    bad = samples.talkvid(**{"dover_scores": "8.9", "cotracker_ratio": 1.5, "end-time": 3.0, "fps": True})
    found = faults("talkvid", bad)
    assert set(found) == {"dover_scores", "cotracker_ratio", "end-time", "fps"}
    assert "'8.9'" in found["dover_scores"] and "0 to 1" in found["cotracker_ratio"]


def test_a_stated_duration_that_contradicts_the_times_is_refused() -> None:
    assert "3.000" in faults("talkvid", samples.talkvid(durations="3.000s")).get("durations", "")
    assert "durations" in faults("talkvid", samples.talkvid(durations="soon"))


@pytest.mark.parametrize(
    "times", [{}, {"start_seconds": None, "end_seconds": None, "start": 20.0, "duration": 8.0}]
)
def test_speakervid_reads_both_sets_of_key_names(times: dict[str, Any]) -> None:
    row = parse("speakervid", samples.speakervid(**times), "abcdefghijk_1920x1080_full_video_12_A_1")
    assert (row.start_s, row.end_s, row.source) == (20.0, 28.0, "abcdefghijk")
    assert row.values["clarity"] == 1.25 and row.values["dover_fused"] == 0.61
    assert row.values["syncnet_confidence"] == 6.0 and row.values["syncnet_offset_frames"] == 0.5
    assert row.attributes["role"] == "initiator" and row.attributes["scene"] == "12"
    assert row.region == pytest.approx((0.1, 0.1, 0.5, 0.8))


def test_speakervid_of_two_people_gives_each_their_own_sync() -> None:
    two = samples.speakervid(sync={"1": [[5.0, 7.0, 1]], "2": [[1.0, 9.0, 4]]})
    row = parse("speakervid", two, "abcdefghijk_1920x1080_full_video_12_B_2")
    assert row.values["syncnet_confidence"] == 1.0
    untold = parse("speakervid", {**two, "speaker": None}, "")
    assert "syncnet_confidence" not in untold.values, "nobody says whose it is"


def test_mit_counts_frames_of_25_a_second() -> None:
    meta = {
        "source": "interview",
        "video": "v7",
        "period": [100, 225],
        "num_speaker": 2,
        "url": "https://e/v7",
    }
    row = parse("mit", {"meta": meta, "speaker_info": {"speak": [[0, 50]], "listen": []}}, "clip_7")
    assert (row.start_s, row.end_s, row.values["persons_clip"]) == (4.0, 9.0, 2.0)
    assert row.attributes["speak"] == [[0, 50]]
    assert "period" in faults("mit", {"video": "v", "period": "all"})


def test_our_own_manifest_takes_any_clip_metric_and_no_other() -> None:
    row = parse(
        "rushes", {"source": "a.mp4", "start_s": 0, "end_s": 4, "scores": {"luminance": 120, "snr_db": None}}
    )
    assert row.values == {"duration_s": 4.0, "luminance": 120.0}
    bad = {"source": "a.mp4", "start_s": 0, "end_s": 4, "scores": {"beauty": 1, "pair_gap_s": 0}}
    assert set(faults("rushes", bad)) == {"scores.beauty", "scores.pair_gap_s"}


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [*samples.talkvid(), *samples.speakervid(), "source", "start_s", "end_s", "scores", "meta", "period"]
)


@given(st.sampled_from(sorted(FORMATS)), st.dictionaries(FIELDS, JSON, max_size=8) | JSON)
def test_whatever_comes_is_a_row_or_a_list_of_faults(format: str, item: Any) -> None:
    try:
        row = parse(format, item)
    except BadRow as error:
        assert error.faults and all(fault.field and fault.reason for fault in error.faults)
        return
    assert 0 <= row.start_s < row.end_s and row.source
    for name, value in row.values.items():
        spec = METRICS[name]
        assert math.isfinite(value) and (spec.low is None or value >= spec.low)
