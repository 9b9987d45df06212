"""Policies to start from: the three datasets' published rules, and one that needs nothing downloaded.

What a publication leaves out, or what no metric here measures, is listed in ``omitted``: left out, or with the
value that stands in as a start.
Where a publication says "above x", the rule says "at least x".
"""

from __future__ import annotations

from dataclasses import dataclass

from curation.policies.rules import Operator, Rule, RuleList
from curation.policies.tiers import Tier

SFT, PRETRAIN = Tier.SFT, Tier.PRETRAIN


@dataclass(frozen=True, slots=True)
class Preset:
    """A named rule list; ``source`` names the publication, ``omitted`` what of it is not in the rules and why."""

    name: str
    title: str
    description: str
    source: str
    rules: RuleList
    omitted: tuple[str, ...] = ()

    @property
    def scorers(self) -> tuple[str, ...]:
        """The scorers that must have run for every rule to be told."""
        return self.rules.scorers


class UnknownPreset(KeyError):
    """No preset has this name; the message lists those that exist."""

    def __str__(self) -> str:
        return str(self.args[0])


def _low(tier: Tier, metric: str, low: float) -> Rule:
    return Rule(tier, metric, Operator.AT_LEAST, low=low)


def _high(tier: Tier, metric: str, high: float) -> Rule:
    return Rule(tier, metric, Operator.AT_MOST, high=high)


def _within(tier: Tier, metric: str, low: float, high: float) -> Rule:
    return Rule(tier, metric, Operator.WITHIN, low=low, high=high)


def _talkvid_head() -> tuple[Rule, ...]:
    thresholds = {"movement": (80, 60), "rotation": (70, 60), "orientation": (70, 30), "resolution": (50, 40)}
    rules = [
        rule
        for name, (average, worst) in thresholds.items()
        for rule in (_low(SFT, f"{name}_avg", average), _low(SFT, f"{name}_min", worst))
    ]
    return (*rules, _low(SFT, "completeness_avg", 100), _low(SFT, "completeness_min", 100))


def _speakervid_shared(tier: Tier) -> tuple[Rule, ...]:
    return (
        _within(tier, "luminance", 10, 210),
        Rule(tier, "clarity", Operator.PERCENTILE_AT_LEAST, percentile=5),
        _high(tier, "asr_no_speech_prob", 0.8),
        _high(tier, "asr_compression_ratio", 2.5),
    )


_TALKVID_PAPER = Preset(
    "talkvid-paper",
    "TalkVid, as published",
    "The thresholds of TalkVid's paper on picture quality, motion and its head scores. It knows one tier: what passes"
    " is sft, the rest is rejected.",
    "TalkVid, arXiv 2508.13618",
    RuleList(
        (
            _low(SFT, "duration_s", 5),
            _low(SFT, "dover_technical", 7),
            _within(SFT, "cotracker_ratio", 0.85, 0.999),
            *_talkvid_head(),
        )
    ),
    ("A subtitle beside the video: judged on the whole source there, not on a clip.",),
)

_TALKVID_CODE = Preset(
    "talkvid-code",
    "TalkVid, as released",
    "The thresholds of TalkVid's released code: a lower bar for picture quality than the paper's, and exactly one face"
    " in all but one sampled frame.",
    "FreedomIntelligence/TalkVid",
    RuleList(
        (
            _low(SFT, "duration_s", 5),
            _low(SFT, "dover_technical", 5),
            *_talkvid_head(),
            _low(SFT, "face_consistency", 80),
        )
    ),
    ("A threshold on the CoTracker ratio: the released code has none.",),
)

_SPEAKERVID = Preset(
    "speakervid",
    "SpeakerVid-5M",
    "Two tiers: pretrain leaves out what is dark, blurred or unintelligible, sft asks for clear hands, faces and"
    " speech. A clip without any visible hand has no hand sharpness, so only a person can settle it.",
    "SpeakerVid-5M, arXiv 2507.09862",
    RuleList(
        (
            *_speakervid_shared(SFT),
            _low(SFT, "dover_fused", 0.6),
            _low(SFT, "face_blur", 0.7),
            _low(SFT, "hand_blur", 0.5),
            _low(SFT, "asr_avg_logprob", -1.0),
            *_speakervid_shared(PRETRAIN),
            _low(PRETRAIN, "dover_fused", 0.25),
            _low(PRETRAIN, "face_blur", 0.1),
            _low(PRETRAIN, "hand_blur", 0.1),
            _low(PRETRAIN, "asr_avg_logprob", -1.5),
        )
    ),
    ("Motion above 2 on a scale of 1 to 5 (sft): how it is measured is not published.",),
)

_MIT = Preset(
    "mit",
    "Multi-human Interactive Talking",
    "Two to four people, each face large enough and of like size, all of them visible together for five seconds.",
    "MIT, arXiv 2508.03050",
    RuleList(
        (
            _within(SFT, "persons_clip", 2, 4),
            _low(SFT, "face_area_mean_px2", 64 * 64),
            _low(SFT, "face_area_ratio", 0.5),
            _low(SFT, "joint_overlap_s", 5),
        )
    ),
)

