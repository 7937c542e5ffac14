"""Rule views: what a Space says of its constraints, for those that compute with them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from augury.space.columns import EncodedColumns
from augury.space.inequalities import Inequalities
from augury.space.rules import Rules
from augury.space.scales import Array

if TYPE_CHECKING:
    import torch


class RuleViews:
    """The constraints of a space as functions of encoded points.

    Attributes:
        rules: the constraints themselves; equalities and counts are looked at there.
    """

    _columns: EncodedColumns
    rules: Rules

    def feasible(self, X: Array | torch.Tensor) -> NDArray[np.bool_]:
        """Mask (n) of the encoded points that satisfy every constraint (to rounding error)."""
        return self.rules.feasible(self._columns.points(X))

    @cached_property
    def linear_inequalities(self) -> tuple[Array, Array] | None:
        """(A: c x dim, b: c) with A x <= b in encoded coordinates; None without inequalities, or where one
        involves a column in which values are not affine in the coordinate (log scale)."""
        return self.rules.inequalities.linear

    def constraint_values(self, X: Array | torch.Tensor) -> Array:
        """Left minus right side (n x c) of every linear inequality, feasible when <= 0."""
        return self.rules.inequalities.values(self._columns.points(X))

    def constraint_jacobian(self, X: Array | torch.Tensor) -> Array:
        """Derivatives (n x c x dim) of `constraint_values` with respect to the encoded points."""
        return self.rules.inequalities.jacobian(self._columns.points(X))

    @property
    def inequalities(self) -> Inequalities | None:
        """The linear inequalities over encoded columns, None if there are none."""
        return self.rules.inequalities if len(self.rules.inequalities) else None
