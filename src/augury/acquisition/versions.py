"""Acquisition functions of a point in one version of a function, of what they promise for the target version.

Each is an `Acquisition` of points `x` alone; the version is fixed, so that the best version is the one whose
maximum is the largest. `f_t` is the version, `f_T` the target, `c_t` and `c_T` their costs, `corr` the
posterior correlation of `f_t(x)` and `f_T(x)`, `s` standard deviations, `sigma` that of the measurement
noise. Values are logarithms, so that probabilities of constraints may be added.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from botorch.acquisition.analytic import _log_ei_helper
from torch import Tensor

from augury.acquisition.autograd import TorchAcquisition

_TINY = 1e-12
_SQRT_TWO_PI = (2.0 * np.pi) ** 0.5


@dataclass(frozen=True)
class VersionMoments:
    """The joint posterior of a version and of the target at points (`N` each).

    Args:
        mean: of the target, larger is better.
        std: of the target.
        version_std: of the version.
        correlation: of the two.
        noise: the measurement noise's standard deviation (a number).
    """

    mean: Tensor
    std: Tensor
    version_std: Tensor
    correlation: Tensor
    noise: float


def version_moments(
    model: Any, X: Tensor, column: int, level: float, target: float, *, maximize: bool
) -> VersionMoments:
    """The moments at points (`N x 1 x d`), differentiable; `column` is that of the versions."""
    pairs = torch.cat([_at(X, column, level), _at(X, column, target)], dim=-2)
    posterior = model.posterior(pairs)
    covariance = posterior.distribution.covariance_matrix
    variance = covariance.diagonal(dim1=-2, dim2=-1).clamp_min(_TINY**2)
    std = variance.sqrt()
    correlation = (covariance[..., 0, 1] / (std[..., 0] * std[..., 1])).clamp(-1.0, 1.0)
    if level == target:
        correlation = torch.ones_like(correlation)
    noise = float(model.noise_variance.mean()) ** 0.5 if hasattr(model, "noise_variance") else 0.0
    sign = 1.0 if maximize else -1.0
    return VersionMoments(sign * posterior.mean[..., 1, 0], std[..., 1], std[..., 0], correlation, noise)


def augmented_ei(moments: VersionMoments, best: float, cost: float) -> Tensor:
    r"""The logarithm of augmented expected improvement.

    .. math::
        \mathrm{EI}_T(x)\; |\mathrm{corr}(f_t(x), f_T(x))|\;
        \Big(1 - \frac{\sigma}{\sqrt{s_t^2(x) + \sigma^2}}\Big)\; \frac{c_T}{c_t}

    Args:
        moments: at the points.
        best: the best value of the target.
        cost: `c_t / c_T`.

    Source: Huang, Allen, Notz and Miller (2006), "Sequential kriging optimization using multiple-fidelity
    evaluations", eq. 11.
    """
    kept = 1.0 - moments.noise / (moments.version_std.square() + moments.noise**2).sqrt().clamp_min(_TINY)
    return (
        log_ei(moments.mean, moments.std, best)
        + moments.correlation.abs().clamp_min(_TINY).log()
        + kept.clamp_min(_TINY).log()
        - float(np.log(cost))
    )


def variable_fidelity_ei(moments: VersionMoments, best: float, cost: float) -> Tensor:
    r"""The logarithm of variable-fidelity EI: with the deviation that the version explains.

    .. math::
        \mathrm E\,[\max(\mu_T(x) + s(x, t)\, Z - f^*, 0)], \qquad
        s(x, t) = |\mathrm{corr}(f_t(x), f_T(x))|\; s_T(x)

    which is `beta_0 s_l(x)` of hierarchical kriging for a cheap version, and EI for the target. Costs do not
    matter to it.

    Args:
        moments: at the points.
        best: the best value of the target.
        cost: unused.

    Source: Zhang, Han and Zhang (2018), "Variable-fidelity expected improvement method for efficient global
    optimization of expensive functions", eq. 12 and 13.
    """
    return log_ei(moments.mean, (moments.correlation.abs() * moments.std).clamp_min(_TINY), best)


def max_value_entropy(moments: VersionMoments, maxima: Tensor, cost: float) -> Tensor:
    r"""The logarithm of a lower bound of what a result tells of the target's best value, per cost.

    .. math::
        -\frac{1}{2 M c_t} \sum_{m} \log\Big(1 - r^2\, h(\gamma_m)(\gamma_m + h(\gamma_m))\Big), \qquad
        \gamma_m = \frac{f^*_m - \mu_T(x)}{s_T(x)}, \quad h = \frac{\phi}{\Phi}, \quad
        r^2 = \mathrm{corr}^2 \frac{s_t^2}{s_t^2 + \sigma^2}

    Args:
        moments: at the points.
        maxima: `M` draws of the target's best value.
        cost: `c_t / c_T`.

    Sources: Takeno et al. (2020), "Multi-fidelity Bayesian optimization with max-value entropy search"; Moss
    et al. (2021), "GIBBON", eq. 12, for the bound.
    """
    variance = moments.version_std.square()
    squared = moments.correlation.square() * variance / (variance + moments.noise**2).clamp_min(_TINY**2)
    gamma = (maxima - moments.mean.unsqueeze(-1)) / moments.std.unsqueeze(-1).clamp_min(_TINY)
    h = (-0.5 * gamma.square() - torch.special.log_ndtr(gamma)).exp() / _SQRT_TWO_PI
    left = 1.0 - squared.unsqueeze(-1) * (h * (gamma + h)).clamp(0.0, 1.0)
    information = -0.5 * left.clamp_min(_TINY).log().mean(dim=-1)
    return information.clamp_min(_TINY**2).log() - float(np.log(cost))


def log_ei(mean: Tensor, std: Tensor, best: float) -> Tensor:
    """The logarithm of the expected improvement over `best` of a normal variable (to be maximised)."""
    result: Tensor = _log_ei_helper((mean - best) / std) + std.log()
    return result


#: `(moments, best value or draws of it, cost) -> values`.
Formula = Callable[[VersionMoments, Any, float], Tensor]

VERSION_ACQUISITIONS: dict[str, Formula] = {
    "augmented-ei": augmented_ei,
    "variable-fidelity-ei": variable_fidelity_ei,
    "mf-mes": max_value_entropy,
}


def version_acquisition(
    formula: Formula,
    model: Any,
    best: Any,
    *,
    column: int,
    level: float,
    target: float,
    cost: float,
    maximize: bool,
) -> TorchAcquisition:
    """The acquisition of a point in one version.

    Args:
        formula: one of `VERSION_ACQUISITIONS`.
        model: a Gaussian BoTorch model of all versions.
        best: the best value of the target, larger is better, or draws of it.
        column: that of the versions.
        level, target: the encoded version and target.
        cost: of the version in units of the target's.
        maximize: whether larger outcomes are better.
    """

    def value(X: Tensor) -> Tensor:
        moments = version_moments(model, X, column, level, target, maximize=maximize)
        return formula(moments, best, cost)

    return TorchAcquisition(value)


def _at(X: Tensor, column: int, level: float) -> Tensor:
    version = torch.full_like(X[..., :1], level)
    return torch.cat([X[..., :column], version, X[..., column + 1 :]], dim=-1)
