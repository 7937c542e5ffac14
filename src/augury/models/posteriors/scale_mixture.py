"""The posterior of a scale mixture whose scale's law is given by weighted nodes."""

from __future__ import annotations

from math import log, pi
from typing import final

import torch
from botorch.posteriors import GPyTorchPosterior
from botorch.sampling.get_sampler import GetSampler
from botorch.sampling.normal import SobolQMCNormalSampler
from torch import Tensor

from augury.models.posteriors.scaled_gaussian import ScaledGaussianPosterior

_BISECTIONS = 100
_TINY = 1e-12


@final
class ScaleMixturePosterior(ScaledGaussianPosterior):
    r"""A finite scale mixture of Gaussians.

    .. math::
        f \sim \sum_k w_k\, \mathcal N(m, s_k C)

    Args:
        gaussian: the posterior given scale one, `batch_shape x q x m`.
        weights: `... x K` positive weights of sum 1, broadcasting to `batch_shape x K`.
        scales: `... x K` scales `s_k`, increasing.
    """

    def __init__(self, gaussian: GPyTorchPosterior, weights: Tensor, scales: Tensor) -> None:
        super().__init__(gaussian)
        self.weights = weights
        self.scales = scales

    @property
    def expected_scale(self) -> Tensor:
        """`sum_k w_k s_k`."""
        return (self.weights * self.scales).sum(-1)

    def _draw_scales(self, uniform: Tensor) -> Tensor:
        """By inversion of the distribution function, which is interpolated between the nodes in `log s`."""
        cumulative = (self.weights.cumsum(-1) - 0.5 * self.weights).expand(*uniform.shape, -1)
        logs = self.scales.log().expand(*uniform.shape, -1)
        right = torch.searchsorted(cumulative.contiguous(), uniform.unsqueeze(-1).contiguous())
        right = right.clamp(1, logs.shape[-1] - 1)
        (low, high), (below, above) = (
            [part.gather(-1, index).squeeze(-1) for index in (right - 1, right)]
            for part in (cumulative, logs)
        )
        share = ((uniform - low) / (high - low).clamp_min(1e-300)).clamp(0.0, 1.0)
        return (below + share * (above - below)).exp()

    def log_prob(self, Y: Tensor) -> Tensor:
        """The joint log density (`batch_shape`) at `Y` (`batch_shape x q x m`)."""
        square, log_determinant, p = self._gaussian_parts(Y)
        given = -0.5 * (square.unsqueeze(-1) / self.scales + p * self.scales.log())
        mixed = torch.logsumexp(self.weights.log() + given, dim=-1)
        return mixed - 0.5 * log_determinant - 0.5 * p * log(2.0 * pi)

    def density(self, value: Tensor) -> Tensor:
        """The marginal densities at `value` (one number, or several as the first dimension)."""
        if value.numel() > 1:
            return torch.stack([self.density(v) for v in value])
        z, deviation = self._standardised(value)
        roots = self._roots
        given = (-0.5 * (z.unsqueeze(-1) / roots).square()).exp() / ((2.0 * pi) ** 0.5 * roots)
        return (self.weights[..., None, None, :] * given).sum(-1) / deviation

    def quantile(self, value: Tensor) -> Tensor:
        """The marginal quantiles at probabilities `value` (one, or several as the first dimension)."""
        if value.numel() > 1:
            return torch.stack([self.quantile(v) for v in value])
        probability = value.clamp(_TINY, 1.0 - _TINY)
        weights, roots = self.weights[..., None, None, :], self._roots
        widest = torch.special.ndtri(probability).abs() * roots.amax(-1)
        low, high = -widest, widest
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            below = (weights * torch.special.ndtr(middle.unsqueeze(-1) / roots)).sum(-1) < probability
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return self.mean + 0.5 * (low + high) * self.gaussian.variance.sqrt()

    @property
    def _roots(self) -> Tensor:
        return self.scales.sqrt()[..., None, None, :]


@GetSampler.register(ScaleMixturePosterior)
def _sampler(
    posterior: ScaleMixturePosterior, sample_shape: torch.Size, *, seed: int | None = None
) -> SobolQMCNormalSampler:
    return SobolQMCNormalSampler(sample_shape, seed=seed)