_RUSHES = Preset(
    "rushes-default",
    "Rushes",
    "Needs nothing to be downloaded: picture, head, motion and speech, measured by what the packages carry."
    " sft asks for a steady, sharp, well-lit head that speaks; pretrain for a usable one.",
    "Rushes",
    RuleList(
        (
            _low(SFT, "duration_s", 3),
            _high(SFT, "cut_count", 0),
            _within(SFT, "luminance", 40, 210),
            _low(SFT, "sharpness", 100),
            _high(SFT, "shake", 0.5),
            _low(SFT, "face_consistency", 100),
            _low(SFT, "face_blur", 0.1),
            _low(SFT, "movement_min", 60),
            _low(SFT, "rotation_min", 60),
            _low(SFT, "orientation_avg", 70),
            _low(SFT, "completeness_min", 100),
            _low(SFT, "resolution_avg", 50),
            _low(SFT, "speech_share", 0.4),
            _low(PRETRAIN, "duration_s", 2),
            _high(PRETRAIN, "cut_count", 0),
            _within(PRETRAIN, "luminance", 20, 230),
            _low(PRETRAIN, "sharpness", 20),
            _low(PRETRAIN, "face_consistency", 60),
            _low(PRETRAIN, "completeness_min", 70),
            _low(PRETRAIN, "speech_share", 0.1),
        )
    ),
)

_PAIRS = Preset(
    "rushes-pairs",
    "Rushes, dialogue pairs",
    "An exchange: the responder starts within half a second before and two seconds after the initiator ends, both"
    " turns are long enough and each is spoken by the person shown.",
    "Rushes",
    RuleList(
        (
            _within(SFT, "pair_gap_s", -0.5, 2),
            _low(SFT, "pair_initiator_turn_s", 2),
            _low(SFT, "pair_responder_turn_s", 2),
            _high(SFT, "pair_overlap_s", 0.5),
            _low(SFT, "pair_initiator_talk_share", 0.6),
            _low(SFT, "pair_responder_talk_share", 0.6),
            _within(PRETRAIN, "pair_gap_s", -1, 3),
            _low(PRETRAIN, "pair_initiator_turn_s", 1),
            _low(PRETRAIN, "pair_responder_turn_s", 1),
        )
    ),
)

_DIALOGUE_PAIRS = Preset(
    "speakervid-pairs",
    "SpeakerVid-5M, dialogue pairs",
    "Neighbouring turns of two people who are seen speaking: sft for sequential exchanges, pretrain for contextual ones,"
    " in which others may have spoken in between. The gaps are a start: the paper hides both.",
    "SpeakerVid-5M, arXiv 2507.09862",
    RuleList(
        (
            _within(SFT, "pair_gap_s", -1, 2),
            _high(SFT, "pair_turns_between", 0),
            _low(SFT, "pair_initiator_turn_s", 3),
            _low(SFT, "pair_responder_turn_s", 3),
            _low(SFT, "pair_initiator_talk_share", 0.5),
            _low(SFT, "pair_responder_talk_share", 0.5),
            _within(PRETRAIN, "pair_gap_s", -2, 5),
            _low(PRETRAIN, "pair_initiator_talk_share", 0.5),
            _low(PRETRAIN, "pair_responder_talk_share", 0.5),
        )
    ),
    (
        "δt, the largest gap of sequential turns, is not published: 2 s here is Rushes' start, to be tuned.",
        "T, the window of contextual turns, is not published: here it is all of what pairs are kept for, up to 5 s.",
        "SyncNet's threshold is not published (none in the released scripts): talk shares of half a turn stand in.",
    ),
)

_MIT_PAIRS = Preset(
    "mit-pairs",
    "Multi-human Interactive Talking, exchanges",
    "Turns of 25 frames and more, as MIT's merged labels have them, spoken by two people who are seen.",
    "MIT, arXiv 2508.03050",
    RuleList(
        (
            _low(SFT, "pair_initiator_turn_s", 1),
            _low(SFT, "pair_responder_turn_s", 1),
            _high(SFT, "pair_turns_between", 0),
        )
    ),
    ("A largest gap: MIT has none; a rule on the gap can be added (pairs are kept for −2 to 5 s).",),
)

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        _RUSHES,
        _TALKVID_PAPER,
        _TALKVID_CODE,
        _SPEAKERVID,
        _MIT,
        _PAIRS,
        _DIALOGUE_PAIRS,
        _MIT_PAIRS,
    )
}


def preset(name: str) -> Preset:
    """The preset called ``name``; raises ``UnknownPreset`` naming those that exist."""
    try:
        return PRESETS[name]
    except KeyError:
        raise UnknownPreset(f"no preset is called {name!r}; there are {', '.join(PRESETS)}") from None
