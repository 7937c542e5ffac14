"""Predictions of a network linearised at its mode: a Gaussian process in the outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

import torch
from botorch.posteriors import GPyTorchPosterior
from gpytorch.distributions import MultitaskMultivariateNormal, MultivariateNormal
from linear_operator import to_linear_operator
from torch import Tensor

from augury.inference.evidence import KroneckerFactors
from augury.inference.jacobian import Jacobian, LayerJacobian, Part, layer_jacobian, network_jacobian
from augury.inference.predictive import Predictive
from augury.networks.stacked import StackedNetwork

#: Added to variances, relative to the prior's: what rounding may take from them.
_RELATIVE_FLOOR = 1e-10


class WeightCovariance(ABC):
    r"""The posterior covariance of the weights in whitened coordinates, seen through a Jacobian."""

    @abstractmethod
    def project(self, jacobian: Jacobian) -> Tensor:
        r""":math:`J \Sigma J^T`: `batch x (q o) x (q o)`."""


@final
class GramCovariance(WeightCovariance):
    r"""Exact Gauss-Newton, by the identity that turns `P x P` into `n o x n o`.

    .. math::
        J \bigl(\delta I + J_n^T S^{-1} J_n\bigr)^{-1} J^T
            = \frac1\delta \bigl(J J^T - J J_n^T (\delta S + J_n J_n^T)^{-1} J_n J^T\bigr)

    Args:
        jacobian: at the `n` training points.
        precision: `delta`.
        noise: `n x o` variances.
    """

    def __init__(self, jacobian: Jacobian, precision: float, noise: Tensor) -> None:
        self.jacobian, self.precision = jacobian, precision
        gram = jacobian.gram() + torch.diag(precision * noise.reshape(-1))
        self._factor = torch.linalg.cholesky(gram)

    def project(self, jacobian: Jacobian) -> Tensor:
        cross = jacobian.cross(self.jacobian)
        half = torch.linalg.solve_triangular(self._factor, cross.mT, upper=False)
        prior = jacobian.gram()
        floor = _RELATIVE_FLOOR * prior.diagonal(dim1=-2, dim2=-1)
        return (prior - half.mT @ half + torch.diag_embed(floor)) / self.precision


@final
class KroneckerCovariance(WeightCovariance):
    r"""Layer by layer :math:`(G \otimes A + \delta I)^{-1}`, in the eigenbases of `G` and `A`.

    Args:
        factors: at the training points.
        precision: `delta`.
        noise: `n x o` variances.
    """

    def __init__(self, factors: KroneckerFactors, precision: float, noise: Tensor) -> None:
        self._layers = []
        for G, (inputs, input_basis) in zip(factors.output_factors(noise), factors.input_eigen, strict=True):
            outputs, output_basis = torch.linalg.eigh(G)
            product = outputs.clamp_min(0.0).unsqueeze(-1) * inputs.clamp_min(0.0)
            self._layers.append((output_basis, input_basis, (product + precision).rsqrt()))

    def project(self, jacobian: Jacobian) -> Tensor:
        assert isinstance(jacobian, LayerJacobian)
        total = None
        for a, g, (output_basis, input_basis, root) in zip(
            jacobian.inputs, jacobian.slopes, self._layers, strict=True
        ):
            block = (g @ output_basis).unsqueeze(-1) * (a @ input_basis).unsqueeze(-2).unsqueeze(-2) * root
            flat = block.flatten(-2).flatten(-3, -2)
            total = flat @ flat.mT if total is None else total + flat @ flat.mT
        assert total is not None
        return total


@final
@dataclass(frozen=True)
class LinearisedPredictive(Predictive):
    r"""Normal predictions with the network's outputs as mean and :math:`J \Sigma J^T` as covariance.

    Args:
        network: linearised at `theta`.
        theta: `P` weights, the mode.
        variance: `P` prior variances that whiten them.
        covariance: of the weights.
        noise_variance: `o`, average noise.
        part: the weights that are uncertain.
        tensors: what `state` gives.
        diagnostics: see `Predictive`.
        warm_start: see `Predictive`.

    Source: Khan et al. (2019); Immer, Korzepa and Bauer (2021), equation 12.
    """

    network: StackedNetwork
    theta: Tensor
    variance: Tensor
    covariance: WeightCovariance
    noise_variance: Tensor
    part: Part
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    warm_start: Mapping[str, Tensor] = field(default_factory=dict)

    def mean_covariance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """`batch x q x o` means and `batch x (q o) x (q o)` covariances at `X` (`batch x q x d`)."""
        *points, d = X.shape
        jacobian_of = layer_jacobian if isinstance(self.covariance, KroneckerCovariance) else network_jacobian
        mean, jacobian = jacobian_of(self.network, self.theta, self.variance, X.reshape(-1, d), self.part)
        return mean.reshape(*points, -1), self.covariance.project(jacobian.reshape(*points))

    def posterior(
        self, X: Tensor, outputs: Sequence[int] | None, observation_noise: bool
    ) -> GPyTorchPosterior:
        mean, covariance = self.mean_covariance(X)
        q, o = mean.shape[-2:]
        chosen = list(range(o)) if outputs is None else list(outputs)
        if outputs is not None:
            mean = mean[..., chosen]
            covariance = covariance.unflatten(-1, (q, o))[..., chosen].flatten(-2)
            covariance = covariance.unflatten(-2, (q, o))[..., chosen, :].flatten(-3, -2)
        if observation_noise:
            covariance = covariance + torch.diag(self.noise_variance[chosen].repeat(q))
        # As an operator the covariance is factorised when sampled from, and then safely.
        operator = to_linear_operator(covariance)
        if len(chosen) == 1:
            return GPyTorchPosterior(MultivariateNormal(mean.squeeze(-1), operator))
        return GPyTorchPosterior(MultitaskMultivariateNormal(mean, operator))

    def state(self) -> dict[str, Tensor]:
        return dict(self.tensors)
