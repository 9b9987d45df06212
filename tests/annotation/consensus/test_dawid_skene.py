"""Dawid–Skene weighs raters by what they seem to know, and says when it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from annotation.consensus import DawidSkeneResult, ItemVotes, Vote, dawid_skene
from annotation.estimation import InputError, Undefined


def simulate(accuracy: dict[str, tuple[float, float]], n: int = 400) -> tuple[list[ItemVotes], list[bool]]:
    rng = np.random.default_rng(5)
    truth = (rng.random(n) < 0.6).tolist()
    items = []
    for item, good in enumerate(truth):
        votes = []
        for rater, (yes_if_good, no_if_bad) in accuracy.items():
            right = rng.random() < (yes_if_good if good else no_if_bad)
            votes.append(Vote(rater, good if right else not good))
        items.append(ItemVotes(str(item), tuple(votes)))
    return items, truth


def test_finds_out_who_errs_in_which_way() -> None:
    items, truth = simulate(
        {"careful": (0.97, 0.95), "lenient": (0.99, 0.5), "strict": (0.6, 0.98), "fair": (0.9, 0.9)}
    )
    found = dawid_skene(items)
    assert isinstance(found, DawidSkeneResult)
    right = np.mean([found.answer(entry.item) == good for entry, good in zip(items, truth, strict=True)])
    assert right > 0.94
    assert found.confusion["lenient"][False][True] == pytest.approx(0.5, abs=0.1)
    assert found.confusion["strict"][True][False] == pytest.approx(0.4, abs=0.1)
    for rater in found.confusion.values():
        for row in rater.values():
            assert sum(row.values()) == pytest.approx(1.0)


def test_says_when_it_cannot() -> None:
    assert isinstance(dawid_skene([]), Undefined)
    assert isinstance(
        dawid_skene([ItemVotes("1", (Vote("a", True),)), ItemVotes("2", (Vote("a", False),))]), Undefined
    )
    assert isinstance(dawid_skene([ItemVotes("1", (Vote("a", True), Vote("b", True)))]), Undefined)
    assert isinstance(
        dawid_skene([ItemVotes("1", (Vote("a", True),)), ItemVotes("2", (Vote("b", False),))]), Undefined
    )
    with pytest.raises(InputError):
        dawid_skene([ItemVotes("1", (Vote("a", True), Vote("a", False)))])


def test_unknown_items_have_no_answer() -> None:
    items, _ = simulate({"x": (0.9, 0.9), "y": (0.9, 0.9), "z": (0.8, 0.9)}, 50)
    found = dawid_skene(items)
    assert isinstance(found, DawidSkeneResult) and isinstance(found.answer("nobody"), Undefined)
