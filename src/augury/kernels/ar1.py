"""The covariance of co-kriging: each level of fidelity a multiple of the one below plus its own process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, final

import torch
from gpytorch.kernels import Kernel
from torch import Tensor, nn

from augury.errors import InvalidInputError

#: A level read from a column of numbers may be off by so much.
_ROUNDING = 1e-6

#: The parents of each level; None for a chain, "star" for a highest level built on all others.
Graph = Sequence[Sequence[int]] | Literal["star"] | None


@final
class AR1Kernel(Kernel):
    r"""The autoregressive covariance over inputs and levels of fidelity.

    .. math::
        f_t(x) = \sum_{s \in \mathrm{pa}(t)} \rho_{st} f_s(x) + \delta_t(x), \qquad
        \delta_t \sim \mathcal{GP}(0, k_t) \text{ independent}

    so that, with `P` the matrix of the `rho` and `A = (I - P)^{-1}`,

    .. math::
        \operatorname{cov}(f_t(x), f_s(x')) = \sum_j A_{tj} A_{sj}\, k_j(x, x').

    By default the levels are a chain, `pa(t) = {t - 1}`, and `A_{tj}` is the product of the `rho` from `j` to
    `t`. Each `rho` is a free number, negative ones included, and starts at 1.

    Sources: Kennedy and O'Hagan (2000), "Predicting the output from a complex computer code when fast
    approximations are available", section 2; Ji et al. (2024), "A graphical multi-fidelity Gaussian process
    model", for levels on a graph.

    Args:
        base_kernels: `T` kernels, of level 0 (the cheapest) and of what each level above adds. They see the
            inputs without the column of levels.
        fidelity_dim: the column that holds the level, an integer of 0 to `T - 1`.
        graph: the parents of each level, all below it; the chain when None, "star" for a highest level
            that is built on all others.
        batch_shape: of the `rho`, as in GPyTorch.

    Raises:
        InvalidInputError: no kernel, a graph of another size, or a parent that is not a lower level.
    """

    raw_rho: Tensor

    def __init__(
        self,
        base_kernels: Sequence[Kernel],
        fidelity_dim: int = -1,
        graph: Graph = None,
        batch_shape: torch.Size | None = None,
    ) -> None:
        super().__init__(batch_shape=batch_shape)
        if not base_kernels:
            raise InvalidInputError("base_kernels needs one kernel for each level; given none")
        self.base_kernels = nn.ModuleList(base_kernels)
        self.fidelity_dim = fidelity_dim
        self.graph = level_graph(len(base_kernels), graph)
        edges = [(t, s) for t, parents in enumerate(self.graph) for s in parents]
        self._edges = tuple(torch.tensor(edges, dtype=torch.long).reshape(-1, 2).unbind(1))
        rho = torch.ones(*self._batch_shape, len(edges), dtype=torch.float64)
        self.register_parameter("raw_rho", nn.Parameter(rho))

    @property
    def num_fidelities(self) -> int:
        """`T`."""
        return len(self.base_kernels)

    @property
    def rho(self) -> Tensor:
        """`batch_shape x edges`: the factors, ordered by level and then as its parents are; free numbers."""
        return self.raw_rho.clone()  # a Parameter could not be assigned to another kernel

    @rho.setter
    def rho(self, value: Tensor) -> None:
        value = torch.as_tensor(value, dtype=self.raw_rho.dtype)
        with torch.no_grad():
            self.raw_rho.copy_(value.expand_as(self.raw_rho))

    @property
    def coefficients(self) -> Tensor:
        """`batch_shape x T x T`: the `A` above, lower triangular with ones on its diagonal."""
        return level_coefficients(self.raw_rho, self._edges, self.num_fidelities)

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """`... x n1 x n2`, or `... x n` with `diag`.

        Raises:
            InvalidInputError: a level that is none of `0, ..., T - 1`.
        """
        (inputs1, weights1), (inputs2, weights2) = self._split(x1), self._split(x2)
        total: Tensor | None = None
        for level, kernel in enumerate(self.base_kernels):
            first, second = weights1[..., level], weights2[..., level]
            if diag:
                term = first * second * kernel(inputs1, inputs2, diag=True, **params)
            else:
                covariance = kernel(inputs1, inputs2, **params).to_dense()
                term = first.unsqueeze(-1) * second.unsqueeze(-2) * covariance
            total = term if total is None else total + term
        assert total is not None
        return total

    def _split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The inputs without the level, and the row of `A` of each point's level (`... x n x T`)."""
        inputs, levels = split_level(x, self.fidelity_dim, self.num_fidelities)
        one_hot = nn.functional.one_hot(levels, self.num_fidelities).to(self.raw_rho.dtype)
        return inputs, one_hot @ self.coefficients


def level_graph(count: int, graph: Graph) -> tuple[tuple[int, ...], ...]:
    """The parents of each of `count` levels: those given, once they are checked, the chain or the star.

    Raises:
        InvalidInputError: a graph of another size, or a parent that is not a lower level.
    """
    if graph is None:
        return tuple(() if level == 0 else (level - 1,) for level in range(count))
    if isinstance(graph, str):
        if graph != "star":
            raise InvalidInputError(f"graph={graph!r} is none; give parents, None for a chain, or 'star'")
        return ((),) * (count - 1) + (tuple(range(count - 1)),)
    if len(graph) != count:
        raise InvalidInputError(f"graph must name the parents of all {count} levels; it has {len(graph)}")
    for level, parents in enumerate(graph):
        if len(set(parents)) != len(parents) or any(not 0 <= parent < level for parent in parents):
            raise InvalidInputError(
                f"graph gives level {level} the parents {list(parents)}; they must be different levels "
                f"from 0 to {level - 1} (order the levels so that each comes after those it is built on)"
            )
    return tuple(tuple(int(parent) for parent in parents) for parents in graph)


def level_coefficients(rho: Tensor, edges: tuple[Tensor, ...], count: int) -> Tensor:
    """`A = (I - P)^{-1}` (`... x T x T`) of the factors (`... x edges`) on edges (to, from)."""
    identity = torch.eye(count, dtype=rho.dtype)
    if not rho.shape[-1]:
        return identity.expand(*rho.shape[:-1], count, count)
    P = torch.zeros(*rho.shape[:-1], count, count, dtype=rho.dtype)
    P[..., edges[0], edges[1]] = rho
    return torch.linalg.solve_triangular(identity - P, identity.expand_as(P), upper=False, unitriangular=True)


def split_level(x: Tensor, column: int, count: int, what: str = "level of fidelity") -> tuple[Tensor, Tensor]:
    """The inputs without the column of levels (`... x n x (d - 1)`), and the levels (`... x n` integers).

    Args:
        x: `... x n x d`.
        column: that of the levels.
        count: their number.
        what: they are, for the message.

    Raises:
        InvalidInputError: a level that is none of `0, ..., count - 1`.
    """
    column %= x.shape[-1]
    given = x[..., column].detach()
    levels = given.round()
    wrong = given[((given - levels).abs() > _ROUNDING) | (levels < 0) | (levels >= count)]
    if wrong.numel():
        raise InvalidInputError(
            f"column {column} holds the {what}, an integer from 0 to {count - 1}; given "
            f"{float(wrong.reshape(-1)[0]):g}"
        )
    inputs = torch.cat([x[..., :column], x[..., column + 1 :]], dim=-1)
    return inputs, levels.long()
