"""Co-kriging on a graph of sources that are called by the values of a Space's fidelity or task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any

from botorch.models.model import Model
from torch import Tensor

from augury.errors import InvalidInputError
from augury.kernels.ar1 import Graph
from augury.models.build import build_model
from augury.models.co_kriging import CoKriging
from augury.models.fidelity_inputs import VersionCodes, found_levels
from augury.space.fidelity import Fidelity, encoded_value
from augury.space.space import Space


@dataclass(frozen=True)
class SourceGraph:
    """What `model=` takes for co-kriging in which each source is built on named others.

        Study(space, goals, model=SourceGraph({"fine": ["coarse", "panel"], "coarse": ["panel"]}))

    The names are values of the parameter with the role "fidelity" or "task"; those without parents may be
    left out. A source that has no results yet is passed over: what is built on it is built on its parents.
    In a space without versions it is the Gaussian process.

    Source: Ji et al. (2024), "A graphical multi-fidelity Gaussian process model".

    Args:
        parents: value -> the values it is built on; when None, the version that counts on all others.
        model: `CoKriging` or `RecursiveCoKriging`, or one of them with options (`functools.partial`).

    Raises:
        InvalidInputError: when it is built: names that are no values of the parameter, a cycle, or something
            that is built on the version that counts.
    """

    parents: Mapping[Any, Sequence[Any]] | None = None
    model: Any = CoKriging

    def __call__(self, train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space) -> Model:
        """The model, to be fit."""
        fidelity = space.fidelity
        if fidelity is None or not fidelity.discrete:
            return build_model(self.model, train_X, train_Y, train_Yvar, space)
        found = found_levels(fidelity, train_X)
        target = fidelity.target_level
        graph: Graph = "star"
        if self.parents is None:
            order = [level for level in found if level != target]
            order += [target] if target in found else []
        else:
            order, graph = self._ordered(space, fidelity, found)
        model = partial(
            self.model,
            graph=graph,
            fidelity_features=[fidelity.column],
            input_transform=VersionCodes.of(fidelity, order),
            categorical_features=[c for c in space.categorical_features if c != fidelity.column] or None,
        )
        return build_model(lambda X, Y, Yvar, _: model(X, Y, Yvar), train_X, train_Y, train_Yvar, space)

    def _ordered(
        self, space: Space, fidelity: Fidelity, found: Sequence[int]
    ) -> tuple[list[int], list[list[int]]]:
        """The levels that have rows, each after those it is built on, and the positions of these."""
        assert self.parents is not None
        parameter = space.parameters[fidelity.name]

        def level(value: Any) -> int:
            return fidelity.level_of(encoded_value(parameter, value))

        parents = {level(value): [level(one) for one in below] for value, below in self.parents.items()}
        target = fidelity.target_level
        if above := [value for value, below in self.parents.items() if target in map(level, below)]:
            raise InvalidInputError(
                f"the graph builds {above[0]!r} on the version that counts; turn that around, or set target="
            )
        try:
            order = list(
                TopologicalSorter({one: parents.get(one, []) for one in {*found, *parents}}).static_order()
            )
        except CycleError as error:
            raise InvalidInputError(
                "the graph of sources has a cycle; each is built on earlier ones"
            ) from error
        order = [one for one in order if one in found and one != target] + [target] * (target in found)

        def known(one: int) -> set[int]:
            """The parents of a level that have rows, and in place of the others theirs."""
            below = parents.get(one, [])
            return set().union(*({parent} if parent in found else known(parent) for parent in below))

        return order, [sorted(map(order.index, known(one))) for one in order]


graph_co_kriging = partial(CoKriging, graph="star")
graph_co_kriging.__doc__ = (
    "Co-kriging of a truth that is built on all other sources, which have nothing to do with each other."
)
