"""Reads for the agreement dashboard: judged clips as items of a filter, for the policy and for each of its rules."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.agreement import (
    FilterAgreement,
    Judged,
    PeopleAgreement,
    Rating,
    Reading,
    filter_agreement,
    filter_readings,
    people_agreement,
)
from annotation.estimation import Undefined
from annotation.selectors.agreement import JudgedClip, Mode, judged_clips
from annotation.selectors.anchoring import Anchoring, policy_anchoring
from curation.errors import NotFound
from curation.models import Corpus, Policy
from curation.policies.tiers import Tier
from curation.policies.words import rule_words
from curation.selectors.policies import policies_of, policy_get, policy_rules
from dashboards.data.nothing import NothingYet

MODES: tuple[Mode, ...] = ("all", "blind", "verify")
CUTS: tuple[Tier, ...] = (Tier.SFT, Tier.PRETRAIN)


@dataclass(frozen=True, slots=True)
class Question:
    """What the page is asked: which policy, which tier counts as passed, which judgments."""

    corpus: str
    policy: int | None = None
    cut: Tier = Tier.SFT
    mode: Mode = "all"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule against people: passed or not, beside whether people gave the rule's tier or better."""

    ordinal: int
    words: str
    tier: Tier
    adjudicated: FilterAgreement
    untold: int


@dataclass(frozen=True, slots=True)
class AgreementView:
    """Everything that the page shows, for one question. ``matrix`` counts (proposed, verdict)."""

    corpus: Corpus
    policy: Policy
    question: Question
    judged: int
    settled: int
    answers: int
    blind_answers: int
    undecided: int
    readings: dict[Reading, FilterAgreement]
    people: PeopleAgreement
    matrix: dict[tuple[Tier, Tier], int]
    rules: tuple[RuleRow, ...]
    anchoring: Anchoring | Undefined


def policy_choices(corpus: str) -> list[tuple[int, str, bool]]:
    """The clip policies of the corpus that ever proposed anything: number, name, whether it is the active one."""
    found = Corpus.objects.filter(slug=corpus).first()
    if found is None:
        return []
    used = policies_of(found).filter(subject=Policy.Subject.CLIP, activations__isnull=False).distinct()
    return [(one.number, one.name, one.pk == found.active_policy_id) for one in used.order_by("-number")]


def policy_of(question: Question) -> Policy | NothingYet:
    """The policy that the question is about, with its corpus; why there is none."""
    corpus = Corpus.objects.select_related("active_policy").filter(slug=question.corpus).first()
    if corpus is None:
        return NothingYet(f"No corpus is called {question.corpus}.", "Choose one from the list of corpora.")
    try:
        policy = policy_get(corpus, question.policy) if question.policy is not None else corpus.active_policy
    except NotFound:
        return NothingYet(
            f"This corpus has no policy {question.policy}.",
            "Choose one from the list above.",
        )
    if policy is None:
        return NothingYet(
            "No policy is active in this corpus.",
            "Activate one under Policies; then review its proposals.",
            f"/corpora/{corpus.slug}/policies/",
            "Policies",
        )
    policy.corpus = corpus
    return policy


def agreement_view(question: Question) -> AgreementView | NothingYet:
    """The figures of one question, from the judgments as they are now."""
    policy = policy_of(question)
    if isinstance(policy, NothingYet):
        return policy
    corpus = policy.corpus
    clips = judged_clips(policy=policy, mode=question.mode)
    if not clips:
        return NothingYet(
            "Nobody has judged a clip of this corpus in this way yet.",
            "Open Review and judge some; every judgment counts here at once.",
            "/review/",
            "Review",
        )
    decided = [clip for clip in clips if clip.proposed != Tier.UNDECIDED]
    items = [item_of(clip, passed=clip.proposed >= question.cut, cut=question.cut) for clip in decided]
    return AgreementView(
        corpus=corpus,
        policy=policy,
        question=question,
        judged=len(clips),
        settled=sum(clip.verdict is not None for clip in clips),
        answers=sum(len(clip.answers) for clip in clips),
        blind_answers=sum(answer.blind for clip in clips for answer in clip.answers),
        undecided=len(clips) - len(decided),
        readings=filter_readings(items),
        people=people_agreement(
            [
                Rating(str(clip.clip_id), answer.rater, answer.tier >= question.cut)
                for clip in clips
                for answer in clip.answers
            ],
            pairs=False,  # the page shows no two of them
        ),
        matrix=_matrix(clips),
        rules=_rules(policy, clips),
        anchoring=policy_anchoring(policy),
    )


def item_of(clip: JudgedClip, *, passed: bool, cut: Tier) -> Judged:
    """A judged clip as an item of a filter that passed it or not, at ``cut`` or better."""
    return Judged(
        passed=passed,
        votes=tuple(answer.tier >= cut for answer in clip.answers),
        verdict=None if clip.verdict is None else clip.verdict >= cut,
    )


def _matrix(clips: list[JudgedClip]) -> dict[tuple[Tier, Tier], int]:
    counts: dict[tuple[Tier, Tier], int] = {}
    for clip in clips:
        if clip.verdict is not None:
            key = (clip.proposed, clip.verdict)
            counts[key] = counts.get(key, 0) + 1
    return counts


def _rules(policy: Policy, clips: list[JudgedClip]) -> tuple[RuleRow, ...]:
    rules = policy_rules(policy).rules
    # What people say of a clip depends on a rule's tier alone, and of many clips they say the same: what they say becomes
    # an item once a tier and answer.
    said = [
        (
            tuple(int(answer.tier) for answer in clip.answers),
            None if clip.verdict is None else int(clip.verdict),
        )
        for clip in clips
    ]
    kinds = dict(zip(said, clips, strict=True))
    items = {
        (tier, passed): {kind: item_of(clip, passed=passed, cut=tier) for kind, clip in kinds.items()}
        for tier in {rule.tier for rule in rules}
        for passed in (True, False)
    }
    rows = []
    for ordinal, rule in enumerate(rules):
        bit = 1 << ordinal
        passed, failed = items[rule.tier, True], items[rule.tier, False]
        told = [
            (failed if clip.failing & bit else passed)[kind]
            for clip, kind in zip(clips, said, strict=True)
            if not clip.missing & bit
        ]
        rows.append(
            RuleRow(
                ordinal=ordinal,
                words=rule_words(rule),
                tier=rule.tier,
                adjudicated=filter_agreement(told, Reading.ADJUDICATED),
                untold=len(clips) - len(told),
            )
        )
    return tuple(rows)
