"""A certificate follows from its judgments, and whatever was changed is told by its place."""

from __future__ import annotations

import copy
import json
import random

import pytest

from annotation.certificates import (
    SEQUENCE,
    BadDocument,
    Unsupported,
    derive,
    digest_of,
    read_document,
    verify,
    verify_list,
)
from curation.terminal import printable
from tests.annotation.certificates import sheets


@pytest.fixture(scope="module")
def whole():
    return sheets.document()


@pytest.fixture
def changed(whole):
    return copy.deepcopy(whole)


def places(document):
    return {difference.where for difference in verify(document)}


def test_what_was_issued_verifies_also_after_a_journey_through_json(whole):
    assert verify(whole) == []
    assert verify(json.loads(json.dumps(whole, indent=2))) == []
    assert verify_list(whole, range(1, 401)) == []


def test_it_says_in_words_what_its_numbers_say(whole):
    bound = whole["figures"]["lower_bound"]
    assert f"at least {int(bound * 1000) / 10:.1f} %" in whole["statement"]["sentence"]
    assert "of the 400 clips" in whole["statement"]["sentence"]
    assert whole["counts"]["accepted"] / 120 == whole["figures"]["estimate"]


def test_one_changed_answer_is_found_at_its_item_and_in_every_figure(changed):
    place = next(
        n
        for n, row in enumerate(changed["items"])
        if changed["outcomes"][n] == "accepted" and row["panel"] is None
    )
    for vote in changed["items"][place]["votes"]:
        vote["answer"] = "reject"
    found = places(changed)
    assert f"items[{place}].outcome" in found
    assert {"counts.accepted", "figures.lower_bound", "figures.estimate", "statement.sentence"} <= found


def test_a_single_vote_changed_leaves_its_item_open(changed):
    place = next(n for n, row in enumerate(changed["items"]) if row["panel"] is None)
    changed["items"][place]["votes"][0]["answer"] = "pretrain"
    told = {each.where: each for each in verify(changed)}
    assert "its votes leave it open" in str(told[f"items[{place}]"])


def test_one_changed_count(changed):
    changed["counts"]["accepted"] += 1
    told = {each.where: str(each) for each in verify(changed)}
    assert set(told) == {"counts.accepted", "sha256"}
    assert str(changed["counts"]["accepted"] - 1) in told["counts.accepted"]


def test_one_changed_probability(changed):
    changed["items"][11]["probability"] = 0.25
    told = {each.where: str(each) for each in verify(changed)}
    assert set(told) == {"items[11].probability", "sha256"}
    assert "0.25" in told["items[11].probability"] and "0.3" in told["items[11].probability"]


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("subset", "clips"), 40_000, "draw.population"),
        (("figures", "lower_bound"), 0.99, "figures.lower_bound"),
        (("statement", "sentence"), "All is well.", "statement.sentence"),
        (("draw", "frame_sha256"), "0" * 64, "draw.frame_sha256"),
        (("draw", "seed"), 43, "items["),
        (("settings", "confidence"), 0.8, "figures.lower_bound"),
        (("spoilers",), [], "spoilers"),
        (("raters", "a"), 1, "raters.a"),
    ],
)
def test_whatever_is_changed_is_found_even_if_the_digest_was_made_anew(changed, path, value, where):
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    changed["sha256"] = digest_of(changed)
    assert any(place.startswith(where) or place == "items" for place in places(changed)), places(changed)


def test_leaving_out_a_refused_clip_is_seen_by_its_place(changed):
    place = changed["outcomes"].index("refused")
    del changed["items"][place], changed["outcomes"][place]
    changed["sha256"] = digest_of(changed)
    assert f"items[{place}].position" in {each.where for each in verify(changed)} | {
        each.where for each in verify(changed) if each.where.endswith("position")
    }


def test_a_clip_that_the_draw_never_took_is_found_with_the_list(changed):
    changed["items"][5]["clip"] = 777
    assert any("777" in str(each) for each in verify_list(changed, range(1, 401)))


def test_one_judgment_in_two_places_and_one_person_twice(changed):
    changed["items"][1]["votes"] = copy.deepcopy(changed["items"][0]["votes"])
    assert "items" in places(changed)
    changed["items"][2]["votes"][1]["rater"] = changed["items"][2]["votes"][0]["rater"]
    assert any("contradict" in str(each) or "twice" in str(each) for each in verify(changed))


