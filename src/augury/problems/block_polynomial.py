"""A polynomial of many variables that decomposes into unknown groups of four, with its maximum known."""

from __future__ import annotations

from itertools import product
from typing import final

import torch
from botorch.test_functions.synthetic import SyntheticTestFunction
from torch import Tensor

from augury.errors import InvalidInputError


@final
class BlockPolynomial(SyntheticTestFunction):
    r"""A sum of products of four shifted variables, on the unit cube; maximised.

    .. math::
        f(x) = \sum_{j=1}^{d/4} \prod_{i=0}^{3} (x_{j + i d/4} - c_{j + i d/4}), \quad c \sim \mathcal N(0, I)

    The variables of a group are d/4 apart: x - c is reshaped to 4 rows of d/4, and multiplied down the
    columns. Each group is linear in each of its variables, so its maximum is at one of 16 corners, and the
    maximum of f is known exactly.

    Source: Li, Rudner and Wilson (ICLR 2024), "polynomial": d = 200.

    Args:
        dim: number of inputs, a multiple of 4.
        seed: of the shifts c.
        noise_std, negate: as in BoTorch.

    Raises:
        InvalidInputError: dim is no positive multiple of 4, or a negative seed.
    """

    _is_minimization_by_default = False
    _check_grad_at_opt = False
    shifts: Tensor

    def __init__(
        self, dim: int = 200, seed: int = 0, noise_std: float | None = None, negate: bool = False
    ) -> None:
        if dim < 4 or dim % 4 or seed < 0:
            raise InvalidInputError(
                f"BlockPolynomial(dim={dim}, seed={seed}): dim must be a multiple of 4, the seed at least 0"
            )
        self.dim = dim
        self.continuous_inds = list(range(dim))
        self._bounds = [(0.0, 1.0)] * dim
        shifts = torch.randn(dim, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        corners = torch.tensor(list(product((0.0, 1.0), repeat=4)), dtype=torch.float64)
        groups = (corners.unsqueeze(-1) - shifts.reshape(4, dim // 4)).prod(-2)  # 16 x d/4
        best, which = groups.max(0)
        self._optimal_value = float(best.sum())
        self._optimizers = [tuple(corners[which].T.reshape(-1).tolist())]
        super().__init__(noise_std=noise_std, negate=negate)
        self.register_buffer("shifts", shifts)

    def _evaluate_true(self, X: Tensor) -> Tensor:
        shifted = X - self.shifts.to(X)
        return shifted.reshape(*X.shape[:-1], 4, self.dim // 4).prod(-2).sum(-1)
