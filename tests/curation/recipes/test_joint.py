from curation.recipes import JointParams, Shot, Track, derive_joint


def read(made):
    return (
        [(s.start_s, s.end_s, s.tracks) for s in made.spans],
        [(d.start_s, d.end_s, str(d.reason)) for d in made.dropped],
    )


def test_a_clip_is_where_the_same_two_to_four_people_are_visible_throughout():
    tracks = [Track("a", 0, 20), Track("b", 2, 20), Track("c", 10, 20)]
    spans, dropped = read(derive_joint([Shot(1, 0, 21)], tracks))
    assert spans == [(2, 10, ("a", "b")), (10, 20, ("a", "b", "c"))]
    assert dropped == [(0, 2, "too_few_people"), (20, 21, "no_person")]


def test_a_crowd_is_dropped_as_too_many():
    tracks = [Track(n, 0, 9) for n in range(5)]
    assert read(derive_joint([Shot(1, 0, 9)], tracks)) == ([], [(0, 9, "too_many_people")])


def test_a_missed_detection_is_bridged_and_a_real_absence_is_not():
    seen = ((0.0, 4.0), (4.1, 10.0), (11.0, 20.0))
    tracks = [Track("a", 0, 20), Track("b", 0, 20, visible=seen)]
    spans, dropped = read(derive_joint([Shot(1, 0, 20)], tracks))
    assert [(a, b) for a, b, _ in spans] == [(0, 10), (11, 20)]
    assert dropped == [(10, 11, "too_few_people")]


def test_the_shortest_length_is_a_parameter():
    tracks = [Track("a", 0, 4), Track("b", 0, 4)]
    assert read(derive_joint([Shot(1, 0, 4)], tracks))[1] == [(0, 4, "too_short")]
    assert read(derive_joint([Shot(1, 0, 4)], tracks, JointParams(min_s=2)))[0] == [(0, 4, ("a", "b"))]
