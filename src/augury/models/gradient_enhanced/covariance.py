"""The Matern-5/2 covariance of values and derivatives, every block in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor

#: What stands for "the value itself" where a derivative could be named.
VALUE = -1


class DerivativeMatern:
    r"""Matern-5/2 with one lengthscale per numeric input, and its derivatives by either argument.

    .. math::
        k = (1 + a + a^2 / 3)\, e^{-a - h}, \quad a^2 = 5 \sum_i \frac{(x_i - x'_i)^2}{\ell_i^2}, \quad
        u_i = \frac{x_i - x'_i}{\ell_i^2}

    .. math::
        \frac{\partial k}{\partial x_i} = -\tfrac53 (1 + a)\, e^{-a - h} u_i, \qquad
        \frac{\partial^2 k}{\partial x_i\, \partial x'_j} = \tfrac53\, e^{-a - h}
        \big[(1 + a)\, \delta_{ij} / \ell_i^2 - 5\, u_i u_j\big]

    with the mismatches `h` of the categories, which have no derivative (`MaternCovariance`).

    Args:
        numeric: the columns that are numbers, one lengthscale each.
        categorical: the integer-coded columns, one mismatch scale each.

    Source: Rasmussen and Williams (2006), eq. 4.17 and section 9.4.
    """

    def __init__(self, numeric: Sequence[int], categorical: Sequence[int]) -> None:
        self.numeric, self.categorical = list(numeric), list(categorical)

    def __call__(self, theta: Tensor, X1: Tensor, which1: Tensor, X2: Tensor, which2: Tensor) -> Tensor:
        """`... x p x M` covariances, differentiable by `theta` and by the points.

        Args:
            theta: log lengthscales, then log mismatch scales.
            X1: `... x p x d` points.
            which1: `p`, for each of them the numeric input by which `f` is differentiated (counted among the
                numeric ones), or `VALUE`.
            X2: `... x M x d` points.
            which2: `M`, the same for these.
        """
        count = len(self.numeric)
        inverse = torch.exp(-2.0 * theta[:count])
        difference = X1[..., :, None, self.numeric] - X2[..., None, :, self.numeric]
        u = difference * inverse
        # The clamp keeps the square root's derivative finite where two points coincide.
        a = sqrt(5.0) * (difference * u).sum(-1).clamp_min(1e-30).sqrt()
        exponent = -a
        for column, scale in zip(self.categorical, theta[count:], strict=True):
            different = X1[..., :, None, column] != X2[..., None, :, column]
            exponent = exponent - different.to(exponent) * torch.exp(-scale)
        exponential = exponent.exp()
        slope = (5.0 / 3.0) * (1.0 + a) * exponential
        values = (1.0 + a + a * a / 3.0) * exponential
        first, second = which1 != VALUE, which2 != VALUE
        if not bool(first.any() or second.any()):
            return values
        left, right = which1.clamp_min(0), which2.clamp_min(0)
        u_left = torch.gather(u, -1, left[:, None, None].expand((*u.shape[:-1], 1)))[..., 0]
        u_right = torch.gather(u, -1, right[None, :, None].expand((*u.shape[:-1], 1)))[..., 0]
        same = (left[:, None] == right).to(u) * inverse[right]
        both = slope * same - (25.0 / 3.0) * exponential * u_left * u_right
        of_left = torch.where(second, both, -slope * u_left)
        of_value = torch.where(second, slope * u_right, values)
        return torch.where(first[:, None], of_left, of_value)
