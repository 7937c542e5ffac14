"""Sparse Gaussian processes: many rows at a cost linear in their number."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import partial
from math import log, sqrt
from typing import final

import numpy as np
import torch
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import Kernel, MaternKernel
from gpytorch.priors import LogNormalPrior
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.sparse.base import SparseInference
from augury.inference.sparse.collapsed import Collapsed
from augury.inference.sparse.covariance import KernelCovariance
from augury.inference.sparse.inducing_points import greedy_inducing_points
from augury.inference.sparse.rows import Rows
from augury.inference.sparse.stochastic import Stochastic
from augury.models.exact.priors import lengthscale_prior
from augury.models.sparse.model import SparseModel


@final
class SparseGaussianProcess(SparseModel):
    r"""Gaussian-process regression summarised by the function's values at `M` inducing points.

    .. math::
        q(f) = \int p(f \mid u)\, \mathcal N(u; m, S)\, du, \qquad
        \log p(y) \ge E_q[\log p(y \mid f)] - \mathrm{KL}(q(u) \,\|\, p(u))

    `inference=Collapsed()` has the optimal `m`, `S` in closed form (SGPR) and trains by L-BFGS;
    `inference=Stochastic()` trains by minibatches (SVGP). Time and memory are linear in the rows; arrays
    on disk are read in chunks. With as many inducing points as rows it is the exact process.

    Sources: Titsias (2009); Hensman, Fusi and Lawrence (2013).

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes. A NumPy array (`numpy.memmap`)
            is neither copied nor held, but read in chunks; `train_Y` must be one too.
        train_Y: `n x m` outcomes in their own units; they share kernel and inducing points.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns, one-hot in front of the kernel.
        input_transform: applied to inputs first.
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        covar_module: any GPyTorch kernel, on numbers scaled to variance 1 over the cube and categories
            one-hot; copied. Matern-5/2 with a lengthscale for each column and the exact process's priors
            unless given.
        num_inducing: the largest number of inducing points.
        learn_inducing: whether the places are trained.
        inference: `Collapsed(...)` or `Stochastic(...)`.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, options
            out of range.
    """

    def __init__(
        self,
        train_X: Tensor | np.ndarray,
        train_Y: Tensor | np.ndarray,
        train_Yvar: Tensor | np.ndarray | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        covar_module: Kernel | None = None,
        num_inducing: int = 100,
        learn_inducing: bool = True,
        inference: SparseInference | None = None,
    ) -> None:
        if covar_module is not None and not isinstance(covar_module, Kernel):
            raise InvalidInputError(
                f"covar_module must be a gpytorch Kernel; given {type(covar_module).__name__}"
            )
        if num_inducing < 1:
            raise InvalidInputError(f"num_inducing must be at least 1; given {num_inducing}")

        def covariance(rows: Rows) -> KernelCovariance:
            if covar_module is None:
                kernel = default_kernel(rows.read(0, 1).X.shape[-1])
            else:
                kernel = copy.deepcopy(covar_module).double()
            Z = greedy_inducing_points(kernel, rows, num_inducing)
            return KernelCovariance(kernel, Z, learn=learn_inducing and len(Z) < len(rows))

        super().__init__(
            train_X,
            train_Y,
            train_Yvar,
            categorical_features,
            input_transform,
            outcome_transform,
            covariance,
            Collapsed() if inference is None else inference,
        )


def default_kernel(width: int) -> Kernel:
    """Matern-5/2 with a lengthscale and a prior for each of `width` columns of variance 1 over the cube."""
    prior, unit = lengthscale_prior(width), sqrt(12.0)
    kernel = MaternKernel(
        2.5,
        ard_num_dims=width,
        lengthscale_prior=LogNormalPrior(
            torch.tensor(prior.location + log(unit), dtype=torch.float64),
            torch.tensor(prior.scale, dtype=torch.float64),
        ),
    ).double()
    kernel.lengthscale = unit * prior.mode
    return kernel


stochastic = partial(SparseGaussianProcess, inference=Stochastic())
stochastic.__doc__ = "A sparse Gaussian process trained by minibatches (SVGP), for any number of rows."
