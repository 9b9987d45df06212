from __future__ import annotations

from curation.policies.diff import diff, diff_words
from curation.policies.evaluate import decide
from curation.policies.presets import PRESETS, preset
from curation.policies.rules import Rule, RuleList
from curation.policies.words import explain, rule_words

SFT_MOVEMENT = Rule("sft", "movement_min", "at_least", 60)
SFT_DOVER = Rule("sft", "dover_fused", "at_least", 0.6)
RULES = RuleList((SFT_MOVEMENT, SFT_DOVER, Rule("pretrain", "movement_min", "at_least", 20)))


def test_rules_read_as_a_person_would_say_them():
    assert rule_words(SFT_MOVEMENT) == "movement, worst: at least 60"
    assert rule_words(SFT_DOVER) == "DOVER fused: at least 0.6"
    assert rule_words(Rule("sft", "duration_s", "within", 3, 14)) == "duration: from 3 to 14 s"
    percentile = Rule("sft", "clarity", "percentile_at_least", percentile=5)
    assert rule_words(percentile) == "clarity: at least the corpus's 5th percentile (not yet a number)"


def test_a_diff_says_what_moved():
    after = RuleList(
        (
            Rule("sft", "movement_min", "at_least", 65),
            RULES.rules[2],
            Rule("sft", "luminance", "within", 10, 210),
        )
    )
    assert diff_words(RULES, after) == (
        "movement, worst: at least 60 → at least 65 (sft)",
        "DOVER fused: at least 0.6 removed (sft)",
        "luminance: from 10 to 210 added (sft)",
    )
    assert diff(RULES, RuleList(tuple(reversed(RULES.rules)))) == ()


def test_a_percentile_of_two_corpora_is_the_same_rule():
    written = PRESETS["speakervid"].rules
    assert diff(written, written.resolved({i: 0.5 for i, _ in written.unresolved})) == ()


def test_an_undecided_clip_says_what_is_missing_and_what_would_settle_it():
    values = {"movement_min": 70.0, "dover_fused": None}
    statuses = {"dover": {"state": "unavailable", "reason": "its weights are not installed"}}
    told = explain(RULES, decide(RULES, values), values, statuses)
    assert told.summary == "Undecided: it could be sft or pretrain, depending on what has not been measured."
    assert [line.text for line in told.unknown] == [
        "sft: DOVER fused: at least 0.6; not measured: dover is not available: its weights are not installed"
    ]
    assert told.change == ("Run dover: it is sft if DOVER fused: at least 0.6.",)


def test_a_rejected_clip_names_the_rules_it_fails_and_by_how_much():
    values = {"movement_min": 10.0, "dover_fused": None}
    told = explain(RULES, decide(RULES, values), values)
    assert told.summary.startswith("Rejected")
    assert [line.text for line in told.failed] == [
        "sft: movement, worst: at least 60 (it is 10)",
        "pretrain: movement, worst: at least 20 (it is 10)",
    ]
    assert told.change[1] == "For pretrain it would need movement, worst: at least 20."


def test_what_installs_from_the_registry_alone_decides_the_default_preset():
    downloaded = {"dover", "cotracker", "whisper", "lr_asd", "import"}
    assert not downloaded & set(preset("rushes-default").scorers)
