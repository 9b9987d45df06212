"""What a clip is worth judging, by hand, and that drawing by it narrows the wanted estimate."""

from __future__ import annotations

import numpy as np
import pytest

from annotation.estimation import InputError
from annotation.sampling import next_best_size, recall_weights, sequential_poisson


def test_worth_by_hand() -> None:
    assert next_best_size(1.0, 0.5) == pytest.approx(0.5)
    assert next_best_size(3.0, 0.1) == pytest.approx(3 * 0.3)
    # 0.9·0.1 + (0.9 − 0.5)² = 0.25
    assert next_best_size(2.0, 0.9, 0.5) == pytest.approx(1.0)
    assert next_best_size(1.0, 1.0) == 0.0
    assert next_best_size(1.0, 1.0, 0.75) == pytest.approx(0.25)


def test_recall_weighs_the_rarer_side_more() -> None:
    # R = 90 / 100: one more accepted clip among the left moves it nine times as far as one among the kept.
    assert recall_weights(90, 10) == (pytest.approx(0.1), pytest.approx(0.9))
    assert recall_weights(0, 0) == (1.0, 1.0)


def test_drawing_by_worth_narrows_hajek_and_stays_without_bias() -> None:
    rng = np.random.default_rng(5)
    chance = np.where(np.arange(600) < 480, 0.98, 0.4)
    good = rng.random(600) < chance
    truth = float(good.mean())
    worth = {str(i): next_best_size(1.0, float(q), float(chance.mean())) for i, q in enumerate(chance)}
    plain = dict.fromkeys(worth, 1.0)
    errors: dict[str, list[float]] = {"worth": [], "plain": []}
    for seed in range(150):
        for name, sizes in (("worth", worth), ("plain", plain)):
            found = sequential_poisson(sizes, 60, seed=f"{seed}", floor=0.2 * 60 / 600).items()
            weight = np.array([1 / one.probability for one in found])
            answers = np.array([good[int(one.item)] for one in found])
            errors[name].append(float((weight * answers).sum() / weight.sum()) - truth)
    spread = {name: float(np.sqrt(np.mean(np.square(row)))) for name, row in errors.items()}
    assert spread["worth"] < 0.85 * spread["plain"], spread
    assert abs(np.mean(errors["worth"])) < 3 * spread["worth"] / 150**0.5 + 0.01


@pytest.mark.parametrize(
    ("weight", "chance", "centre"), [(-1, 0.5, None), (1, 1.5, None), (float("nan"), 0.5, None), (1, 0.5, 2)]
)
def test_bad_input(weight, chance, centre) -> None:
    with pytest.raises(InputError):
        next_best_size(weight, chance, centre)
    with pytest.raises(InputError):
        recall_weights(-1, 2)
