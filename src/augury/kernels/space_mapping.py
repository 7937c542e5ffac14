"""The covariance of space mapping: each level of fidelity is the one below at other inputs, corrected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import torch
from gpytorch.kernels import Kernel
from gpytorch.priors import NormalPrior
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.kernels.ar1 import level_graph, split_level

#: The inputs' centre, about which they are stretched: stretch and shift are then told apart.
_CENTRE = 0.5
#: Standard deviations of what the map may change, in the unit cube.
_STRETCH, _SHIFT = 0.2, 0.15


@final
class SpaceMappingKernel(Kernel):
    r"""The covariance over inputs and levels of fidelity whose inputs do not mean quite the same.

    .. math::
        f_t(x) = \rho_t\, f_{t-1}(P_t(x)) + \delta_t(x), \qquad
        P_t(x) = \tfrac12 + A_t (x - \tfrac12) + b_t, \qquad \delta_t \sim \mathcal{GP}(0, k_t)

    with independent `delta`, so that, with `P_{j \leftarrow t} = P_{j+1} \circ \dots \circ P_t`,

    .. math::
        \operatorname{cov}(f_t(x), f_s(x')) = \sum_{j \le \min(t, s)}
        \Big(\prod_{i=j+1}^t \rho_i\Big) \Big(\prod_{i=j+1}^s \rho_i\Big)\,
        k_j\big(P_{j \leftarrow t}(x), P_{j \leftarrow s}(x')\big).

    The maps are learnt, with normal priors about the identity; at the identity this is `AR1Kernel`.

    Source: Bandler et al. (2004), "Space mapping: the state of the art" (input mapping, a coarse model and a
    fine one), with the discrepancy of Kennedy and O'Hagan (2000).

    Args:
        base_kernels: `T` kernels, of level 0 and of what each level above adds, on the inputs without the
            column of levels.
        fidelity_dim: the column that holds the level, an integer of 0 to `T - 1`.
        mapped: the columns, among those without the level, that the maps change.
        full: whether every mapped column depends on every other; else `A_t` is diagonal.

    Raises:
        InvalidInputError: no kernel.
    """

    raw_rho: Tensor
    raw_stretch: Tensor
    raw_shift: Tensor

    def __init__(
        self,
        base_kernels: Sequence[Kernel],
        fidelity_dim: int = -1,
        mapped: Sequence[int] = (0,),
        full: bool = False,
    ) -> None:
        super().__init__()
        if not base_kernels:
            raise InvalidInputError("base_kernels needs one kernel for each level; given none")
        self.base_kernels = nn.ModuleList(base_kernels)
        self.fidelity_dim, self.mapped, self.full = fidelity_dim, list(mapped), full
        maps, width = len(base_kernels) - 1, len(self.mapped)
        self.graph = level_graph(maps + 1, None)
        shape = (maps, width, width) if full else (maps, width)
        for name, parameter, deviation in (
            ("stretch", torch.zeros(shape, dtype=torch.float64), _STRETCH),
            ("shift", torch.zeros(maps, width, dtype=torch.float64), _SHIFT),
        ):
            self.register_parameter(f"raw_{name}", nn.Parameter(parameter))
            self.register_prior(
                f"{name}_prior",
                NormalPrior(torch.zeros(()).double(), torch.tensor(deviation).double()),
                lambda kernel, name=name: getattr(kernel, f"raw_{name}"),
            )
        self.register_parameter("raw_rho", nn.Parameter(torch.ones(maps, dtype=torch.float64)))

    @property
    def num_fidelities(self) -> int:
        """`T`."""
        return len(self.base_kernels)

    @property
    def rho(self) -> Tensor:
        """`T - 1` factors, free numbers, that begin at 1."""
        return self.raw_rho.clone()  # a Parameter could not be assigned to another kernel

    @rho.setter
    def rho(self, value: Tensor) -> None:
        with torch.no_grad():
            self.raw_rho.copy_(torch.as_tensor(value, dtype=torch.float64).expand_as(self.raw_rho))

    @property
    def matrices(self) -> Tensor:
        """`(T - 1) x m x m`: the `A` above, of the `m` mapped columns."""
        identity = torch.eye(len(self.mapped), dtype=self.raw_stretch.dtype)
        return identity + (self.raw_stretch if self.full else torch.diag_embed(self.raw_stretch))

    @property
    def shifts(self) -> Tensor:
        """`(T - 1) x m`: the `b` above."""
        return self.raw_shift.clone()

    def draw_maps(self, generator: torch.Generator) -> None:
        """Take maps drawn from their prior."""
        with torch.no_grad():
            for raw, deviation in ((self.raw_stretch, _STRETCH), (self.raw_shift, _SHIFT)):
                raw.copy_(deviation * torch.randn(raw.shape, generator=generator, dtype=raw.dtype))

    def map(self, inputs: Tensor, level: int) -> Tensor:
        """Inputs of a level (`... x d`, without its column) as the level below sees them."""
        chosen = inputs[..., self.mapped] - _CENTRE
        moved = chosen @ self.matrices[level - 1].mT + self.raw_shift[level - 1] + _CENTRE
        columns = list(inputs.unbind(-1))
        for position, column in enumerate(self.mapped):
            columns[column] = moved[..., position]
        return torch.stack(columns, dim=-1)

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """`... x n1 x n2`, or `... x n` with `diag`.

        Raises:
            InvalidInputError: a level that is none of `0, ..., T - 1`.
        """
        total: Tensor | None = None
        for kernel, one, two in zip(self.base_kernels, self._places(x1), self._places(x2), strict=True):
            (inputs1, first), (inputs2, second) = one, two
            if diag:
                term = first * second * kernel(inputs1, inputs2, diag=True, **params)
            else:
                covariance = kernel(inputs1, inputs2, **params).to_dense()
                term = first.unsqueeze(-1) * second.unsqueeze(-2) * covariance
            total = term if total is None else total + term
        assert total is not None
        return total

    def _places(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """For each level, the points as it sees them (`... x n x d`) and their factors (`... x n`)."""
        inputs, levels = split_level(x, self.fidelity_dim, self.num_fidelities)
        place, weight = inputs, (levels == self.num_fidelities - 1).to(inputs.dtype)
        found = [(place, weight)]
        for level in range(self.num_fidelities - 1, 0, -1):
            is_above = levels >= level
            place = torch.where(is_above.unsqueeze(-1), self.map(place, level), inputs)
            weight = torch.where(
                is_above, self.raw_rho[level - 1] * weight, (levels == level - 1).to(inputs.dtype)
            )
            found.append((place, weight))
        return found[::-1]
