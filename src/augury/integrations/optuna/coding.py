"""Optuna's distributions as a Space, and parameter values from one to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from augury.errors import InvalidInputError
from augury.integrations.labels import Labels
from augury.space.categorical import Categorical
from augury.space.float import Float
from augury.space.int import Int
from augury.space.parameter import Parameter
from augury.space.space import Space

#: name -> (parent, the parent's values for which the parameter of that name is asked for)
Branches = Mapping[str, tuple[str, tuple[Any, ...]]]


class Coding:
    """A Space of the parameters that are decided together.

    Args:
        distributions: of the parameters; those with one value only have none in the Space.
        branches: which parameters exist only for some values of another one.
        space: the user's own Space of these parameters, instead of one made of the distributions.
    """

    def __init__(
        self, distributions: Mapping[str, BaseDistribution], branches: Branches, space: Space | None = None
    ) -> None:
        self.distributions = dict(distributions)
        self.branches = dict(branches)
        self.constants = {name: only_value(one) for name, one in distributions.items() if one.single()}
        self._own = space
        varied = {name: one for name, one in distributions.items() if name not in self.constants}
        choices = {
            name: list(one.choices)
            for name, one in varied.items()
            if isinstance(one, CategoricalDistribution)
        }
        labels = Labels({} if space is not None else choices)
        self._categories = {
            name: labels.of(name) if name in labels else values for name, values in choices.items()
        }
        self._points: dict[int, NDArray[np.float64] | None] = {}

    @cached_property
    def space(self) -> Space | None:
        """None where no parameter has two values."""
        if self._own is not None:
            return self._own
        parameters = {
            name: parameter_of(one, self._categories.get(name), self._condition(name))
            for name, one in self.distributions.items()
            if name not in self.constants
        }
        return Space(parameters) if parameters else None

    def _condition(self, name: str) -> dict[str, list[Any]] | None:
        if name not in self.branches:
            return None
        parent, values = self.branches[name]
        return {parent: [self._coded(parent, value) for value in values]}

    def _coded(self, name: str, value: Any) -> Any:
        """An Optuna value as the Space has it.

        Raises:
            InvalidInputError: a category that does not exist.
        """
        if name not in self._categories:
            return value
        try:
            return self._categories[name][int(self.distributions[name].to_internal_repr(value))]
        except ValueError as error:
            raise InvalidInputError(str(error)) from error

    def restricted(self, fixed: Mapping[str, Any]) -> Space:
        """The space with what the user has fixed of a trial held, as far as it can be."""
        assert self.space is not None
        try:
            return self.space.restrict(
                {name: self._coded(name, value) for name, value in fixed.items() if name in self.space.names}
            )
        except InvalidInputError:
            return self.space

    def point(self, params: Mapping[str, Any]) -> NDArray[np.float64] | None:
        """The encoded point of a trial's params; None where they lack a parameter or lie outside."""
        assert self.space is not None
        try:
            coded = {name: self._coded(name, params[name]) for name in self.distributions if name in params}
            known = {name: value for name, value in coded.items() if name not in self.constants}
            return np.asarray(self.space.encode([known])[0])
        except InvalidInputError:
            return None

    def finished_point(self, number: int, params: Mapping[str, Any]) -> NDArray[np.float64] | None:
        """`point` of a finished trial, encoded once."""
        if number not in self._points:
            self._points[number] = self.point(params)
        return self._points[number]

    def params(self, X: NDArray[np.float64]) -> dict[str, Any]:
        """Optuna's values of an encoded point (`1 x d`); those that are inactive are left out."""
        assert self.space is not None
        params = self.space.decode(X)[0]
        for name, categories in self._categories.items():
            if name in params:
                index = next(i for i, one in enumerate(categories) if _same(one, params[name]))
                params[name] = self.distributions[name].to_external_repr(index)
        return {name: params[name] for name in self.distributions if name in params} | self.constants


def parameter_of(
    distribution: BaseDistribution,
    categories: Sequence[Any] | None = None,
    active_if: Mapping[str, Sequence[Any]] | None = None,
) -> Parameter:
    """The parameter of a distribution.

    Raises:
        InvalidInputError: bounds that no Space takes (more than 2**50 whole numbers).
    """
    if isinstance(distribution, FloatDistribution):
        step = distribution.step
        return Float(
            distribution.low, distribution.high, log=distribution.log, step=step, active_if=active_if
        )
    if isinstance(distribution, IntDistribution):
        return Int(
            distribution.low,
            distribution.high,
            log=distribution.log,
            step=distribution.step,
            active_if=active_if,
        )
    assert isinstance(distribution, CategoricalDistribution)
    return Categorical(list(distribution.choices if categories is None else categories), active_if=active_if)


def distributions_of(space: Space) -> dict[str, BaseDistribution]:
    """Optuna's distributions of the parameters of a Space.

    Raises:
        InvalidInputError: a table of candidates, whose rows Optuna cannot ask for one parameter at a time.
    """
    if space.candidates is not None:
        raise InvalidInputError("Optuna asks for one parameter at a time; give no table of candidates")
    found: dict[str, BaseDistribution] = {}
    for name, parameter in space.parameters.items():
        if isinstance(parameter, Float):
            found[name] = FloatDistribution(
                parameter.low, parameter.high, log=parameter.log, step=parameter.step
            )
        elif isinstance(parameter, Int):
            found[name] = IntDistribution(
                parameter.low, parameter.high, log=parameter.log, step=parameter.step
            )
        elif isinstance(parameter, Categorical):
            found[name] = CategoricalDistribution(list(parameter.values))
    return found


def only_value(distribution: BaseDistribution) -> Any:
    """The one value of a distribution that has no other."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[0]
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    return distribution.low


def _same(one: Any, other: Any) -> bool:
    """Whether two categories are the same (1 and True are not)."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
