"""Numeric: what Float and Int share."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np

from augury.errors import InvalidInputError
from augury.space.parameter import ActiveIf, Parameter, check_common
from augury.space.scales import Array


class Numeric(Parameter):
    """A parameter between two bounds, on a linear or a logarithmic scale."""

    low: Any  # float or int, as the member has it
    high: Any

    def __init__(self, log: bool, role: str, cost: Any, active_if: ActiveIf | None) -> None:
        if not isinstance(log, bool):
            raise InvalidInputError(f"log={log!r} must be True or False")
        self.log, self.role, self.active_if = log, role, check_common(role, cost, active_if)

    @property
    @abstractmethod
    def _width(self) -> float:
        """Difference of the values at coordinates 1 and 0, on a linear scale."""

    @property
    def is_affine(self) -> bool:
        return not self.log

    def value_and_slope(self, u: Array) -> tuple[Array, Array]:
        if self.log:
            span = math.log(self.high / self.low)
            value = self.low * np.exp(u * span)
            return value, value * span
        return self.low + u * self._width, np.full_like(u, self._width)

    def _schema(self, kind: str, step: dict[str, Any]) -> dict[str, Any]:
        log = {"log": True} if self.log else {}
        return {"type": kind, "low": self.low, "high": self.high} | log | step | self._common()

    def __repr__(self) -> str:
        schema = self.to_dict()
        options = [f"{key}={value!r}" for key, value in schema.items() if key not in ("type", "low", "high")]
        return f"{type(self).__name__}({', '.join([repr(self.low), repr(self.high), *options])})"
