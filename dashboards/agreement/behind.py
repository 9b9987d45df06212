"""The clips behind each number of the agreement dashboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from annotation.agreement import Reading, cell_of
from annotation.selectors.agreement import JudgedClip, judged_clips
from curation.policies.tiers import Tier
from curation.policies.words import rule_words
from curation.selectors.policies import policy_rules
from dashboards.agreement.state import question_of
from dashboards.data.agreement import Question, item_of, policy_of
from dashboards.data.behind import Behind, NoSuchNumber, number_in, tier_in, word_in
from dashboards.data.nothing import NothingYet

READINGS = {reading.name.lower(): reading for reading in Reading}
CELLS = ("tp", "fp", "fn", "tn")
_WORDS = {
    "tp": "kept, accepted",
    "fp": "kept, refused",
    "fn": "rejected, accepted",
    "tn": "rejected, refused",
}
_MODES = {"all": "", "blind": ", blind", "verify": ", with the proposal in sight"}


def judged(corpus: str, asked: Mapping[str, str]) -> Behind:
    """Every judged clip."""
    return _behind(corpus, asked, "judged", lambda clip: True)


def settled(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The judged clips with a verdict."""
    return _behind(corpus, asked, "settled", lambda clip: clip.verdict is not None)


def undecided(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The judged clips that the policy leaves undecided."""
    return _behind(
        corpus, asked, "judged, but policy undecided", lambda clip: clip.proposed is Tier.UNDECIDED
    )


def cell(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The clips of one cell of proposed tier and verdict."""
    row = tier_in(asked, "proposed")
    column = tier_in(asked, "verdict", (Tier.SFT, Tier.PRETRAIN, Tier.REJECT))
    words = f"proposed {row.word}, settled as {column.word}"
    return _behind(corpus, asked, words, lambda clip: clip.proposed is row and clip.verdict is column)


def count(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The clips of one count of a reading: true or false positives or negatives."""
    reading, wanted = READINGS[word_in(asked, "reading", tuple(READINGS))], word_in(asked, "cell", CELLS)
    cut = question_of(corpus, asked).cut

    def holds(clip: JudgedClip) -> bool:
        if clip.proposed is Tier.UNDECIDED:
            return False
        found = cell_of(item_of(clip, passed=clip.proposed >= cut, cut=cut), reading)
        return found.value == wanted

    return _behind(corpus, asked, f"{reading.value}: {_WORDS[wanted]} ({wanted.upper()})", holds)


def rule(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The settled clips of which one rule says something: what its figures are of."""
    question = question_of(corpus, asked)
    policy = policy_of(question)
    if isinstance(policy, NothingYet):
        raise NoSuchNumber(policy.reason)
    rules = policy_rules(policy).rules
    ordinal = number_in(asked, "rule", len(rules))
    each, bit = rules[ordinal], 1 << ordinal

    def holds(clip: JudgedClip) -> bool:
        passed = not clip.failing & bit
        item = item_of(clip, passed=passed, cut=each.tier)
        return not clip.missing & bit and cell_of(item, Reading.ADJUDICATED).value in CELLS

    return _behind(corpus, asked, f"rule “{rule_words(each)}” against verdicts", holds)


def _behind(corpus: str, asked: Mapping[str, str], words: str, holds: Callable[[JudgedClip], bool]) -> Behind:
    question: Question = question_of(corpus, asked)
    policy = policy_of(question)
    if isinstance(policy, NothingYet):
        raise NoSuchNumber(policy.reason)
    found = [clip for clip in judged_clips(policy=policy, mode=question.mode) if holds(clip)]
    ids = np.array([clip.clip_id for clip in found], np.int64)
    seconds = float(sum(clip.duration_s for clip in found))
    return Behind(f"{words}{_MODES[question.mode]}, policy {policy.number}", ids, seconds)
