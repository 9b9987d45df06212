"""The view of the agreement dashboard that an address asks for."""

from __future__ import annotations

from collections.abc import Mapping

from curation.policies.tiers import tier_from_word
from dashboards.data.agreement import CUTS, MODES, Question, policy_choices


def state_of(asked: Mapping[str, str]) -> dict[str, str]:
    """What the address says; what it does not say, or says wrongly, is left out."""
    state = {}
    if asked.get("passed") in {cut.word for cut in CUTS}:
        state["passed"] = asked["passed"]
    if asked.get("judgments") in MODES:
        state["judgments"] = asked["judgments"]
    number = asked.get("policy", "")
    if number.isascii() and number.isdecimal() and len(number) < 9:
        state["policy"] = number
    return state


def question_of(corpus: str, asked: Mapping[str, str]) -> Question:
    """The question of an address; a policy that the corpus does not have is the active one."""
    state = state_of(asked)
    numbers = {number for number, _, _ in policy_choices(corpus)}
    wanted = int(state["policy"]) if "policy" in state else None
    mode = next(mode for mode in MODES if mode == state.get("judgments", MODES[0]))
    cut = tier_from_word(state.get("passed", CUTS[0].word))
    return Question(corpus, wanted if wanted in numbers else None, cut, mode)
