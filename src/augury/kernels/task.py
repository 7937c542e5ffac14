"""Covariances over inputs and tasks, or sources, that have no order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import torch
from gpytorch.kernels import IndexKernel, Kernel
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.kernels.ar1 import split_level


@final
class CoregionalizationKernel(Kernel):
    r"""The intrinsic model of coregionalisation: one covariance of inputs, times one of tasks.

    .. math::
        \operatorname{cov}(f_s(x), f_t(x')) = B_{st}\, k(x, x') + v\, [s = t], \qquad
        B = W W^T + \operatorname{diag}(\kappa)

    The second term is a constant of each task, with a fixed variance.

    Source: Bonilla, Chai and Williams (2007), "Multi-task Gaussian process prediction"; Alvarez, Rosasco and
    Lawrence (2012), "Kernels for vector-valued functions", section 4.2.

    Args:
        base_kernel: of the inputs without the column of tasks.
        num_tasks: number of tasks.
        rank: columns of `W`; the number of tasks when None.
        task_dim: the column that holds the task, an integer of 0 to `num_tasks - 1`.
        shift_variance: the `v` above; 0 for none.
    """

    def __init__(
        self,
        base_kernel: Kernel,
        num_tasks: int,
        rank: int | None = None,
        task_dim: int = -1,
        shift_variance: float = 0.0,
    ) -> None:
        super().__init__()
        if rank is not None and not 1 <= rank <= num_tasks:
            raise InvalidInputError(f"rank must be from 1 to the number of tasks, {num_tasks}; given {rank}")
        self.base_kernel = base_kernel
        self.num_tasks, self.task_dim, self.shift_variance = num_tasks, task_dim, shift_variance
        self.task_kernel = IndexKernel(num_tasks, rank=num_tasks if rank is None else rank).double()
        with torch.no_grad():  # the same for every seed: tasks begin as relatives
            factor = torch.full_like(self.task_kernel.covar_factor, 0.0)
            factor[:, 0] = 0.8
            factor.diagonal().add_(0.2)
            self.task_kernel.covar_factor.copy_(factor)
            self.task_kernel.var = torch.full((num_tasks,), 0.1).double()

    @property
    def task_covariance(self) -> Tensor:
        """`num_tasks x num_tasks`: the `B` above."""
        matrix: Tensor = self.task_kernel.covar_matrix.to_dense()
        return matrix

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """`... x n1 x n2`, or `... x n` with `diag`.

        Raises:
            InvalidInputError: a task that is none of `0, ..., num_tasks - 1`.
        """
        (inputs1, one), (inputs2, two) = (
            split_level(x, self.task_dim, self.num_tasks, "task") for x in (x1, x2)
        )
        B = self.task_covariance
        if diag:
            covariance = self.base_kernel(inputs1, inputs2, diag=True, **params)
            return B[one, two] * covariance + self.shift_variance * (one == two)
        one, two = one.unsqueeze(-1), two.unsqueeze(-2)
        covariance = self.base_kernel(inputs1, inputs2, **params).to_dense()
        return B[one, two] * covariance + self.shift_variance * (one == two)


@final
class MultiSourceKernel(Kernel):
    r"""The covariance of a truth, source 0, and of sources that each miss it in a way of their own.

    .. math::
        \operatorname{cov}(f_s(x), f_t(x')) = k_0(x, x') + [s = t > 0]\, k_s(x, x')

    Source: Poloczek, Wang and Frazier (2017), "Multi-information source optimization", section 3.

    Args:
        base_kernels: `k_0` of the truth, then of the bias of each other source, on the inputs without the
            column of sources.
        source_dim: the column that holds the source.
    """

    def __init__(self, base_kernels: Sequence[Kernel], source_dim: int = -1) -> None:
        super().__init__()
        if not base_kernels:
            raise InvalidInputError("base_kernels needs the kernel of the truth; given none")
        self.base_kernels = nn.ModuleList(base_kernels)
        self.source_dim = source_dim

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """`... x n1 x n2`, or `... x n` with `diag`.

        Raises:
            InvalidInputError: an unknown source.
        """
        (inputs1, one), (inputs2, two) = (
            split_level(x, self.source_dim, len(self.base_kernels), "source") for x in (x1, x2)
        )
        total: Tensor | None = None
        for source, kernel in enumerate(self.base_kernels):
            if diag:
                term = kernel(inputs1, inputs2, diag=True, **params)
                both = (one == source) & (two == source)
            else:
                term = kernel(inputs1, inputs2, **params).to_dense()
                both = (one == source).unsqueeze(-1) & (two == source).unsqueeze(-2)
            term = term if source == 0 else both * term
            total = term if total is None else total + term
        assert total is not None
        return total
