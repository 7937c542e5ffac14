"""Observations: everything measured so far, as one immutable table of encoded points and outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError

STATUSES = ("complete", "failed", "pending")


@dataclass(frozen=True, eq=False)
class Observations:
    """n rows, in the order in which the trials were made.

    Args:
        X: encoded points, n x d.
        Y: outcomes in their own units, n x m; NaN = not measured.
        Yvar: variance of each outcome's error (squared standard error), n x m; NaN = unknown.
        cost: what each evaluation cost, n; NaN = unknown.
        status: "complete", "failed" or "pending", n.
        gradient: derivatives of the outcomes with respect to the encoded point, n x m x d, if measured.

    Raises:
        InvalidInputError: arrays of contradicting shapes, an unknown status, a negative variance, a point
            that is not finite.
    """

    X: NDArray[np.float64]
    Y: NDArray[np.float64]
    Yvar: NDArray[np.float64]
    cost: NDArray[np.float64]
    status: NDArray[np.str_]
    gradient: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        for name in ("X", "Y", "Yvar", "cost", "gradient"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _frozen(getattr(self, name), np.float64))
        object.__setattr__(self, "status", _frozen(self.status, np.str_))
        self._check_shapes()
        if not np.isfinite(self.X).all():
            raise InvalidInputError("X has a coordinate that is not finite")
        if np.isinf(self.Y).any():
            raise InvalidInputError("Y has an infinite outcome; record the row as failed")
        if (self.Yvar < 0).any():
            raise InvalidInputError("Yvar has a negative variance")
        unknown = set(self.status.tolist()) - set(STATUSES)
        if unknown:
            raise InvalidInputError(
                f"status {sorted(unknown)[0]!r} is unknown; use one of {', '.join(STATUSES)}"
            )

    def _check_shapes(self) -> None:
        if self.X.ndim != 2 or self.Y.ndim != 2:
            raise InvalidInputError(
                f"X and Y must be matrices; their shapes are {self.X.shape} and {self.Y.shape}"
            )
        n, d = self.X.shape
        m = self.Y.shape[1]
        expected = {"Y": (n, m), "Yvar": (n, m), "cost": (n,), "status": (n,), "gradient": (n, m, d)}
        for name, shape in expected.items():
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                raise InvalidInputError(
                    f"{name} has shape {array.shape}, but X {self.X.shape} asks for {shape}"
                )

    @classmethod
    def empty(cls, d: int, m: int) -> Observations:
        """No rows yet, for d columns and m outcomes."""
        return cls(
            np.empty((0, d)), np.empty((0, m)), np.empty((0, m)), np.empty(0), np.empty(0, dtype=np.str_)
        )

    def rows(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Observations:
        """Some of the rows: a mask (n), or row numbers, which may repeat."""
        return Observations(
            X=self.X[which],
            Y=self.Y[which],
            Yvar=self.Yvar[which],
            cost=self.cost[which],
            status=self.status[which],
            gradient=None if self.gradient is None else self.gradient[which],
        )

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.X)

    @cached_property
    def complete(self) -> NDArray[np.bool_]:
        """Mask (n) of the rows that are complete and have some outcome measured."""
        return _frozen((self.status == "complete") & np.isfinite(self.Y).any(axis=1), np.bool_)

    @cached_property
    def failed(self) -> NDArray[np.bool_]:
        """Mask (n) of the rows whose evaluation failed."""
        return _frozen(self.status == "failed", np.bool_)

    @cached_property
    def pending(self) -> NDArray[np.bool_]:
        """Mask (n) of the rows handed out and not yet told."""
        return _frozen(self.status == "pending", np.bool_)


def _frozen(array: Any, dtype: type) -> NDArray[Any]:
    """A read-only copy."""
    copy: NDArray[Any] = np.array(array, dtype=dtype)
    copy.flags.writeable = False
    return copy
