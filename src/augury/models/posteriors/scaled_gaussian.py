"""Posteriors that are Gaussian given one positive scale, shared by everything they predict."""

from __future__ import annotations

from abc import abstractmethod

import torch
from botorch.posteriors import GPyTorchPosterior, Posterior
from torch import Tensor

_SQRT_2 = 2.0**0.5


class ScaledGaussianPosterior(Posterior):
    r"""A scale mixture of Gaussians.

    .. math::
        f \mid s \sim \mathcal N(m, s\, C), \qquad s \sim \text{the scale's posterior}

    Every draw has one scale for all its points and outcomes. Base samples are `q m + 1` standard normal
    numbers: the first gives the scale by inversion, the rest the Gaussian draw; with fixed ones, samples are
    a differentiable function of `m` and `C`.

    Args:
        gaussian: the posterior given scale one, of shape `batch_shape x q x m`.
    """

    def __init__(self, gaussian: GPyTorchPosterior) -> None:
        self.gaussian = gaussian

    @property
    @abstractmethod
    def expected_scale(self) -> Tensor:
        """`E[s]`, broadcasting to `batch_shape`."""

    @abstractmethod
    def _draw_scales(self, uniform: Tensor) -> Tensor:
        """Quantiles of `s` for uniform numbers, `sample_shape x batch_shape` each."""

    @property
    def mean(self) -> Tensor:
        """`batch_shape x q x m`; the mean of the Gaussian, whatever the scale."""
        return self.gaussian.mean

    @property
    def variance(self) -> Tensor:
        """`batch_shape x q x m`: `E[s]` times the Gaussian's."""
        return self.expected_scale[..., None, None] * self.gaussian.variance

    @property
    def batch_shape(self) -> torch.Size:
        return self.gaussian.distribution.batch_shape

    @property
    def device(self) -> torch.device:
        return self.gaussian.device

    @property
    def dtype(self) -> torch.dtype:
        return self.gaussian.dtype

    def _extended_shape(self, sample_shape: torch.Size = torch.Size()) -> torch.Size:  # noqa: B008
        return self.gaussian._extended_shape(sample_shape)

    @property
    def base_sample_shape(self) -> torch.Size:
        """`batch_shape x (q m + 1)`."""
        return self.batch_shape + torch.Size([self.gaussian._extended_shape()[-2:].numel() + 1])

    @property
    def batch_range(self) -> tuple[int, int]:
        return (0, -1)

    def rsample_from_base_samples(self, sample_shape: torch.Size, base_samples: Tensor) -> Tensor:
        """Samples `sample_shape x batch_shape x q x m` from `sample_shape x batch_shape x (q m + 1)`."""
        if base_samples.shape[: len(sample_shape)] != sample_shape:
            raise RuntimeError(
                f"base samples of shape {tuple(base_samples.shape)} do not begin with {tuple(sample_shape)}"
            )
        uniform = 0.5 * torch.erfc(-base_samples[..., 0] / _SQRT_2)
        root = self._draw_scales(uniform).sqrt()[..., None, None]
        normal = base_samples[..., 1:].reshape(*sample_shape, *self.gaussian.base_sample_shape)
        draw = self.gaussian.rsample_from_base_samples(sample_shape, normal)
        return self.mean + root * (draw - self.mean)

    def rsample(self, sample_shape: torch.Size | None = None) -> Tensor:
        shape = torch.Size([1]) if sample_shape is None else sample_shape
        base = torch.randn(*shape, *self.base_sample_shape, dtype=self.dtype, device=self.device)
        return self.rsample_from_base_samples(shape, base)

    def _standardised(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """`(value - mean) / deviation` given scale one, and that deviation, `batch_shape x q x m`."""
        deviation = self.gaussian.variance.sqrt()
        return (value - self.mean) / deviation, deviation

    def _gaussian_parts(self, Y: Tensor) -> tuple[Tensor, Tensor, int]:
        """The Mahalanobis square of `Y` (`batch_shape x q x m`) given scale one, `log |C|`, and `q m`."""
        normal = self.gaussian.distribution
        flat = Y.reshape(*Y.shape[:-2], -1)
        if self.gaussian._is_mt and not normal._interleaved:
            flat = Y.transpose(-1, -2).reshape(*Y.shape[:-2], -1)
        factor = normal.lazy_covariance_matrix.cholesky().to_dense()
        residual = (flat - normal.loc).unsqueeze(-1)
        whitened = torch.linalg.solve_triangular(factor, residual, upper=False).squeeze(-1)
        log_determinant = 2.0 * factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        return whitened.square().sum(-1), log_determinant, flat.shape[-1]
