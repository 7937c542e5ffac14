"""Functions in several versions, from the cheapest to the truth, on which multi-fidelity models are compared.

Each is a tuple of functions of `... x d` points of the unit cube, level 0 first.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt

import torch
from torch import Tensor

Fidelities = tuple[Callable[[Tensor], Tensor], ...]

_NEIGHBOUR = 0.05


def forrester() -> Fidelities:
    r"""One input; the levels are linear in each other.

    .. math::
        f_1(x) = (6x - 2)^2 \sin(12x - 4), \qquad f_0(x) = \tfrac12 f_1(x) + 10 (x - \tfrac12) - 5

    so that `f_1 = 2 f_0 - 20 x + 20`. The minimum of `f_1` is -6.020740 at 0.757249.

    Source: Forrester, Sobester and Keane (2007), "Multi-fidelity optimization via surrogate modelling".
    """

    def high(X: Tensor) -> Tensor:
        x = X[..., 0]
        return (6.0 * x - 2.0).square() * torch.sin(12.0 * x - 4.0)

    def low(X: Tensor) -> Tensor:
        return 0.5 * high(X) + 10.0 * (X[..., 0] - 0.5) - 5.0

    return low, high


def sinusoid() -> Fidelities:
    r"""One input; the truth is quadratic in the cheap level, and hardly correlated with it.

    .. math::
        f_0(x) = \sin(8 \pi x), \qquad f_1(x) = (x - \sqrt 2)\, f_0(x)^2

    Source: Perdikaris et al. (2017), section 3(a)(i).
    """

    def low(X: Tensor) -> Tensor:
        return torch.sin(8.0 * pi * X[..., 0])

    def high(X: Tensor) -> Tensor:
        return (X[..., 0] - sqrt(2.0)) * low(X).square()

    return low, high


def currin() -> Fidelities:
    r"""Two inputs; the cheap level is an average of the truth over neighbours.

    .. math::
        f_1(x) = \left(1 - e^{-1 / (2 x_2)}\right)
        \frac{2300 x_1^3 + 1900 x_1^2 + 2092 x_1 + 60}{100 x_1^3 + 500 x_1^2 + 4 x_1 + 20}

    and `f_0` the mean of `f_1` at `(x_1 +- 0.05, x_2 + 0.05)` and `(x_1 +- 0.05, max(0, x_2 - 0.05))`.

    Source: Xiong, Qian and Wu (2013), "Sequential design and analysis of high-accuracy and low-accuracy
    computer codes".
    """

    def high(X: Tensor) -> Tensor:
        x, y = X[..., 0], X[..., 1]
        ratio = (2300.0 * x**3 + 1900.0 * x**2 + 2092.0 * x + 60.0) / (
            100.0 * x**3 + 500.0 * x**2 + 4.0 * x + 20.0
        )
        return (1.0 - torch.exp(-0.5 / y)) * ratio  # exp(-inf) is 0 where x_2 is 0

    def low(X: Tensor) -> Tensor:
        x, y = X[..., 0], X[..., 1]
        above, below = y + _NEIGHBOUR, (y - _NEIGHBOUR).clamp_min(0.0)
        corners = [
            torch.stack([x + side, other], dim=-1)
            for side in (_NEIGHBOUR, -_NEIGHBOUR)
            for other in (above, below)
        ]
        return torch.stack([high(corner) for corner in corners]).mean(dim=0)

    return low, high


def mapped_rosenbrock() -> Fidelities:
    r"""Two inputs, `[-2, 2]^2`; the truth is the cheap level at other inputs.

    .. math::
        f_0(u) = 100 (u_2 - u_1^2)^2 + (1 - u_1)^2, \qquad f_1(u) = f_0(A u + b), \quad
        A = \begin{pmatrix} 1.1 & -0.2 \\ 0.2 & 0.9 \end{pmatrix}, \;
        b = \begin{pmatrix} -0.3 \\ 0.3 \end{pmatrix}

    The minimum of `f_1` is 0 at `u = (1.2718447, 0.4951456)`.

    Source: Bandler, Cheng, Dakroury, Mohamed, Bakr, Madsen and Sondergaard (2004), "Space mapping: the state
    of the art", the transformed Rosenbrock function.
    """
    A = torch.tensor([[1.1, -0.2], [0.2, 0.9]], dtype=torch.float64)
    b = torch.tensor([-0.3, 0.3], dtype=torch.float64)

    def rosenbrock(u: Tensor) -> Tensor:
        return 100.0 * (u[..., 1] - u[..., 0].square()).square() + (1.0 - u[..., 0]).square()

    def low(X: Tensor) -> Tensor:
        return rosenbrock(4.0 * X - 2.0)

    def high(X: Tensor) -> Tensor:
        return rosenbrock((4.0 * X - 2.0) @ A.mT + b)

    return low, high
