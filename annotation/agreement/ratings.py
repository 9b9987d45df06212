"""Answers of people to one question, laid out for the coefficients."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from annotation.estimation.values import InputError

Answer = Hashable


@dataclass(frozen=True, slots=True)
class Rating:
    """One person's answer on one item; ``seconds`` of active time where it was measured."""

    item: str
    rater: str
    answer: Answer
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RatingGrid:
    """Answers by item and rater, with the categories in a fixed order.

    ``answers[item][rater]`` is an index into ``categories``.
    """

    items: tuple[str, ...]
    raters: tuple[str, ...]
    categories: tuple[Answer, ...]
    answers: dict[str, dict[str, int]]

    def counts(self) -> npt.NDArray[np.int64]:
        """How many people gave each answer to each item, shape (items, categories)."""
        counts = np.zeros((len(self.items), len(self.categories)), dtype=np.int64)
        for row, item in enumerate(self.items):
            for index in self.answers[item].values():
                counts[row, index] += 1
        return counts

    def pair_table(self, first: str, second: str) -> npt.NDArray[np.int64]:
        """Answers of two raters on the items that both judged, shape (categories, categories)."""
        size = len(self.categories)
        table = np.zeros((size, size), dtype=np.int64)
        for given in self.answers.values():
            if first in given and second in given:
                table[given[first], given[second]] += 1
        return table

    def pair_tables(self) -> dict[tuple[str, str], npt.NDArray[np.int64]]:
        """``pair_table`` of every two raters who judged an item in common, in one pass over the items.

        Keys are (first, second) in the order of ``raters``.
        """
        size = len(self.categories)
        tables: dict[tuple[str, str], npt.NDArray[np.int64]] = {}
        for given in self.answers.values():
            for first, second in combinations(sorted(given), 2):
                table = tables.get((first, second))
                if table is None:
                    table = tables[first, second] = np.zeros((size, size), dtype=np.int64)
                table[given[first], given[second]] += 1
        return tables


def rating_grid(ratings: Iterable[Rating], categories: Sequence[Answer] | None = None) -> RatingGrid:
    """Lay ratings out; without ``categories``, True and False are assumed for yes-or-no answers.

    Raises ``InputError`` for a second answer of the same person on the same item, and for an answer outside
    ``categories``.
    """
    rows = list(ratings)
    if categories is None:
        seen = {row.answer for row in rows}
        categories = (True, False) if seen <= {True, False} else tuple(sorted(seen, key=repr))
    if len(set(categories)) != len(categories):
        raise InputError(f"the same category is named twice: {list(categories)}")
    index = {category: place for place, category in enumerate(categories)}
    answers: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.answer not in index:
            raise InputError(f"item {row.item}, rater {row.rater}: answer {row.answer!r} is not a category")
        given = answers.setdefault(row.item, {})
        if row.rater in given:
            raise InputError(
                f"item {row.item} has two answers of rater {row.rater}: keep the one that counts"
            )
        given[row.rater] = index[row.answer]
    raters = sorted({row.rater for row in rows})
    return RatingGrid(tuple(answers), tuple(raters), tuple(categories), answers)
