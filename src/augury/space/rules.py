"""Rules: everything that restricts the combinations of a Space's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from augury.space.columns import EncodedColumns
from augury.space.constraints import CountConstraint, LinearConstraint, parse_constraints
from augury.space.counts import Count, counts_of
from augury.space.inequalities import Inequalities
from augury.space.parameter import Parameter
from augury.space.scales import Array


class Rules:
    """Linear inequalities, linear equalities and counts of non-zeros, over the encoded columns.

    Args:
        texts: the constraints (see `augury.space.constraints`).
        parameters: those that a constraint may name.
        columns: the encoded columns.

    Attributes:
        texts: the constraints as text.
        inequalities: values feasible when <= 0.
        equalities: values feasible when 0, to their tolerance.
        counts: the cardinality constraints.

    Raises:
        InvalidInputError: a constraint that cannot be read, or names what it cannot constrain.
    """

    def __init__(
        self, texts: Sequence[str], parameters: Mapping[str, Parameter], columns: EncodedColumns
    ) -> None:
        parsed = parse_constraints(texts)
        linear = [one for one in parsed if isinstance(one, LinearConstraint)]
        self.texts: list[str] = [constraint.text for constraint in parsed]
        self.inequalities = Inequalities([one for one in linear if not one.equality], parameters, columns)
        self.equalities = Inequalities([one for one in linear if one.equality], parameters, columns)
        self.counts: list[Count] = counts_of(
            [one for one in parsed if isinstance(one, CountConstraint)], parameters, columns.names
        )

    def __bool__(self) -> bool:
        return bool(self.texts)

    @property
    def thin(self) -> bool:
        """Whether what is allowed has no volume, so that no point drawn at random is."""
        return bool(len(self.equalities) or self.counts)

    @cached_property
    def both_ways(self) -> Inequalities:
        """The inequalities, and each equality as two of them."""
        return self.inequalities.joined(self.equalities).joined(self.equalities.negated())

    def involving(self, columns: Sequence[int]) -> list[str]:
        """The rules that restrict any of some columns, as text."""
        linear = (self.inequalities, self.equalities)
        named = [
            linear_rules.texts[row]
            for linear_rules in linear
            for row in np.flatnonzero(linear_rules.weights[:, list(columns)].any(axis=1))
        ]
        return named + [count.text for count in self.counts if np.isin(count.columns, columns).any()]

    def feasible(self, X: Array) -> NDArray[np.bool_]:
        """Mask (n) of the points (n x dim) that keep every rule, to rounding error."""
        mask = self.inequalities.feasible(X)
        if len(self.equalities):
            mask &= np.all(np.abs(self.equalities.values(X)) <= self.equalities.tolerance, axis=1)
        for count in self.counts:
            mask &= count.excess(X) <= 0.0
        return mask

    def broken(self, x: Array) -> tuple[str, float] | None:
        """The first rule that a point (dim) breaks, and by how much; None if it keeps them all."""
        X = x[None]
        violations = [
            *zip(self.inequalities.texts, self._over(self.inequalities, X), strict=True),
            *zip(self.equalities.texts, self._over(self.equalities, X, both=True), strict=True),
            *((count.text, float(count.excess(X)[0])) for count in self.counts),
        ]
        found = [violation for violation in violations if violation[1] > 0.0]
        return min(found, key=lambda violation: self.texts.index(violation[0])) if found else None

    @staticmethod
    def _over(linear: Inequalities, X: Array, *, both: bool = False) -> list[float]:
        """The violation of each constraint at one point; 0 within the tolerance."""
        if not len(linear):
            return []
        values = linear.values(X)[0]
        values = np.abs(values) if both else values
        over: list[float] = np.where(values > linear.tolerance, values, 0.0).tolist()
        return over
