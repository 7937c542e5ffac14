"""Thompson sampling: the search follows one function that the surrogate holds possible."""

from __future__ import annotations

from typing import Any

import numpy as np

from augury.acquisition.fantasies import FantasizedMoments
from augury.acquisition.moments import lengthscales_of


class ThompsonSample:
    r"""One draw of the function from the posterior.

    .. math::
        \tilde f(x) = \pm \big(\mu(x) + c_x \Sigma_{CC}^{-1} (f_C - \mu_C)\big), \qquad
        f_C \sim \mathcal N(\mu_C, \Sigma_{CC})

    The values at the candidates C are drawn jointly and exactly; between them the draw is its own posterior
    mean given those values, so that it is smooth, has a gradient in closed form, and can be followed to its
    maximum. The candidates should be where the maximum may lie.

    Args:
        model: a BoTorch model of one outcome (see `location_scale_of`).
        candidates: `b x d` points C.
        maximize: whether larger outcomes are better.
        seed: of the draw.

    Source: Thompson, "On the likelihood that one unknown probability exceeds another in view of the evidence
    of two samples", Biometrika 25 (1933); for batches Kandasamy et al., "Parallelised Bayesian optimisation
    via Thompson sampling", AISTATS 2018.
    """

    def __init__(self, model: Any, candidates: np.ndarray, maximize: bool = True, *, seed: int = 0) -> None:
        self.sign = 1.0 if maximize else -1.0
        self.lengthscales = lengthscales_of(model)
        self.moments = FantasizedMoments(model, candidates, count=1, seed=seed)

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        means, _ = self.moments(X)
        return self.sign * means[:, 0]

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`, 0 in categorical columns)."""
        means, variance = self.moments(X, gradient=True)
        weights = np.full_like(means, self.sign)
        return self.sign * means[:, 0], self.moments.pullback(weights, np.zeros_like(variance))
