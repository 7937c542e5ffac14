"""The covariance of one level of fidelity, unless a user gives another."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from gpytorch.kernels import ConstantKernel, Kernel, RBFKernel, ScaleKernel
from gpytorch.priors import LogNormalPrior

from augury.models.exact.autograd import with_categories
from augury.models.exact.features import Features
from augury.models.exact.priors import LogNormal, lengthscale_prior

_FIRST_LENGTHSCALE, _FIRST_VARIANCE = 0.5, 0.5


def level_kernel(features: Features, kernel: Kernel | None = None, *, correction: bool = False) -> Kernel:
    """A copy of a user's kernel, or squared exponential with a free variance; mismatches of categories.

    Levels of simulators are smooth, and what one adds to another is of a size that is not known beforehand:
    a kernel of fixed variance, or with a prior of it, finds a wrong factor between the levels.

    Args:
        features: of the inputs without the level.
        kernel: on the numeric columns.
        correction: whether it is of what a level adds to those below.
    """
    if kernel is not None:
        return with_categories(kernel, features)
    dim = max(len(features.numeric), 1)
    prior = level_lengthscales(features, correction=correction)
    return with_categories(scaled_rbf(dim, lengthscales=prior), features)


def level_lengthscales(features: Features, *, correction: bool = False) -> LogNormal:
    """The prior of the lengthscales of one level; the arguments are those of `level_kernel`."""
    prior = lengthscale_prior(max(len(features.numeric), 1))
    if correction:  # expected longer: what is most likely, as a density of log l, is the prior's median
        prior = LogNormal(prior.location + prior.scale**2, prior.scale)
    return prior


def scaled_rbf(
    dim: int, *, lengthscales: LogNormal | None = None, active_dims: Sequence[int] | None = None
) -> ScaleKernel:
    """`v exp(-sum_j (x_j - x'_j)^2 / 2 l_j^2)`, without a prior of `v`.

    Args:
        dim: number of inputs.
        lengthscales: their prior; the Gaussian process's when None.
        active_dims: the columns it sees.
    """
    kernel = ScaleKernel(unit_rbf(dim, lengthscales=lengthscales, active_dims=active_dims)).double()
    kernel.outputscale = _FIRST_VARIANCE
    return kernel


def unit_rbf(
    dim: int, *, lengthscales: LogNormal | None = None, active_dims: Sequence[int] | None = None
) -> RBFKernel:
    """`exp(-sum_j (x_j - x'_j)^2 / 2 l_j^2)`; the arguments are those of `scaled_rbf`."""
    prior = lengthscale_prior(dim) if lengthscales is None else lengthscales
    kernel = RBFKernel(
        ard_num_dims=dim,
        lengthscale_prior=LogNormalPrior(prior.location, prior.scale),
        active_dims=None if active_dims is None else tuple(active_dims),
    ).double()
    kernel.lengthscale = _FIRST_LENGTHSCALE
    return kernel


def constant_kernel(variance: float) -> Kernel:
    """The covariance of an unknown constant, not fitted."""
    kernel = ConstantKernel().double()
    kernel.constant = torch.tensor(variance).double()
    kernel.raw_constant.requires_grad_(False)
    return kernel
