"""Dawid–Skene: answers weighted by how well each rater seems to do. Shown beside the votes, never used to
certify.

Source: A. P. Dawid and A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM
algorithm", Appl. Stat. 28 (1979), as implemented in crowd-kit.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from annotation.consensus.settlement import Vote
from annotation.estimation.values import InputError, Undefined


@dataclass(frozen=True, slots=True)
class ItemVotes:
    """The blind votes on one item."""

    item: str
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class DawidSkeneResult:
    """``chances[item][answer]`` and ``confusion[rater][true answer][answer given]``, all in [0, 1].

    Model output under the assumption that raters err independently given the true answer; not evidence.
    """

    chances: dict[str, dict[Hashable, float]]
    confusion: dict[str, dict[Hashable, dict[Hashable, float]]]

    def answer(self, item: str) -> Hashable | Undefined:
        """The likeliest answer; not defined for an unknown item or a tie."""
        ranked = sorted(self.chances.get(item, {}).items(), key=lambda pair: -pair[1])
        if not ranked:
            return Undefined("nobody judged this item")
        if len(ranked) > 1 and abs(ranked[0][1] - ranked[1][1]) < 1e-9:
            return Undefined("the model finds two answers equally likely")
        return ranked[0][0]


def dawid_skene(items: Iterable[ItemVotes], *, iterations: int = 100) -> DawidSkeneResult | Undefined:
    """Fit the model; not defined with fewer than two raters, two answers, or without an item of two votes."""
    rows: list[tuple[str, str, Hashable]] = []
    for entry in items:
        for vote in entry.votes:
            if vote.answer is not None:
                rows.append((entry.item, vote.rater, vote.answer))
    if len({(item, rater) for item, rater, _ in rows}) < len(rows):
        raise InputError("a rater has two votes on one item: keep the one that counts")
    if len({rater for _, rater, _ in rows}) < 2:
        return Undefined("the model needs at least two raters")
    answers = sorted({answer for _, _, answer in rows}, key=repr)
    if len(answers) < 2:
        return Undefined("everyone gave the same answer, so there is nothing to model")
    if len({item for item, _, _ in rows}) == len(rows):
        return Undefined("no item was judged by two people")
    code = {answer: place for place, answer in enumerate(answers)}
    # Imported here: together they take most of a second, and only this page wants them.
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    frame = pd.DataFrame(
        [(item, rater, code[answer]) for item, rater, answer in rows], columns=["task", "worker", "label"]
    )
    model = DawidSkene(n_iter=iterations).fit(frame)
    chances = {
        str(item): {answer: float(row.get(code[answer], 0.0)) for answer in answers}
        for item, row in model.probas_.iterrows()
    }
    confusion: dict[str, dict[Hashable, dict[Hashable, float]]] = {}
    errors = model.errors_
    for rater in sorted({rater for _, rater, _ in rows}):
        given = errors.loc[rater]
        confusion[rater] = {
            truth: {
                said: float(given.loc[code[said], code[truth]]) if code[said] in given.index else 0.0
                for said in answers
            }
            for truth in answers
        }
    return DawidSkeneResult(chances, confusion)
