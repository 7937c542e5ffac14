"""The posterior of a Gaussian process's hyperparameters under priors by which few inputs matter."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
import torch
from torch import Tensor

from augury.inference.evaluator import Array, Evaluator
from augury.models.exact.marginal_likelihood import MarginalLikelihood

#: The scale of the half-Cauchy prior of the overall relevance `tau`.
RELEVANCE = 0.1
#: How far about their first values chains begin, and the first logarithm of the noise variance.
_AROUND, _FIRST_LOG_NOISE = 0.3, -4.0
#: A typical size of the coordinates, all of them logarithms, and the largest hyperparameter in amount.
_SIZE, _FARTHEST = 1.0, 25.0


@dataclass(frozen=True)
class SparseAxisDensity:
    r"""The log posterior density of relevances and noise.

    .. math::
        \ell_i^{-2} = \tau \rho_i, \qquad \tau \sim \mathcal{HC}(0.1), \quad
        \rho_i \sim \mathcal{HC}(1) \text{ half-Cauchy},

    so that most inputs have a long lengthscale, and those that the data ask for a short one. The coordinates
    are `log tau, log rho_1 .. log rho_d`, then the hyperparameters of categories and the log noise variance,
    whose priors are those of the Gaussian process; the constant mean is maximised out.

    Source: Eriksson and Jankowiak (2021), "High-dimensional Bayesian optimization with sparse axis-aligned
    subspaces", section 4.

    Args:
        likelihood: of one outcome, with no prior of its lengthscales.
        num_lengthscales: `d`; they come first among its hyperparameters.
    """

    likelihood: MarginalLikelihood
    num_lengthscales: int

    @property
    def dim(self) -> int:
        """The number of coordinates."""
        return 1 + self.likelihood.bounds().shape[1]

    @property
    def scale(self) -> Array:
        """`dim` typical sizes of the coordinates."""
        return np.full(self.dim, _SIZE)

    def theta(self, position: Array) -> Array:
        """Hyperparameters of the Gaussian process (`... x p`) at coordinates (`... x dim`)."""
        last = self.num_lengthscales + 1
        lengthscales = -0.5 * (position[..., :1] + position[..., 1:last])
        return np.concatenate([lengthscales, position[..., last:]], axis=-1)

    def value_gradient(self, position: Array) -> tuple[float, Array]:
        """The density at one point (`dim`) and its gradient; `-inf` where it cannot be computed."""
        last, theta = self.num_lengthscales + 1, self.theta(position)
        nowhere = -np.inf, np.zeros_like(position)
        if not np.abs(theta).max() < _FARTHEST:
            return nowhere
        value, slope = self.likelihood.value_gradient(theta)
        if not np.isfinite(value):
            return nowhere
        by_lengthscale = -0.5 * slope[: last - 1]
        gradient = np.concatenate([[by_lengthscale.sum()], by_lengthscale, slope[last - 1 :] + 1.0])
        relevances = position[:last].copy()
        relevances[0] -= log(RELEVANCE)
        # of u = log v, v half-Cauchy: 2 v / (pi (1 + v^2)); the others' priors lack the Jacobian of the log
        value += float(relevances.sum() - np.logaddexp(0.0, 2.0 * relevances).sum() + position[last:].sum())
        gradient[:last] -= np.tanh(relevances)
        return value, gradient

    def evaluator(self, C: int) -> Evaluator:
        """For `C` chains."""
        return _Evaluator(self)

    def initial(self, C: int, generator: torch.Generator) -> Tensor:
        """`C` points to start from, about inputs that all matter a little."""
        first = torch.full((self.dim,), 0.0, dtype=torch.float64)
        first[0] = log(RELEVANCE)
        rest = self.likelihood.covariance.starts()[0][self.num_lengthscales :]
        first[self.num_lengthscales + 1 :] = _FIRST_LOG_NOISE
        first[self.num_lengthscales + 1 : self.num_lengthscales + 1 + len(rest)] = torch.from_numpy(rest)
        return first + _AROUND * torch.randn(C, self.dim, generator=generator, dtype=torch.float64)


class _Evaluator(Evaluator):
    """Chain after chain: the time is that of each one's factorisation."""

    def __init__(self, density: SparseAxisDensity) -> None:
        super().__init__(density.scale)
        self._density = density

    def value_gradient(self, position: Array) -> tuple[Array, Array]:
        pairs = [self._density.value_gradient(one) for one in position]
        return np.array([value for value, _ in pairs]), np.stack([gradient for _, gradient in pairs])

    def value(self, position: Array) -> Array:
        return self.value_gradient(position)[0]

    def gradient(self, position: Array) -> Array:
        return self.value_gradient(position)[1]
