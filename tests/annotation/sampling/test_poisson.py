"""Unequal probabilities with a floor: what is stated is what happens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.estimation import InputError
from annotation.sampling import (
    Candidate,
    exact_inclusion,
    next_best,
    sequential_poisson,
    target_probabilities,
)

sizes = st.lists(st.floats(0, 100), min_size=2, max_size=30).map(
    lambda row: {str(i): v for i, v in enumerate(row)}
)


@given(sizes, st.floats(0.01, 0.99), st.floats(0.05, 1.0))
def test_targets_add_up_and_keep_floor_and_ceiling(row: dict[str, float], part: float, share: float) -> None:
    n = max(1, round(part * len(row)))
    floor = share * n / len(row)
    targets = target_probabilities(row, n, floor=floor)
    assert sum(targets.values()) == pytest.approx(n)
    assert all(floor - 1e-9 <= value <= 1 for value in targets.values())
    for one, other in zip(row, list(row)[1:], strict=False):
        if row[one] < row[other]:
            assert targets[one] <= targets[other] + 1e-6


def test_exact_inclusion_equals_simulation_and_adds_up() -> None:
    targets = [0.2, 0.5, 0.9, 0.4, 1.0]
    exact = np.array(exact_inclusion(targets, 3))
    assert exact.sum() == pytest.approx(3)
    rank = np.random.default_rng(1).random((200_000, 5)) / np.array(targets)
    chosen = np.argsort(rank, axis=1)[:, :3]
    seen = np.bincount(chosen.ravel(), minlength=5) / 200_000
    assert np.abs(seen - exact).max() < 0.005


def test_exact_inclusion_of_two_by_hand() -> None:
    # P(u₁/a < u₂/b) with a < b: ∫₀^a (1 − b t/a … ) = a / (2b).
    first, second = exact_inclusion([0.25, 0.5], 1)
    assert first == pytest.approx(0.25 / (2 * 0.5))
    assert second == pytest.approx(1 - first)


def test_stated_probabilities_estimate_any_total_without_bias_at_any_prefix() -> None:
    rng = np.random.default_rng(7)
    size = {str(i): float(v) for i, v in enumerate(rng.gamma(1, 1, 20))}
    value = {name: rng.random() for name in size}
    truth = sum(value.values())
    draws = [sequential_poisson(size, 8, seed=str(seed), floor=0.05) for seed in range(1200)]
    for prefix in (3, 8):
        totals = [sum(value[row.item] / row.probability for row in draw.items(prefix)) for draw in draws]
        error = np.std(totals) / np.sqrt(len(totals))
        assert abs(np.mean(totals) - truth) < 4 * error


def test_order_is_by_rank_and_prefixes_nest() -> None:
    draw = sequential_poisson({str(i): i + 1.0 for i in range(30)}, 12, seed="s", floor=0.01)
    ranks = [row.rank for row in draw.ranked]
    assert ranks == sorted(ranks) and ranks[-1] <= draw.next_rank
    assert [row.item for row in draw.items(5)] == [row.item for row in draw.items()][:5]
    assert all(0 < row.probability <= 1 for row in draw.items())


def test_drawing_everything_is_certain() -> None:
    draw = sequential_poisson({"a": 1.0, "b": 5.0}, 2, seed="s", floor=0.1)
    assert {row.probability for row in draw.items()} == {1.0}


def test_a_floor_is_compulsory_and_must_fit() -> None:
    with pytest.raises(InputError, match="never be drawn"):
        sequential_poisson({"a": 1.0, "b": 2.0}, 1, seed="s", floor=0.0)
    with pytest.raises(InputError, match="needs more"):
        sequential_poisson({"a": 1.0, "b": 2.0}, 1, seed="s", floor=0.9)


def test_next_best_prefers_the_unsure_and_forgets_nobody() -> None:
    clips = [Candidate(f"sure {i}", 1, 0.999) for i in range(500)]
    clips += [Candidate(f"unsure {i}", 1, 0.5) for i in range(500)]
    draw = next_best(clips, 200, seed="s", floor_share=0.2)
    drawn = [row.item for row in draw.items()]
    assert sum(name.startswith("unsure") for name in drawn) > 120
    assert any(name.startswith("sure") for name in drawn)
    assert min(row.target for row in draw.ranked) >= 0.2 * 200 / 1000 - 1e-9
    with pytest.raises(InputError):
        next_best([], 1, seed="s")


def test_exact_chances_of_no_draw_and_of_a_size_that_cannot_be() -> None:
    assert exact_inclusion([0.5, 0.5, 0.9], 0) == (0.0, 0.0, 0.0)
    for size in (-1, 2.5, float("nan")):
        with pytest.raises(InputError, match="n must be a whole number"):
            exact_inclusion([0.5, 0.5, 0.9], size)  # type: ignore[arg-type]
