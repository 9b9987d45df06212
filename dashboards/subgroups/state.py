"""The view of the subgroups dashboard that an address asks for."""

from __future__ import annotations

from collections.abc import Mapping

from curation.models import Corpus
from curation.policies.tiers import tier_from_word
from dashboards.data.judged import evidence_for
from dashboards.data.subgroups import CUTS, DIMENSIONS, MEASURES, SubgroupQuestion


def question_of(corpus: str, asked: Mapping[str, str]) -> SubgroupQuestion:
    """The question; what the address does not say, or says wrongly, is the first choice."""

    def one(name: str, allowed: list[str]) -> str:
        return asked[name] if asked.get(name) in allowed else allowed[0]

    return SubgroupQuestion(
        corpus,
        one("by", list(DIMENSIONS)),
        one("share", list(MEASURES)),
        tier_from_word(one("kept", [cut.word for cut in CUTS])),
        evidence_for(Corpus.objects.filter(slug=corpus).first(), asked.get("verdicts")),
    )


def address_of(question: SubgroupQuestion) -> dict[str, str]:
    """The parameters that ``question_of`` reads back."""
    return {
        "by": question.dimension,
        "share": question.measure,
        "kept": question.cut.word,
        "verdicts": question.evidence,
    }
