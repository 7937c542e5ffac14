"""Dual maps of activations: Gaussian expectations of products, `E[f(u) f(v)]` and `E[f'(u) f'(v)]`."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from torch import Tensor


class Dual(ABC):
    r"""The dual of an activation `f`, for `(u, v)` jointly normal with zero mean.

    .. math::
        F(K_{aa}, K_{ab}, K_{bb}) = \mathbb E[f(u) f(v)], \qquad
        \frac{\partial F}{\partial K_{ab}} = \mathbb E[f'(u) f'(v)]

    (the second is Price's theorem). All arguments are tensors that broadcast against each other, results are
    differentiable, and derivatives at `u = v` are finite. Covariances that rounding has put outside of the
    Cauchy-Schwarz bound are taken as on it.
    """

    @abstractmethod
    def product(self, K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        """`E[f(u) f(v)]` for the covariance `K` of u and v and their variances `q1`, `q2`."""

    @abstractmethod
    def slope_product(self, K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        """`E[f'(u) f'(v)]`."""

    @abstractmethod
    def square(self, q: Tensor) -> Tensor:
        """`E[f(u)^2]` at variance `q`: the value of `product` at `K = q1 = q2`, without its rounding."""

    @abstractmethod
    def slope_square(self, q: Tensor) -> Tensor:
        """`E[f'(u)^2]` at variance `q`."""


class ScaledDual(Dual):
    r"""A dual that is one function of a scaled covariance.

    .. math:: F = t_a t_b\, g(p_a p_b K_{ab}), \qquad p = p(K_{aa}), \; t = t(K_{aa})

    ReLU and its kin, and erf, are of this form, which is what `augury.kernels.tiles` evaluates in place.
    """

    @abstractmethod
    def input_scale(self, q: Tensor) -> Tensor:
        """`p(q)`."""

    @abstractmethod
    def output_scale(self, q: Tensor) -> Tensor:
        """`t(q)`."""

    @abstractmethod
    def profile(self, u: Tensor) -> Tensor:
        """`g(u)`."""

    @abstractmethod
    def profile_slope(self, u: Tensor) -> Tensor:
        """`g'(u)`."""

    @abstractmethod
    def fill(self, u: np.ndarray, value: np.ndarray, slope: np.ndarray, scratch: np.ndarray) -> None:
        """Write `g(u)` and `g'(u)`; `u` may be clipped in place, all arrays have its shape."""

    @abstractmethod
    def fill_curvature(self, u: np.ndarray, curvature: np.ndarray) -> None:
        """Write `g''(u)`, 0 where it is infinite, for a `u` that `fill` has had."""

    def product(self, K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        scaled = K * self.input_scale(q1) * self.input_scale(q2)
        return self.profile(scaled) * self.output_scale(q1) * self.output_scale(q2)

    def slope_product(self, K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        left, right = self.input_scale(q1), self.input_scale(q2)
        scale = (left * self.output_scale(q1)) * (right * self.output_scale(q2))
        return self.profile_slope(K * left * right) * scale
