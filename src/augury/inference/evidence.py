"""The Laplace approximation's log marginal likelihood, and the prior precision and noise that maximise it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import final

import torch
from scipy.optimize import minimize
from torch import Tensor

from augury.inference.jacobian import Jacobian, LayerJacobian
from augury.inference.noise_prior import LOG_NOISE_LOCATION, LOG_NOISE_SCALE

#: `log delta` and `log sigma` are searched here.
_LOG_PRECISION_BOUNDS = (-10.0, 10.0)
_LOG_NOISE_BOUNDS = (-7.0, 3.0)

#: The log determinant of the posterior's precision in whitened coordinates relative to `delta`, from
#: `log delta` and the noise variances (`n x o`).
LogDeterminant = Callable[[Tensor, Tensor], Tensor]


def gram_log_determinant(jacobian: Jacobian) -> LogDeterminant:
    r""":math:`\log \lvert I + J^T S^{-1} J / \delta \rvert` by its `n o x n o` twin
    :math:`\log \lvert I + S^{-1/2} J J^T S^{-1/2} / \delta \rvert`."""
    gram = jacobian.gram()
    identity = torch.eye(len(gram), dtype=gram.dtype)

    def log_determinant(log_precision: Tensor, noise: Tensor) -> Tensor:
        root = noise.reshape(-1).rsqrt()
        scaled = (-log_precision).exp() * gram * root * root.unsqueeze(-1)
        return 2.0 * torch.linalg.cholesky(identity + scaled).diagonal().log().sum()

    return log_determinant


@final
class KroneckerFactors:
    r"""The Kronecker approximation of the Gauss-Newton matrix, layer by layer.

    .. math::
        \sum_i J_i^T S_i^{-1} J_i \approx G \otimes A, \qquad
        A = \frac1n \sum_i a_i a_i^T, \quad G = \sum_{ij} g_{ij} g_{ij}^T / \sigma_{ij}^2

    Layers are independent of each other; the bias counts as one more input, so that a network of one layer is
    exact.

    Args:
        jacobian: at the `n` training points.

    Source: Martens and Grosse (2015), section 3; Ritter, Botev and Barber (2018).
    """

    def __init__(self, jacobian: LayerJacobian) -> None:
        self.slopes = jacobian.slopes
        self.input_eigen = [torch.linalg.eigh(a.T @ a / len(a)) for a in jacobian.inputs]

    def output_factors(self, noise: Tensor) -> list[Tensor]:
        """`G` of each layer for noise variances `n x o`."""
        weights = noise.rsqrt().unsqueeze(-1)
        scaled = [(g * weights).flatten(0, 1) for g in self.slopes]
        return [g.T @ g for g in scaled]

    def log_determinant(self, log_precision: Tensor, noise: Tensor) -> Tensor:
        r""":math:`\sum \log(1 + \lambda_G \lambda_A / \delta)` over the eigenvalues of all layers."""
        total = torch.zeros((), dtype=torch.float64)
        for G, (inputs, _) in zip(self.output_factors(noise), self.input_eigen, strict=True):
            outputs = torch.linalg.eigvalsh(G).clamp_min(0.0)
            product = outputs.unsqueeze(-1) * inputs.clamp_min(0.0)
            total = total + torch.log1p(product * (-log_precision).exp()).sum()
        return total


@final
class LaplaceEvidence:
    r"""The log marginal likelihood at a mode, as a function of prior precision and noise.

    .. math::
        \log p(Y \mid \delta, \sigma) \approx \sum_{ij} \log \mathcal N(y_{ij}; f_{ij}, \sigma_j^2)
            - \frac{\delta}{2} \lVert w \rVert^2
            - \frac12 \log \bigl\lvert I + J^T S^{-1} J / \delta \bigr\rvert

    in whitened coordinates, where the prior is `N(0, I / delta)`: the `log delta` of its normalisation
    cancels that of the posterior's precision, :math:`\delta I + J^T S^{-1} J`.

    Args:
        residual: `n x o`, outcomes minus the network's outputs.
        squared_weights: the squared norm of the whitened weights that are uncertain.
        log_determinant: of the curvature.
        noise: `n x o` known variances, or None where `sigma` is inferred, with prior `log sigma ~ N(-2, 1)`.

    Source: MacKay (1992); Immer et al. (2021), equation 5.
    """

    def __init__(
        self, residual: Tensor, squared_weights: float, log_determinant: LogDeterminant, noise: Tensor | None
    ) -> None:
        self.residual, self.noise = residual, noise
        self.squared_weights = squared_weights
        self.log_determinant = log_determinant

    def __call__(self, log_precision: Tensor, log_noise: Tensor | None) -> Tensor:
        """The log marginal likelihood, differentiable.

        Args:
            log_precision: `log delta`, a scalar.
            log_noise: `o` log standard deviations; None where the noise is known.
        """
        noise = self.noise if log_noise is None else (2.0 * log_noise).exp().expand(self.residual.shape)
        assert noise is not None
        fit = self.residual.square() / noise + (2.0 * math.pi * noise).log()
        penalty = log_precision.exp() * self.squared_weights + self.log_determinant(log_precision, noise)
        return -0.5 * (fit.sum() + penalty)

    def maximise(self, log_precision: float, log_noise: Tensor | None) -> tuple[float, Tensor | None, float]:
        """The best `log delta` and log noise near those given, by bounded L-BFGS.

        Returns:
            Both, and the log marginal likelihood there (times the prior of the noise).
        """
        count = 0 if log_noise is None else len(log_noise)
        start = torch.tensor([log_precision, *([] if log_noise is None else log_noise.tolist())])

        def split(values: Tensor) -> tuple[Tensor, Tensor | None]:
            return values[0], values[1:] if count else None

        def objective(point: object) -> tuple[float, object]:
            values = torch.as_tensor(point, dtype=torch.float64).clone().requires_grad_(True)
            precision, noise = split(values)
            value = -self(precision, noise)
            if noise is not None:
                value = value + 0.5 * ((noise - LOG_NOISE_LOCATION) / LOG_NOISE_SCALE).square().sum()
            (gradient,) = torch.autograd.grad(value, values)
            return float(value.detach()), gradient.numpy()

        bounds = [_LOG_PRECISION_BOUNDS, *([_LOG_NOISE_BOUNDS] * count)]
        result = minimize(objective, start.numpy(), jac=True, method="L-BFGS-B", bounds=bounds)
        precision, noise = split(torch.from_numpy(result.x))
        return float(precision), noise, -float(result.fun)
