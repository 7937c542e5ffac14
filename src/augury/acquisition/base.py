"""What a search maximises."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Acquisition(Protocol):
    """What one more evaluation at a point is worth; larger is better.

    Points are encoded (`augury.Space`), one a row; rows do not influence each other. An acquisition may say
    in `lengthscales` how fast it changes along each column (`d`, NaN for categories), for a faster search,
    and by `is_smooth = False` that its gradient does not tell where it is larger.
    """

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`; anything in categorical columns)."""


class CurvedAcquisition(Acquisition, Protocol):
    """One that may have second derivatives, for a faster search where columns are few."""

    @property
    def has_curvature(self) -> bool:
        """Whether `expand` is to be had."""

    def expand(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`), their gradients (`N x d`) and their Hessians (`N x d x d`)."""


def is_smooth(owner: object) -> bool:
    """Whether the gradient of an acquisition, or of a surrogate's moments, leads to larger values."""
    return bool(getattr(owner, "is_smooth", True))
