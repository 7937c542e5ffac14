"""The strategies by name, and how `Study(strategy=..., model=..., acquisition=...)` becomes one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from augury.errors import InvalidInputError
from augury.registry import Registry
from augury.strategies.base import Strategy

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.space import Space

_BAYESIAN = "augury.strategies.bayesian_optimization:BayesianOptimization"

STRATEGIES = Registry(
    "strategy",
    "augury.strategies",
    {
        "auto": _BAYESIAN,
        "bayesian-optimization": _BAYESIAN,
        "multi-fidelity": "augury.strategies.multi_fidelity.strategy:MultiFidelityBayesianOptimization",
        "trust-region": "augury.strategies.trust_region:TrustRegion",
        "random-subspace": "augury.strategies.random_subspace:RandomSubspace",
        "pareto-set-learning": "augury.strategies.pareto_set_learning.strategy:ParetoSetLearning",
        "environment": "augury.strategies.environment.optimization:EnvironmentOptimization",
        "offline": "augury.strategies.offline.strategy:OfflineOptimization",
        "sobol": "augury.strategies.sobol_search:SobolSearch",
        "random": "augury.strategies.random_search:RandomSearch",
        "grid": "augury.strategies.grid:Grid",
    },
)


#: From so many columns on a trust region finds more than a search of the whole space (docs/choosing.md).
MANY_COLUMNS = 200


def automatic(space: Space | None, goals: Goals | None = None) -> str:
    """The name of the strategy that "auto" stands for in a space; None for a space or goals not known yet.

    The one place where a strategy is chosen by the kind of the problem.
    """
    if space is None:
        return "bayesian-optimization"
    if any(parameter.role == "environment" for parameter in space.parameters.values()):
        return "environment"
    if space.fidelity is not None:
        return "multi-fidelity"
    one_objective = goals is not None and goals.n_objectives == 1
    return "trust-region" if one_objective and _is_large(space) else "bayesian-optimization"


def _is_large(space: Space) -> bool:
    """Whether there are many columns, all of them to be chosen, and not a table's."""
    designs = all(parameter.role == "design" for parameter in space.parameters.values())
    return designs and space.candidates is None and space.dim >= MANY_COLUMNS


def build_strategy(
    strategy: str | type[Strategy] | Strategy,
    model: Any = "auto",
    acquisition: Any = "auto",
    space: Space | None = None,
    goals: Goals | None = None,
) -> Strategy:
    """The strategy that a user named, gave as a class or built.

    Args:
        strategy: a name in `STRATEGIES`, a Strategy class, or an object, which is returned as it is.
        model: handed to a named strategy or a class; anything but "auto" with an object is an error.
        acquisition: as `model`.
        space: what it will be asked about; decides, with the goals, what "auto" stands for.
        goals: what is wanted.

    Raises:
        InvalidInputError: the name is unknown, the value is no strategy, or a model or acquisition was given
            that the strategy cannot take.
    """
    given = {
        name: value for name, value in (("model", model), ("acquisition", acquisition)) if value != "auto"
    }
    if isinstance(strategy, Strategy):
        if given:
            raise InvalidInputError(
                f"{_listed(given)} was given together with a {type(strategy).__name__} object, which has its "
                f"own; give it to {type(strategy).__name__}(...) instead, or name the strategy by a string"
            )
        return strategy
    if strategy == "auto":
        strategy = automatic(space, goals)
    part = STRATEGIES.load(strategy) if isinstance(strategy, str) else strategy
    if not (isinstance(part, type) and issubclass(part, Strategy)):
        raise InvalidInputError(
            f"{strategy!r} is not a strategy; give a name ({', '.join(map(repr, STRATEGIES.names()))}), "
            "a Strategy class or a Strategy object"
        )
    accepted = _arguments(part)
    if refused := [name for name in given if name not in accepted]:
        raise InvalidInputError(f"{part.__name__} uses no {' and no '.join(refused)}; leave it out")
    return part(**given)


def _arguments(part: type[Strategy]) -> set[str]:
    from inspect import signature

    return set(signature(part).parameters)


def _listed(given: dict[str, Any]) -> str:
    return " and ".join(f"{name}={value!r}" for name, value in given.items())
