"""Column views: what a Space says of its encoded columns, for those that compute with them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from augury.space.columns import EncodedColumns
from augury.space.conditions import Conditions
from augury.space.parameter import Parameter
from augury.space.scales import Array

if TYPE_CHECKING:
    import torch


class ColumnViews:
    """The columns of a space: names, kinds, levels, bounds; and when they are active.

    Attributes:
        columns: names of the encoded columns.
        column_parameters: their parameters.
        conditions: which columns are active only for some values of others.
    """

    _columns: EncodedColumns
    columns: list[str]
    column_parameters: list[Parameter]
    conditions: Conditions

    @property
    def dim(self) -> int:
        """Number of encoded columns."""
        return len(self.columns)

    @cached_property
    def categorical_features(self) -> list[int]:
        """Columns that hold integer codes."""
        return self._columns.categorical_features

    @cached_property
    def cardinalities(self) -> dict[int, int]:
        """Column -> number of categories, for the columns that hold integer codes."""
        return self._columns.cardinalities

    @cached_property
    def descriptors(self) -> dict[int, torch.Tensor]:
        """Column -> k x p descriptors of its categories, each scaled to [0, 1]."""
        return self._columns.descriptors

    @cached_property
    def levels(self) -> dict[int, Array]:
        """Numeric column -> its sorted encoded levels, where there are at most 1,000 of them."""
        return self._columns.levels

    @cached_property
    def bounds(self) -> Array:
        """Lower and upper encoded bounds, 2 x dim."""
        return self._columns.bounds
