"""The closed-form kernel of categories against loops and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.models.exact.mismatch import Mismatch

RNG = np.random.default_rng(0)
CODES = np.stack([RNG.integers(3, size=12), RNG.integers(2, size=12)], axis=1).astype(float)
OTHERS = np.array([[0.0, 1.0], [7.0, 0.0]])  # 7 was never seen
RATES = np.array([0.7, 0.3])


def by_loops(left: np.ndarray, right: np.ndarray, rates: np.ndarray = RATES) -> np.ndarray:
    return np.array([[np.exp(-(rates * (a != b)).sum()) for b in right] for a in left])


def test_it_counts_what_differs_by_rate() -> None:
    kernel = Mismatch(CODES).at(RATES)
    np.testing.assert_allclose(kernel.matrix(), by_loops(CODES, CODES), rtol=1e-12)
    np.testing.assert_allclose(kernel.cross(OTHERS), by_loops(OTHERS, CODES), rtol=1e-12)
    exponent = kernel.exponent(torch.from_numpy(OTHERS), torch.from_numpy(CODES))
    np.testing.assert_allclose(np.exp(-exponent.numpy()), by_loops(OTHERS, CODES), rtol=1e-12)


def test_other_rates_are_those_of_a_copy() -> None:
    kernel = Mismatch(CODES).at(RATES)
    kernel.at(2.0 * RATES)
    np.testing.assert_allclose(kernel.matrix(), by_loops(CODES, CODES), rtol=1e-12)


@pytest.mark.parametrize("category", [0, 1])
def test_derivatives_agree_with_differences(category: int) -> None:
    kernel, step = Mismatch(CODES).at(RATES), 1e-5
    K = np.asfortranarray(kernel.matrix())

    def at(shift: float) -> np.ndarray:
        rates = RATES.copy()
        rates[category] *= np.exp(-shift)  # log lambda = -log rate
        return by_loops(CODES, CODES, rates)

    difference = (at(step) - at(-step)) / (2.0 * step)
    vector = RNG.standard_normal(len(CODES))
    np.testing.assert_allclose(kernel.derivatives(K, vector)[:, category], difference @ vector, atol=1e-8)
    weights = RNG.standard_normal((len(CODES), len(CODES)))
    weights = np.asfortranarray(weights + weights.T)
    np.testing.assert_allclose(kernel.pullback(weights, K)[category], (weights * difference).sum(), atol=1e-8)
