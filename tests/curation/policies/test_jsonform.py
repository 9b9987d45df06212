from __future__ import annotations

import json

import pytest
from hypothesis import given

from curation.policies.errors import BadDocument
from curation.policies.jsonform import from_document, from_json, to_document, to_json
from curation.policies.presets import PRESETS
from tests.curation.policies.strategies import rule_lists


@given(rule_lists(percentiles=True))
def test_what_is_exported_comes_back_the_same(rules):
    assert from_json(to_json(rules, name="é")) == (rules, "é")


@pytest.mark.parametrize("name", list(PRESETS))
def test_presets_travel(name):
    rules = PRESETS[name].rules
    found, _ = from_json(to_json(rules))
    assert found == rules
    assert found.sha256 == rules.sha256


def test_every_fault_is_told_by_its_path():
    document = {
        "format": "rushes-policy",
        "version": 1,
        "colour": "red",
        "rules": [
            {"tier": "sft", "metric": "movement_min", "operator": "at_least", "low": "60"},
            {"tier": "sft", "metric": "nonsense", "operator": "at_least", "low": 60},
            {"tier": "sft", "operator": "at_least", "low": True},
            "rule",
            {"tier": "sft", "metric": "luminance", "operator": "within", "low": 9, "high": 3},
        ],
    }
    with pytest.raises(BadDocument) as raised:
        from_document(document)
    assert [path for path, _ in raised.value.faults] == [
        "colour", "rules[0].low", "rules[1].metric", "rules[2].metric", "rules[2].low", "rules[3]", "rules[4]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], "document"),
        ({"format": "other", "version": 1, "rules": []}, "format"),
        ({"format": "rushes-policy", "version": 2, "rules": []}, "version"),
        ({"format": "rushes-policy", "version": 1}, "rules"),
        ({"format": "rushes-policy", "version": 1, "rules": []}, "rules"),
    ],
)
def test_other_documents_are_refused(document, path):
    with pytest.raises(BadDocument) as raised:
        from_json(json.dumps(document))
    assert raised.value.faults[0][0] == path


def test_no_percentile_can_be_imported_with_a_number_of_another_corpus():
    document = to_document(PRESETS["speakervid"].rules)
    ordinal = next(i for i, rule in enumerate(document["rules"]) if "percentile" in rule)
    document["rules"][ordinal]["low"] = 0.5
    with pytest.raises(BadDocument, match="from the corpus"):
        from_document(document)


@pytest.mark.parametrize("text", [b"\xff", "{", '{"rules": NaN'])
def test_text_that_is_not_json_is_refused(text):
    with pytest.raises(BadDocument, match="not JSON"):
        from_json(text)
