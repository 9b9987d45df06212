import pytest

from curation.recipes import BadParams, JointParams, ShotsParams, TurnsParams, params_from


def test_equal_settings_have_equal_fingerprints_and_other_settings_others():
    assert ShotsParams(min_s=5).fingerprint() == ShotsParams(min_s=5.0).fingerprint()
    assert ShotsParams(min_s=5).fingerprint() != ShotsParams(min_s=4).fingerprint()
    assert TurnsParams().fingerprint() != JointParams().fingerprint()


def test_the_fingerprint_of_the_defaults_does_not_change_between_releases():
    # clips are named after it: a change here orphans every clip of a default recipe
    assert ShotsParams().fingerprint() == "f139b7dc095f6c87"
    assert TurnsParams().fingerprint() == "5c1982143ba18f4c"
    assert JointParams().fingerprint() == "ebce0477e6257ba9"


def test_stored_values_come_back_as_the_same_parameters():
    params = TurnsParams(min_s=2, max_s=None, listening=False)
    assert params_from("turns", params.as_dict()) == params


@pytest.mark.parametrize(
    ("recipe", "values", "says"),
    [
        ("shots", {"min": 3}, "has no parameter min"),
        ("shots", {"min_s": "3"}, "min_s must be a finite number"),
        ("shots", {"min_s": float("nan")}, "min_s must be a finite number"),
        ("shots", {"min_s": 0}, "above 0"),
        ("shots", {"min_s": 5, "max_s": 8}, "at least twice"),
        ("shots", {"scope": "person"}, "scope must be one of"),
        ("turns", {"listening": 1}, "true or false"),
        ("joint", {"min_people": 2.5}, "whole number"),
        ("joint", {"min_people": 5}, "at most max_people"),
        ("scenes", {}, "no recipe is called 'scenes'"),
    ],
)
def test_a_bad_parameter_is_named_with_its_reason(recipe, values, says):
    with pytest.raises(BadParams, match=says):
        params_from(recipe, values)
