"""Gaussian-process regression on one input in time linear in the points."""

from __future__ import annotations

from math import log, pi
from typing import Self

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.state_space.matern import MaternSDE
from augury.inference.state_space.smoother import Chain, kalman_filter, kalman_smoother

#: Where log lengthscale (in ranges of the input), variance and noise (in outcomes' variances) are searched.
_BOUNDS = ((log(1e-3), log(1e2)), (log(1e-3), log(1e3)), (log(1e-6), log(10.0)))
_START = (log(0.2), 0.0, log(0.1))


class StateSpaceRegression:
    r"""Exact regression with a Matern process, :math:`y_i = c + f(t_i) + \varepsilon_i`, in `O(n)`.

    The same posterior and marginal likelihood as dense algebra has, by Kalman filter and smoother. It is for
    one input and many points; several inputs take another model.

    Args:
        t: `n` inputs in any order, equal ones included.
        y: `n` outcomes; their mean is `c`.
        nu: smoothness, 1/2, 3/2 or 5/2.

    Raises:
        InvalidInputError: lengths that differ, no points, entries that are not finite.
    """

    def __init__(self, t: Tensor, y: Tensor, nu: float = 1.5) -> None:
        t, y = torch.as_tensor(t, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
        if t.dim() != 1 or t.shape != y.shape or not len(t):
            raise InvalidInputError(
                f"t and y must be n numbers each; given {tuple(t.shape)}, {tuple(y.shape)}"
            )
        if not bool(t.isfinite().all() and y.isfinite().all()):
            raise InvalidInputError("t and y must be finite; leave out points that were not measured")
        self._nu = nu
        self._levels, self._index, counts = torch.unique(t, return_inverse=True, return_counts=True)
        self._counts = counts.double()
        self._range = float(self._levels[-1] - self._levels[0]) or 1.0
        self._constant, spread = float(y.mean()), float(y.std(correction=0)) if len(y) > 1 else 0.0
        self._scale = spread or 1.0
        residual = (y - self._constant) / self._scale
        self._sums = torch.zeros_like(self._levels).index_add_(0, self._index, residual)
        self._squares = float(residual.square().sum())
        self._theta = np.array(_START)

    @property
    def hyperparameters(self) -> dict[str, float]:
        """`lengthscale`, `variance` and `noise` (a variance), in the units of the data."""
        length, variance, noise = np.exp(self._theta)
        return {
            "lengthscale": float(length) * self._range,
            "variance": float(variance) * self._scale**2,
            "noise": float(noise) * self._scale**2,
        }

    def fit(self) -> Self:
        """Maximise the marginal likelihood.

        Returns:
            The regression itself.
        """

        def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
            free = torch.tensor(theta, requires_grad=True)
            with torch.enable_grad():
                value = -self._log_likelihood(free)
            (slope,) = torch.autograd.grad(value, free)
            return float(value.detach()), slope.numpy()

        self._theta = minimize(objective, self._theta, jac=True, bounds=_BOUNDS, method="L-BFGS-B").x
        return self

    def log_likelihood(self) -> float:
        """The log marginal likelihood of the outcomes at the current hyperparameters."""
        n = float(self._counts.sum())
        with torch.no_grad():
            return float(self._log_likelihood(torch.from_numpy(self._theta))) - n * log(self._scale)

    def _log_likelihood(self, theta: Tensor) -> Tensor:
        n = self._counts.sum()
        chain = self._chain(self._levels, self._sums, self._counts, theta)
        noise = theta[2].exp()
        constant = -0.5 * self._squares / noise - 0.5 * n * (theta[2] + log(2.0 * pi))
        return kalman_filter(chain).log_evidence + constant

    def predict(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noise-free function at `t` (`m` inputs in any order)."""
        t = torch.as_tensor(t, dtype=torch.float64)
        times, inverse = torch.unique(torch.cat([self._levels, t]), return_inverse=True)
        old, new = inverse[: len(self._levels)], inverse[len(self._levels) :]
        sums, counts = torch.zeros_like(times), torch.zeros_like(times)
        sums[old], counts[old] = self._sums, self._counts
        with torch.no_grad():
            smoothed = kalman_smoother(self._chain(times, sums, counts, torch.from_numpy(self._theta)))
        mean = self._constant + self._scale * smoothed.mean[new, 0]
        return mean, self._scale**2 * smoothed.covariance[new, 0, 0].clamp_min(0.0)

    def _chain(self, times: Tensor, sums: Tensor, counts: Tensor, theta: Tensor) -> Chain:
        sde = MaternSDE(self._nu, theta[0].exp() * self._range, theta[1].exp())
        A, Q = sde.transition(times.diff())
        H = torch.zeros(1, sde.order, dtype=torch.float64)
        H[0, 0] = 1.0
        noise = theta[2].exp()
        return Chain(
            sde.stationary_covariance, A, Q, H, (counts / noise)[:, None, None], (sums / noise)[:, None]
        )
