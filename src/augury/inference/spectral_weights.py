"""Exact inference for the weights of eigenfields, whose prior variances a kernel gives."""

from __future__ import annotations

import math
from typing import Self, final

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor, nn

#: The noise variance relative to the mean squared datum: where the fit begins, and its bounds.
_FIRST_NOISE, _NOISY_START = 1e-2, 0.5
_NOISE_BOUNDS = (1e-6, 1e1)
#: Where raw parameters of the kernel are looked for: beyond, they are at their bounds.
_RAW_REACH = 8.0


@final
class SpectralWeights(nn.Module):
    r"""The posterior of `w` in `y = \Phi w + \varepsilon`, `w ~ N(0, S)`, `\varepsilon ~ N(0, \sigma^2 I)`.

    All is algebra of `k x k` matrices after one pass over the data: with `A = \sigma^2 I + \sqrt S \Phi^T
    \Phi \sqrt S`,

    .. math::
        w \mid y \sim \mathcal N\big(\sqrt S A^{-1} \sqrt S \Phi^T y,\; \sigma^2 \sqrt S A^{-1} \sqrt S\big)

    Args:
        kernel: gives `S` as its `spectrum`, of its hyperparameters.
        features: `N x k`.
        y: `N` data.
    """

    log_noise: Tensor

    def __init__(self, kernel: nn.Module, features: Tensor, y: Tensor) -> None:
        super().__init__()
        self.kernel = kernel
        self._rows, self._squares = len(y), float(y @ y)
        self._gram, self._projected = features.mT @ features, features.mT @ y
        self.size = max(self._squares / self._rows, torch.finfo(torch.float64).tiny)
        start = torch.tensor(math.log(_FIRST_NOISE * self.size), dtype=torch.float64)
        self.register_buffer("log_noise", start)

    @property
    def noise_variance(self) -> float:
        """`\\sigma^2`."""
        return float(self.log_noise.exp())

    def fit(self) -> Self:
        """Find the hyperparameters and the noise of the highest marginal likelihood, by L-BFGS in bounds from
        a quiet and a noisy start."""
        parameters = [p for p in self.kernel.parameters() if p.requires_grad]
        sizes = [p.numel() for p in parameters]

        def put(theta: np.ndarray) -> Tensor:
            *raw, noise = torch.from_numpy(theta.copy()).split([*sizes, 1])
            with torch.no_grad():
                for parameter, value in zip(parameters, raw, strict=True):
                    parameter.copy_(value.reshape(parameter.shape))
            return noise[0]

        def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
            log_noise = put(theta).requires_grad_(True)
            with torch.enable_grad():
                value = -self._log_likelihood(log_noise)
                gradients = torch.autograd.grad(value, [*parameters, log_noise])
            return float(value.detach()), np.concatenate([g.reshape(-1).numpy() for g in gradients])

        flat = [p.detach().reshape(-1) for p in parameters] + [self.log_noise.reshape(1)]
        low, high = (math.log(bound * self.size) for bound in _NOISE_BOUNDS)
        bounds = [(-_RAW_REACH, _RAW_REACH)] * sum(sizes) + [(low, high)]
        quiet = np.clip(torch.cat(flat).numpy(), *np.array(bounds).T)
        noisy = np.append(quiet[:-1], math.log(_NOISY_START * self.size))
        found = [
            minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds) for start in (quiet, noisy)
        ]
        self.log_noise.copy_(put(min(found, key=lambda result: result.fun).x))
        return self

    def _factor(self, log_noise: Tensor) -> tuple[Tensor, Tensor]:
        r"""`\sqrt S` and the lower factor of `A`."""
        spectrum: Tensor = self.kernel.spectrum  # type: ignore[assignment]
        root = spectrum.sqrt()
        A = root.unsqueeze(-1) * self._gram * root
        return root, torch.linalg.cholesky(A + log_noise.exp() * torch.eye(len(root), dtype=A.dtype))

    def _log_likelihood(self, log_noise: Tensor) -> Tensor:
        """By Woodbury's identity, at the kernel's hyperparameters."""
        root, L = self._factor(log_noise)
        half = torch.linalg.solve_triangular(L, (root * self._projected).unsqueeze(-1), upper=False)
        misfit = (self._squares - half.square().sum()) * (-log_noise).exp()
        log_determinant = (self._rows - len(root)) * log_noise + 2.0 * L.diagonal().log().sum()
        return -0.5 * (misfit + log_determinant + self._rows * math.log(2.0 * math.pi))

    def log_likelihood(self) -> float:
        """The log marginal likelihood of the data."""
        with torch.no_grad():
            return float(self._log_likelihood(self.log_noise))

    def moments(self) -> tuple[Tensor, Tensor]:
        """The mean (`k`) of the weights and a root (`k x k`) of their covariance."""
        with torch.no_grad():
            root, L = self._factor(self.log_noise)
            scaled = torch.linalg.solve_triangular(L, torch.diag(root), upper=False)  # L^-1 sqrt(S)
            mean = scaled.mT @ (scaled @ self._projected)
            return mean, (0.5 * self.log_noise).exp() * scaled.mT