def test_an_audit_that_is_not_done_claims_nothing_unless_it_was_meant_to_be_stopped():
    rows = sheets.audit()
    rows[60] = sheets.record(61)
    rows[60] = type(rows[60])(**{**{f: getattr(rows[60], f) for f in rows[60].__slots__}, "probability": 0.3})
    with pytest.raises(Unsupported, match="60 at the head"):
        sheets.document(rows)
    early = sheets.document(rows, reading=SEQUENCE)
    assert early["counts"]["prefix"] == 60 and early["counts"]["beyond"] == 59
    assert "betting" in early["figures"]["method"]
    assert verify(early) == []


def test_a_file_that_is_no_certificate_is_refused_with_the_reason(tmp_path, whole):
    path = tmp_path / "c.json"
    path.write_text("{")
    with pytest.raises(BadDocument, match="no JSON"):
        read_document(path)
    path.write_text("{}")
    with pytest.raises(BadDocument, match="no certificate"):
        read_document(path)
    lacking = {key: value for key, value in whole.items() if key != "items"}
    with pytest.raises(BadDocument, match="missing"):
        verify(lacking)


HOSTILE = [
    None,
    "",
    "\ud800",
    "a\0b",
    -1,
    2.5,
    1e308,
    float("inf"),
    float("nan"),
    10**400,
    [],
    {},
    [None],
    True,
]


def spots(value, path=()):
    """Every place of a document, of lists the first two."""
    inside = (
        value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    )
    for key, one in inside:
        yield (*path, key)
        yield from spots(one, (*path, key))


def test_whatever_stands_in_any_place_there_is_an_answer_and_it_can_be_printed(whole):
    chance = random.Random(1)
    tried = 0
    for path in spots(whole):
        changed = copy.deepcopy(whole)
        at = changed
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = chance.choice(HOSTILE)
        if json.dumps(changed) == json.dumps(whole):
            continue
        tried += 1
        try:
            told = [str(one) for one in verify(changed)]
        except BadDocument as error:
            told = [str(error)]
        assert told, path
        printable("".join(told)).encode()
    assert tried > 200


@pytest.mark.parametrize("place", [(), ("items", 3), ("items", 3, "votes", 0), ("draw",), ("subset",)])
def test_a_field_that_no_certificate_has_is_told_though_the_digest_was_made_anew(changed, place):
    at = changed
    for key in place:
        at = at[key]
    at["guaranteed"] = "100 %"
    changed["sha256"] = digest_of(changed)
    (one,) = verify(changed)
    assert one.where.endswith("guaranteed") and "no certificate has such a field" in str(one)


def test_a_tier_that_accepts_what_is_worse_is_told_though_all_was_computed_anew(changed):
    changed["procedure"]["accepts"]["sft"] = ["sft", "reject"]
    changed.update(derive(changed))
    changed["sha256"] = digest_of(changed)
    assert places(changed) == {"procedure.accepts"}


def test_files_that_are_no_certificate_whatever_they_are(tmp_path, monkeypatch, whole):
    path = tmp_path / "c.json"
    for content, reason in (
        (b'{"format": ' + b"9" * 5000 + b"}", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (json.dumps(whole).encode()[:-400], "no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (
            json.dumps(whole).replace('"sources": 40', '"sources": 4, "sources": 40').encode(),
            "one name: 'sources'",
        ),
    ):
        path.write_bytes(content)
        with pytest.raises(BadDocument, match=reason):
            read_document(path)
    monkeypatch.setattr("annotation.certificates.verification.MOST_BYTES", 1000)
    path.write_text(json.dumps(whole))
    with pytest.raises(BadDocument, match="too large"):
        read_document(path)
    with pytest.raises(BadDocument, match="is no file"):
        read_document(tmp_path)
    with pytest.raises(BadDocument, match="cannot be read"):
        read_document(tmp_path / "nowhere.json")


def test_what_a_terminal_would_obey_is_shown_and_not_done():
    assert printable("a\x1b[2Jb\u202ec\x9bd “über 95 %”") == "a\\x1b[2Jb\\u202ec\\x9bd “über 95 %”"


def test_what_could_spoil_it_is_said_beside_the_claim(whole):
    codes = {one["code"] for one in whole["spoilers"]}
    assert {"this_list", "chance", "raters"} <= codes and "not_reached" not in codes
    assert whole["figures"]["further"]["items"] == 0 and whole["figures"]["lower_bound"] >= 0.8
    high = sheets.document(target=0.99)
    assert "not_reached" in {one["code"] for one in high["spoilers"]}
