"""Gaussian processes whose hyperparameters are sampled around the modes of their posterior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.networks.prior_fitted.hyperparameter_modes import Hyperposterior, kernels
from augury.networks.prior_fitted.opinions import Opinions
from augury.numerics.quasi_random import quasi_normal

_DRAWN, _KEPT = 16, 8  # of each kernel
_WIDER = 1.2  # the proposal, in deviations, than the normal at the mode
_LEAST_VARIANCE = 1e-9  # of the signal's


@dataclass(frozen=True)
class SampledExperts:
    """Processes with a Matern-5/2 and with a squared exponential kernel, `B x 2 x S`, and their weights.

    Args:
        order: `B x 1 x d`, the inputs as they are sorted within.
        theta: `B x 2 x S x (d + 1)` hyperparameters, as in `Hyperposterior`.
        z: `B x 2 x S x n x d` inputs over lengthscales.
        root: `B x 2 x S x n x n` inverse Cholesky factors of the covariances given unit scale.
        alpha: `B x 2 x S x n`, the covariance's inverse times the outcomes.
        scale: `B x 2 x S` squared scales, the mean of their posterior.
        weights: `B x 2 x S`, of sum 1 over the last two.
    """

    order: Tensor
    theta: Tensor
    z: Tensor
    root: Tensor
    alpha: Tensor
    scale: Tensor
    weights: Tensor

    @classmethod
    def draw(cls, X: Tensor, y: Tensor, start: Tensor) -> Self:
        """By importance: from the normal at the mode of each kernel, weighed by posterior over proposal.

        The mode is climbed to from a start, the normal's precision is the expected curvature there. The
        numbers drawn are the same for all data sets, along the inputs in the order of their rates.

        Args:
            X: `B x n x d` inputs in the unit cube.
            y: `B x n` standardised outcomes.
            start: `B x 2 x (d + 1)` hyperparameters.
        """
        order = start[:, :1, :-1].argsort(dim=-1, descending=True, stable=True)
        rates = start[..., :-1].gather(-1, order.expand(-1, 2, -1))
        posterior = Hyperposterior(_sorted(X, order), y)
        mode = posterior.climb(torch.cat([rates, start[..., -1:]], dim=-1).unsqueeze(-2))
        factor, _ = torch.linalg.cholesky_ex(posterior.precision(mode).squeeze(2))
        normal = _normal_numbers(mode.shape[-1]).mT.expand(*factor.shape[:-1], -1)
        theta = mode + _WIDER * torch.linalg.solve_triangular(factor.mT, normal, upper=True).mT
        found = posterior.factored(theta)
        proposal = -0.5 * normal.square().sum(-2)  # up to the normal's volume, which differs by kernel
        proposal = proposal + factor.diagonal(dim1=-2, dim2=-1).log().sum(-1, keepdim=True)
        best = (found.log_density - proposal).topk(_KEPT, dim=-1)
        weights = best.values.flatten(1).softmax(-1).reshape(best.values.shape)

        def kept(values: Tensor) -> Tensor:
            index = best.indices.reshape(*best.indices.shape, *[1] * (values.dim() - 3))
            return values.gather(2, index.expand(*best.indices.shape, *values.shape[3:]))

        eye = torch.eye(X.shape[1], dtype=X.dtype)
        root = torch.linalg.solve_triangular(kept(found.factor), eye, upper=False)
        scale = kept(found.square) * (1.0 + 2.0 / (posterior.rows - 1.0)) / posterior.rows
        return cls(order, kept(theta), kept(found.z), root, kept(found.alpha), scale, weights)

    def relevance(self) -> Tensor:
        """`B x d` average rates of the inputs, of root mean square 1."""
        rates = (self.weights.unsqueeze(-1) * self.theta[..., :-1].exp()).sum((1, 2))
        rates = rates / rates.square().mean(-1, keepdim=True).sqrt()
        return rates.gather(-1, self.order.squeeze(1).argsort(dim=-1))

    def noise_variance(self) -> Tensor:
        """`B` average noise variances of standardised outcomes."""
        return (self.weights * self.scale * self.theta[..., -1].exp()).sum((1, 2))

    def predict(self, X: Tensor) -> Opinions:
        """Predictions of outcomes at `X` (`B x m x d`), differentiable in them."""
        z = _sorted(X.double(), self.order)[:, None, None] * self.theta[..., None, :-1].exp()
        covariance, _ = kernels(z, self.z)
        mean = (covariance @ self.alpha.unsqueeze(-1)).squeeze(-1)
        explained = (self.root @ covariance.mT).square().sum(-2)
        prior = 2.0 + self.theta[..., -1:].exp()
        return self._opinions(mean, self.scale.unsqueeze(-1) * (prior - explained).clamp_min(_LEAST_VARIANCE))

    def left_out(self, y: Tensor) -> Opinions:
        """Each row of the data (outcomes `y`, `B x n`), predicted from the others."""
        precision = self.root.square().sum(-2)
        return self._opinions(y[:, None, None] - self.alpha / precision, self.scale.unsqueeze(-1) / precision)

    def _opinions(self, mean: Tensor, variance: Tensor) -> Opinions:
        return Opinions(mean.flatten(1, 2).mT, variance.flatten(1, 2).mT, self.weights.flatten(1))


def _sorted(X: Tensor, order: Tensor) -> Tensor:
    return X.gather(-1, order.expand(-1, X.shape[1], -1))


def _normal_numbers(size: int) -> Tensor:
    """`S x size` quasi-random normal numbers, the same whenever asked; the first row is zero."""
    normal = torch.from_numpy(quasi_normal(_DRAWN, size, seed=0))
    normal[0] = 0.0
    return normal
