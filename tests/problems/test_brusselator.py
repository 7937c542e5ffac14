"""The Brusselator against an independent solver's values, and its equations by finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.problems.brusselator import Brusselator, _Reaction

# py-pde 0.59, explicit Euler with dt = 1e-3, no-flux boundaries, the same initial fields.
SOLVED_ELSEWHERE = {
    (2.5, 2.5, 2.5, 2.5): 0.337113286,
    (1.0, 3.0, 0.1, 1.0): 0.426666361,
    (1.0, 3.0, 1.0, 0.1): 0.566961469,
}


def test_values_are_those_of_py_pde() -> None:
    X = torch.tensor(list(SOLVED_ELSEWHERE), dtype=torch.float64)
    expected = np.array(list(SOLVED_ELSEWHERE.values()))
    np.testing.assert_allclose(Brusselator()(X).numpy(), expected, rtol=2e-3)


def test_the_right_hand_side_is_reaction_plus_diffusion_without_flux() -> None:
    a, b, d0, d1 = 1.0, 2.0, 0.3, 0.7
    u, v = np.random.default_rng(0).uniform(0.5, 2.0, (2, 64, 64))
    change = _Reaction(a, b, d0, d1)(0.0, np.stack([u, v]).ravel()).reshape(2, 64, 64)

    def laplacian(f: np.ndarray) -> np.ndarray:
        padded = np.pad(f, 1, mode="edge")
        return padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2] - 4.0 * f

    np.testing.assert_allclose(change[0], d0 * laplacian(u) + a - (b + 1) * u + u**2 * v, atol=1e-12)
    np.testing.assert_allclose(change[1], d1 * laplacian(v) + b * u - u**2 * v, atol=1e-12)


def test_fast_diffusion_ends_in_the_uniform_steady_state() -> None:
    fields = Brusselator().fields(2.5, 2.5, 5.0, 5.0)
    np.testing.assert_allclose(fields[0], 2.5, atol=1e-2)
    np.testing.assert_allclose(fields[1], 1.0, atol=1e-2)


def test_the_stiff_corner_gives_a_number() -> None:
    """There the published code's Euler steps diverge."""
    value = Brusselator()(torch.tensor([[0.1, 5.0, 5.0, 5.0]], dtype=torch.float64))
    assert float(value) == pytest.approx(1.123, rel=0.02)
