"""Functions drawn from the posterior of a process with squared exponential kernels, as functions."""

from __future__ import annotations

from math import sqrt

import numpy as np
import torch
from gpytorch.kernels import AdditiveKernel, Kernel, RBFKernel, ScaleKernel
from torch import Tensor

from augury.models.exact.regression import ExactRegression
from augury.numerics.quasi_random import quasi_normal

_FREQUENCIES = 128
_LEAST_VARIANCE = 1e-12


class SamplePaths:
    r"""`S` functions from a posterior, each evaluated at points of its own.

    .. math::
        f_s(z) = \mu(z) + \phi(z)^T w_s - k(z, Z) (K + \Sigma)^{-1} \big(\Phi w_s + \varepsilon_s\big)

    with Fourier features `phi` of the prior and the exact kernel in the update. Weights come in pairs of
    opposite sign. Deviations are scaled, at each point, to the exact posterior variance on average over the
    paths, so that the features decide on correlations only.

    Source: Wilson et al. (2020), "Efficiently sampling functions from Gaussian process posteriors"; Rahimi
    and Recht (2007) for the features.

    Args:
        regression: the process; its kernel is a sum of scaled squared exponentials.
        kernel: that kernel.
        count: `S`, even.
        seed: of frequencies and weights.
    """

    def __init__(self, regression: ExactRegression, kernel: Kernel, count: int, seed: int) -> None:
        self._covariance = regression.covariance
        self._X = torch.from_numpy(regression.X)
        self._root = torch.from_numpy(regression.inverse_factor)
        self._whitened = self._root @ torch.from_numpy(regression.y - regression.constant)
        self._constant = regression.constant
        dim = regression.X.shape[1]
        self._features: list[tuple[float, Tensor]] = []
        for index, (variance, inverse) in enumerate(_terms(kernel, dim)):
            normal = quasi_normal(_FREQUENCIES, dim, seed + 101 * index)
            frequencies = torch.from_numpy(normal * inverse)
            self._features.append((sqrt(variance / _FREQUENCIES), frequencies))
        self._variance = float(regression.covariance.diagonal(regression.X[:1])[0])
        rng = np.random.default_rng(seed)
        half = rng.normal(size=(2 * _FREQUENCIES * len(self._features), count // 2))
        noise = rng.normal(size=(len(regression.y), count // 2)) * np.sqrt(regression.noise_variance)[:, None]
        order = rng.permutation(count)
        self._weights = torch.from_numpy(np.concatenate([half, -half], axis=1)[:, order])
        disturbance = torch.from_numpy(np.concatenate([noise, -noise], axis=1)[:, order])
        prior = self._phi(self._X) @ self._weights + disturbance
        self._update = self._root.mT @ (self._root @ prior)

    def moments(self, Z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Mean and variance of the process at `Z` (`... x n x d`), and the covariances with the data."""
        cross = self._covariance.dense(Z, self._X)
        solved = cross @ self._root.mT
        mean = self._constant + solved @ self._whitened
        variance = (self._variance - solved.square().sum(-1)).clamp_min(_LEAST_VARIANCE)
        return mean, variance, cross

    def __call__(self, Z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The paths at `Z` (`S x ... x n x d`, or `1 x ...` for all alike), `S x ... x n`, and the moments of
        the process there."""
        mean, variance, cross = self.moments(Z)
        phi = self._phi(Z)
        if len(Z) == 1:
            deviation = phi[0] @ self._weights - cross[0] @ self._update
            deviation = deviation.movedim(-1, 0)
        else:
            prior = torch.einsum("s...nf,fs->s...n", phi, self._weights)
            deviation = prior - torch.einsum("s...nk,ks->s...n", cross, self._update)
        unit = deviation / variance.sqrt()
        unit = unit - unit.mean(0)
        unit = unit / unit.square().mean(0).clamp_min(_LEAST_VARIANCE).sqrt()
        return mean + variance.sqrt() * unit, mean, variance

    def _phi(self, Z: Tensor) -> Tensor:
        """`... x 2 frequencies` features."""
        parts = []
        for scale, frequencies in self._features:
            angles = Z @ frequencies.mT
            parts += [scale * angles.cos(), scale * angles.sin()]
        return torch.cat(parts, dim=-1)


def _terms(kernel: Kernel, dim: int) -> list[tuple[float, np.ndarray]]:
    """Of each squared exponential in a sum: the variance, and `dim` inverse lengthscales (0 where it does not
    look)."""
    if isinstance(kernel, AdditiveKernel):
        return [term for part in kernel.kernels for term in _terms(part, dim)]
    assert isinstance(kernel, ScaleKernel)
    base = kernel.base_kernel
    assert isinstance(base, RBFKernel)
    columns = range(dim) if base.active_dims is None else base.active_dims.tolist()
    inverse = np.zeros(dim)
    inverse[list(columns)] = 1.0 / base.lengthscale.detach().numpy().reshape(-1)
    return [(float(kernel.outputscale.detach()), inverse)]
