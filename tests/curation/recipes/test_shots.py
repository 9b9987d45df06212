import pytest

from curation.recipes import DropReason, Shot, ShotsParams, Track, derive_shots


def spans(made):
    return [(s.start_s, s.end_s, s.track_key) for s in made.spans]


def test_each_person_of_a_shot_gets_a_clip_from_coming_in_to_leaving():
    made = derive_shots([Shot(1, 0, 10)], [Track("a", 0, 10), Track("b", 3, 9.5)])
    assert spans(made) == [(0, 10, "a"), (3, 9.5, "b")]


def test_what_became_no_clip_is_kept_with_its_reason():
    made = derive_shots([Shot(1, 0, 10), Shot(2, 10, 13)], [Track("a", 0, 8, 1), Track("b", 10, 13, 2)])
    assert spans(made) == [(0, 8, "a")]
    assert [(d.start_s, d.end_s, d.reason, d.track_key) for d in made.dropped] == [
        (8, 10, DropReason.NO_PERSON, None),
        (10, 13, DropReason.TOO_SHORT, "b"),
    ]
    assert "3.000 s, shorter than 5 s" in made.dropped[1].detail


def test_whole_frame_clips_need_nobody_in_the_picture():
    made = derive_shots([Shot(1, 0, 6)], [], ShotsParams(scope="frame"))
    assert spans(made) == [(0, 6, None)]


def test_a_long_shot_is_cut_into_equal_parts():
    made = derive_shots([Shot(1, 0, 70)], [Track("a", 0, 70)])
    assert [round(s.duration_s, 3) for s in made.spans] == [23.333, 23.333, 23.333]


def test_the_trim_is_taken_off_both_sides_of_a_cut():
    made = derive_shots([Shot(1, 0, 10)], [Track("a", 0, 10)], ShotsParams(trim_s=0.5))
    assert spans(made) == [(0.5, 9.5, "a")]
    assert [(d.start_s, d.end_s, d.reason) for d in made.dropped] == [
        (0, 0.5, DropReason.TRIMMED),
        (9.5, 10, DropReason.TRIMMED),
    ]


def test_a_track_of_another_shot_is_left_out_even_where_times_touch():
    made = derive_shots([Shot(1, 0, 6), Shot(2, 6, 12)], [Track("a", 0, 12, shot_key=1)])
    assert spans(made) == [(0, 6, "a")]


@pytest.mark.parametrize(
    ("shots", "says"),
    [([Shot(1, 5, 5)], "not after its start"), ([Shot(1, 0, 5), Shot(2, 4, 9)], "before shot 1 ends")],
)
def test_impossible_shots_are_refused_by_name(shots, says):
    with pytest.raises(ValueError, match=says):
        derive_shots(shots, [])
