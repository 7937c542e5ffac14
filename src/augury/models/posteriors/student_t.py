"""The Student-t posterior."""

from __future__ import annotations

from math import log, pi
from typing import final

import torch
from botorch.posteriors import GPyTorchPosterior
from botorch.sampling.get_sampler import GetSampler
from botorch.sampling.normal import SobolQMCNormalSampler
from scipy.special import gammaincinv, stdtrit
from torch import Tensor

from augury.errors import NotSupportedError
from augury.models.posteriors.multivariate_student_t import MultivariateStudentT
from augury.models.posteriors.scaled_gaussian import ScaledGaussianPosterior

_TINY = 1e-12


@final
class StudentTPosterior(ScaledGaussianPosterior):
    r"""A multivariate Student-t posterior: a Gaussian whose scale has an inverse-gamma posterior.

    .. math::
        f \sim \mathrm{MVT}_\nu(m, \sigma^2 C), \qquad
        f = m + \sigma L z \sqrt{\nu / g}, \; z \sim \mathcal N(0, I), \; g \sim \chi^2_\nu

    Args:
        gaussian: the posterior given scale one, mean `m` and covariance `C`, `batch_shape x q x m`.
        df: degrees of freedom `nu`.
        squared_scale: `sigma^2`, broadcasting to `batch_shape`.
    """

    def __init__(self, gaussian: GPyTorchPosterior, df: float, squared_scale: Tensor) -> None:
        super().__init__(gaussian)
        self.df = float(df)
        self.squared_scale = squared_scale

    @property
    def expected_scale(self) -> Tensor:
        """`sigma^2 nu / (nu - 2)`.

        Raises:
            NotSupportedError: `nu <= 2`, where no variance exists.
        """
        if self.df <= 2.0:
            raise NotSupportedError(
                f"a Student-t with {self.df:g} degrees of freedom has no variance; use quantiles"
            )
        return self.squared_scale * (self.df / (self.df - 2.0))

    def _draw_scales(self, uniform: Tensor) -> Tensor:
        half = 0.5 * self.df
        upper = (1.0 - uniform).clamp(_TINY, 1.0 - _TINY)  # a large uniform is a large scale
        precision = torch.from_numpy(gammaincinv(half, upper.detach().numpy())) / half
        return self.squared_scale / precision

    @property
    def distribution(self) -> MultivariateStudentT:
        """The joint distribution over `q m` coordinates, ordered as in the Gaussian."""
        normal = self.gaussian.distribution
        factor = normal.lazy_covariance_matrix.cholesky().to_dense()
        root = self.squared_scale.sqrt()[..., None, None]
        loc = normal.loc.reshape(*normal.batch_shape, -1)
        return MultivariateStudentT(self.df, loc, root * factor, validate_args=False)

    def log_prob(self, Y: Tensor) -> Tensor:
        """The joint log density (`batch_shape`) at `Y` (`batch_shape x q x m`)."""
        square, log_determinant, p = self._gaussian_parts(Y)
        df = torch.tensor(self.df, dtype=self.dtype)
        constant = torch.lgamma(0.5 * (df + p)) - torch.lgamma(0.5 * df) - 0.5 * p * log(self.df * pi)
        log_determinant = log_determinant + p * self.squared_scale.log()
        tail = torch.log1p(square / (df * self.squared_scale))
        return constant - 0.5 * log_determinant - 0.5 * (df + p) * tail

    def density(self, value: Tensor) -> Tensor:
        """The marginal densities at `value` (one number, or several as the first dimension)."""
        if value.numel() > 1:
            return torch.stack([self.density(v) for v in value])
        root = self.squared_scale.sqrt()[..., None, None]
        z, deviation = self._standardised(value)
        marginal = torch.distributions.StudentT(torch.tensor(self.df, dtype=self.dtype))
        return marginal.log_prob(z / root).exp() / (deviation * root)

    def quantile(self, value: Tensor) -> Tensor:
        """The marginal quantiles at probabilities `value` (one, or several as the first dimension)."""
        if value.numel() > 1:
            return torch.stack([self.quantile(v) for v in value])
        z = float(stdtrit(self.df, float(value)))
        root = self.squared_scale.sqrt()[..., None, None]
        return self.mean + z * root * self.gaussian.variance.sqrt()


@GetSampler.register(StudentTPosterior)
def _sampler(
    posterior: StudentTPosterior, sample_shape: torch.Size, *, seed: int | None = None
) -> SobolQMCNormalSampler:
    return SobolQMCNormalSampler(sample_shape, seed=seed)
