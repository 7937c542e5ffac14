"""Covariances of inducing points and rows: what a sparse Gaussian process is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple, final

import torch
from gpytorch.kernels import Kernel
from torch import Tensor, nn

from augury.numerics.jittered import jittered_cholesky


class Blocks(NamedTuple):
    """Covariances of `M` inducing values `u` and the values `f` at points.

    Args:
        inducing: `M x M`, of `u`.
        cross: `... x q x M`, of `f` with `u`.
        own: `... x q` variances of `f`, or `... x q x q`.
    """

    inducing: Tensor
    cross: Tensor
    own: Tensor


class InducingCovariance(nn.Module, ABC):
    """A covariance function with trainable inducing points."""

    inducing: Tensor

    @abstractmethod
    def blocks(self, X: Tensor, *, full: bool = False) -> Blocks:
        """The covariances at `X` (`... x q x D`), those among its points in full or their diagonal only."""

    def penalty(self) -> Tensor:
        """What is subtracted from the bound, beside the divergence of the inducing values."""
        return torch.zeros((), dtype=torch.float64)

    def log_prior(self) -> Tensor:
        """The log prior density of the hyperparameters."""
        return log_prior(self)


def log_prior(module: nn.Module) -> Tensor:
    """The log density of all priors that the GPyTorch modules in `module` have registered."""
    total = torch.zeros((), dtype=torch.float64)
    for part in module.modules():
        for prior, closure, _ in getattr(part, "_priors", {}).values():
            total = total + prior.log_prob(closure(part)).sum()
    return total


@final
class KernelCovariance(InducingCovariance):
    """Any GPyTorch kernel, with inducing points in the space of its inputs.

    Args:
        kernel: trained in place.
        inducing: `M x D` first places of the inducing points.
        learn: whether they are trained.
    """

    def __init__(self, kernel: Kernel, inducing: Tensor, *, learn: bool = True) -> None:
        super().__init__()
        self.kernel = kernel.double()
        self.inducing = nn.Parameter(inducing.detach().clone(), requires_grad=learn)

    def blocks(self, X: Tensor, *, full: bool = False) -> Blocks:
        """See `InducingCovariance.blocks`."""
        Z, kernel = self.inducing, self.kernel
        # The prior mode of GPyTorch would complain about inputs in float32, which never come here.
        own = kernel(X).to_dense() if full else kernel(X, diag=True)
        return Blocks(kernel(Z).to_dense(), kernel(X, Z.expand(*X.shape[:-2], *Z.shape)).to_dense(), own)


class Whitened(NamedTuple):
    """`Blocks` in the coordinates `v = L^{-1} u`, which are independent and of variance 1.

    Args:
        weights: `... x M x q`, `L^{-1} K_uf`: the mean of `f` given `v` is `weights^T v`.
        own: as in `Blocks`.
    """

    weights: Tensor
    own: Tensor

    @property
    def unexplained(self) -> Tensor:
        """`... x q` variances of `f` given the inducing values; of `Blocks` with variances only."""
        return (self.own - self.weights.square().sum(-2)).clamp_min(0.0)


def whiten(blocks: Blocks) -> Whitened:
    """The same covariances for inducing values that are a priori independent."""
    factor = jittered_cholesky(blocks.inducing)
    weights = torch.linalg.solve_triangular(factor, blocks.cross.mT, upper=False)
    return Whitened(weights, blocks.own)
