"""Where inducing points begin: at training rows that tell most of the others."""

from __future__ import annotations

import copy

import torch
from botorch.models.utils.inducing_point_allocators import GreedyVarianceReduction
from gpytorch.kernels import Kernel
from torch import Tensor

from augury.inference.sparse.rows import Rows

#: Rows that are candidates, at least; their covariance matrix is made.
_CANDIDATES = 2000


def greedy_inducing_points(kernel: Kernel, rows: Rows, count: int, *, seed: int = 0) -> Tensor:
    """`M x D` inputs of rows, each the one of the largest variance given those before it; `M <= count`.

    The choice is among a random sample of the rows; fewer than `count` are chosen where no others are left
    that differ.

    Args:
        kernel: of the prior.
        rows: the data.
        count: the largest number.
        seed: of the sample.

    Source: Burt, Rasmussen and van der Wilk, "Convergence of sparse variational inference in Gaussian
    processes regression", JMLR 2020.
    """
    candidates = rows.sample(max(_CANDIDATES, 2 * count), torch.Generator().manual_seed(seed)).X
    frozen = copy.deepcopy(kernel).requires_grad_(False)
    return GreedyVarianceReduction().allocate_inducing_points(
        candidates, frozen, min(count, len(candidates)), torch.Size()
    )
