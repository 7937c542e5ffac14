"""What the tiled kernel recursion needs to know of the inputs on one side of the matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Side:
    r"""The `n` inputs on one side.

    With `p_l`, `t_l` the scales of the dual of layer `l` (see `ScaledDual`) at the variances before it,

    .. math::
        u_1 = Z Z'^T, \qquad
        u_{l+1} = \gamma_l \gamma_l'^T \circ g(u_l) + \beta_l \beta_l'^T, \qquad K = u_{L+1}

    where `Z = p_1 [x sqrt(w_0 / d), sqrt(b_0)]`, `gamma_l = sqrt(w_l) t_l p_{l+1}`,
    `beta_l = sqrt(b_l) p_{l+1}`, and `p_{L+1} = 1`.

    Args:
        Z: `n x k`.
        gamma: `L x n`.
        beta: `L x n`.
    """

    Z: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray

    def __len__(self) -> int:
        return len(self.Z)

    def __getitem__(self, rows: slice) -> Side:
        """Some of the inputs, as a view."""
        return Side(self.Z[rows], self.gamma[:, rows], self.beta[:, rows])

    def zeros(self) -> Side:
        """A gradient of the same shapes, to be summed up."""
        return Side(np.zeros_like(self.Z), np.zeros_like(self.gamma), np.zeros_like(self.beta))

    def empty(self) -> Side:
        """A gradient of the same shapes, to be filled."""
        return Side(np.empty_like(self.Z), np.empty_like(self.gamma), np.empty_like(self.beta))

    def __iadd__(self, other: Side) -> Side:
        for mine, theirs in ((self.Z, other.Z), (self.gamma, other.gamma), (self.beta, other.beta)):
            mine += theirs
        return self
