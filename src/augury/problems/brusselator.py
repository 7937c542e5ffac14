"""The Brusselator: how uneven two reacting and diffusing chemicals end up, from four rate constants."""

from __future__ import annotations

from typing import final

import numpy as np
import torch
from botorch.test_functions.synthetic import SyntheticTestFunction
from scipy.integrate import solve_ivp
from torch import Tensor

_CELLS = 64
_END = 20.0
_TOLERANCE = 1e-4


@final
class Brusselator(SyntheticTestFunction):
    r"""Weighted variance of the two concentrations at t = 20, on a square of 64 x 64 cells; minimised.

    .. math::
        \partial_t u = D_0 \Delta u + a - (b + 1) u + u^2 v, \qquad
        \partial_t v = D_1 \Delta v + b u - u^2 v

    with no flux through the edges, from u = a and v = b / a + 0.1 z, where z is standard normal in each cell.
    The two fields are multiplied by 1 within two cells of the edge and by 0.1 elsewhere, and the value is
    the variance over all cells of both. (The comment in the published code has the weights the other way
    round; what it computes is this.)

    The published code takes Euler steps of 0.001, which are unstable in a corner of the box (small a, large
    b), and draws another z at each evaluation. Here an adaptive Runge-Kutta method solves the equations to a
    relative tolerance of 1e-4, and z belongs to the problem.

    Source: Maddox, Balandat, Wilson and Bakshy, "Bayesian optimization with high-dimensional outputs",
    NeurIPS 2021; used by Li, Rudner and Wilson (ICLR 2024).

    Args:
        seed: of the initial disturbance z.
        noise_std, negate: as in BoTorch.
    """

    dim = 4
    _bounds = [(0.1, 5.0), (0.1, 5.0), (0.01, 5.0), (0.01, 5.0)]
    continuous_inds = [0, 1, 2, 3]
    _check_grad_at_opt = False

    def __init__(self, seed: int = 0, noise_std: float | None = None, negate: bool = False) -> None:
        super().__init__(noise_std=noise_std, negate=negate)
        self._disturbance = 0.1 * np.random.default_rng(seed).standard_normal((_CELLS, _CELLS))
        near_edge = np.ones((_CELLS, _CELLS), dtype=bool)
        near_edge[2:-2, 2:-2] = False
        self._weights = np.where(near_edge, 1.0, 0.1)

    def fields(self, a: float, b: float, d0: float, d1: float) -> np.ndarray:
        """Both concentrations at the end: `2 x 64 x 64`."""
        start = np.stack([np.full((_CELLS, _CELLS), a), b / a + self._disturbance])
        solution = solve_ivp(
            _Reaction(a, b, d0, d1),
            (0.0, _END),
            start.ravel(),
            method="RK45",
            t_eval=[_END],
            rtol=_TOLERANCE,
            atol=1e-2 * _TOLERANCE,
        )
        return solution.y[:, -1].reshape(start.shape)

    def _evaluate_true(self, X: Tensor) -> Tensor:
        rows = X.detach().reshape(-1, self.dim).tolist()
        values = [float(np.var(self._weights * self.fields(*row), ddof=1)) for row in rows]
        return torch.tensor(values, dtype=X.dtype).reshape(X.shape[:-1])


class _Reaction:
    """The right-hand side, `(t, y) -> dy/dt`, on the flattened fields."""

    def __init__(self, a: float, b: float, d0: float, d1: float) -> None:
        self.a, self.b, self.d0, self.d1 = a, b, d0, d1

    def __call__(self, t: float, y: np.ndarray) -> np.ndarray:
        u, v = y.reshape(2, _CELLS, _CELLS)
        change = np.empty((2, _CELLS, _CELLS))
        _laplacian(u, change[0])
        _laplacian(v, change[1])
        change[0] *= self.d0
        change[1] *= self.d1
        conversion = u * u
        conversion *= v
        conversion -= self.b * u
        change[0] += conversion
        change[0] += self.a - u
        change[1] -= conversion
        return change.reshape(-1)


def _laplacian(field: np.ndarray, out: np.ndarray) -> None:
    """Five-point Laplacian for cells of size 1; a cell outside the edge has the value of the one inside."""
    np.multiply(field, -4.0, out=out)
    out[1:] += field[:-1]
    out[:-1] += field[1:]
    out[:, 1:] += field[:, :-1]
    out[:, :-1] += field[:, 1:]
    out[0] += field[0]
    out[-1] += field[-1]
    out[:, 0] += field[:, 0]
    out[:, -1] += field[:, -1]
