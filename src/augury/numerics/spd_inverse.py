"""Inverses of batches of positive definite matrices, differentiable in closed form."""

from __future__ import annotations

import warnings
from typing import Any, final

import torch
from linear_operator.utils.cholesky import psd_safe_cholesky
from linear_operator.utils.warnings import NumericalWarning
from torch import Tensor

#: Entries of `I - A Y` are below 1 in exact arithmetic at every iteration; rounding adds little to that.
_DIVERGED = 1.5


def newton_inverse(A: Tensor, iterations: int = 20) -> Tensor:
    r"""The inverse by Newton's iteration: matrix products only.

    .. math:: Y_0 = \frac{1.8}{\|A\|_1^2} A, \qquad Y_{k+1} = 2 Y_k - Y_k A Y_k

    The error squares at each step once it is below 1; the number of steps before that grows with the
    logarithm of the condition number, so 20 steps do not invert an ill-conditioned matrix. The gradient is
    that of the inverse, `-Y^T G Y^T`, not that of the iterations. Half precision is computed in single.
    Where rounding makes the iteration diverge, Cholesky's factor takes over.

    Source: Lu et al. (2021), SOFT: softmax-free transformer with linear complexity, section 3.3.

    Args:
        A: `... x m x m`, symmetric positive definite.
        iterations: number of steps.

    Returns:
        `... x m x m`.

    Warns:
        NumericalWarning: the iteration diverged.
    """
    inverse: Tensor = _Inverse.apply(A, iterations)
    return inverse


def cholesky_inverse(A: Tensor) -> Tensor:
    """The inverse by Cholesky's factor; the gradient is `-Y^T G Y^T`, without one of the factor.

    Args:
        A: `... x m x m`, symmetric positive definite; jitter is added, with a warning, where it is not.

    Returns:
        `... x m x m`.
    """
    inverse: Tensor = _Inverse.apply(A, None)
    return inverse


@final
class _Inverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, A: Tensor, iterations: int | None) -> Tensor:
        wide = A.to(torch.promote_types(A.dtype, torch.float32))
        Y = (_by_cholesky(wide) if iterations is None else _by_newton(wide, iterations)).to(A.dtype)
        ctx.save_for_backward(Y)
        return Y

    @staticmethod
    def backward(ctx: Any, G: Tensor) -> tuple[Tensor, None]:
        (Y,) = ctx.saved_tensors
        return -(Y.mT @ G @ Y.mT), None


def _by_cholesky(A: Tensor) -> Tensor:
    return torch.cholesky_inverse(psd_safe_cholesky(A))


def _by_newton(A: Tensor, iterations: int) -> Tensor:
    norm = A.abs().sum(-1, keepdim=True).amax(-2, keepdim=True)
    Y = 1.8 / norm**2 * A
    for _ in range(iterations):
        Y = 2.0 * Y - Y @ A @ Y
    eye = torch.eye(A.shape[-1], dtype=A.dtype, device=A.device)
    if not bool(((eye - A @ Y).abs() < _DIVERGED).all()):
        warnings.warn(
            "Newton's iteration for the inverse diverged by rounding: Cholesky's factor is used; "
            "a larger jitter avoids it",
            NumericalWarning,
            stacklevel=4,
        )
        return _by_cholesky(A)
    return Y
