"""Derivatives by parameters in their own units, as derivatives by the encoded columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from augury.space.numeric import Numeric
from augury.space.scales import Array

if TYPE_CHECKING:
    from augury.space.space import Space


def encoded_gradients(space: Space, X: Array, gradients: Sequence[Mapping[str, float]]) -> Array:
    """Derivatives with respect to the encoded points, by the chain rule through each parameter's scale.

    Args:
        space: where the points live.
        X: encoded points (n x dim).
        gradients: for each point, parameter -> derivative in its own unit; absent where not measured.

    Returns:
        n x dim; NaN where not measured, and by categories.
    """
    result = np.full(X.shape, np.nan)
    for column, (name, parameter) in enumerate(zip(space.columns, space.column_parameters, strict=True)):
        if isinstance(parameter, Numeric):
            measured = np.array([gradient.get(name, np.nan) for gradient in gradients], dtype=np.float64)
            result[:, column] = measured * parameter.value_and_slope(X[:, column])[1]
    return result
