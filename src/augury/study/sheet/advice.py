"""The next experiments for a table of past ones: what to try, what to expect of it, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.space.array_params import entries
from augury.space.goals import Goals
from augury.space.measured_costs import with_measured_costs
from augury.space.observations import Observations
from augury.space.space import Space
from augury.strategies.base import ExhaustedError, Prediction, Proposal, Strategy
from augury.strategies.sobol_search import SobolSearch
from augury.study.sheet.accuracy import Accuracy
from augury.study.sheet.definition import Definition
from augury.study.sheet.encoding import encode_rows
from augury.study.sheet.outcomes import read_outcomes
from augury.study.sheet.quality import Quality, judge
from augury.study.sheet.rounding import round_params
from augury.study.sheet.table import Table

FEWEST_RESULTS = 5
"""With fewer results than this, experiments are spread over the space instead of modelled."""
MOST_JUDGED = 2000
"""With more results than this, a surrogate is judged by so many of them: all would take hours."""


@dataclass(frozen=True)
class Experiments:
    """A table of experiments as a strategy sees it.

    Args:
        X: n x dim encoded points.
        Y: n x m outcomes, NaN = not measured.
        status: n, "complete", "failed" or "pending".
        Yvar: n x m squared standard errors, NaN = unknown.
        cost: n, what each cost, NaN = unknown.
    """

    X: NDArray[np.float64]
    Y: NDArray[np.float64]
    status: NDArray[np.str_]
    Yvar: NDArray[np.float64]
    cost: NDArray[np.float64]

    def count(self, status: str) -> int:
        """How many rows have this status."""
        return int(np.count_nonzero(self.status == status))

    @property
    def observations(self) -> Observations:
        """The rows that are done."""
        done = self.status != "pending"
        return Observations(self.X[done], self.Y[done], self.Yvar[done], self.cost[done], self.status[done])

    @property
    def total_cost(self) -> float | None:
        """What the experiments have cost, as far as known; None where nothing is."""
        return float(np.nansum(self.cost)) if np.isfinite(self.cost).any() else None

    def measured(self, column: int) -> NDArray[np.bool_]:
        """Mask (n) of the rows in which an outcome was measured."""
        mask: NDArray[np.bool_] = (self.status == "complete") & np.isfinite(self.Y[:, column])
        return mask

    def fewest_results(self, goals: Goals) -> int:
        """Of how many experiments the least measured objective has a result."""
        return min(int(self.measured(column).sum()) for column in goals.objective_columns)


@dataclass(frozen=True)
class Suggestion:
    """One experiment to do next.

    Args:
        params: setting -> value.
        prediction: what the model expects of it, and why it was chosen.
    """

    params: dict[str, Any]
    prediction: Prediction


@dataclass(frozen=True)
class Advice:
    """What to do next, and how far to trust it.

    Args:
        suggestions: the next experiments.
        quality: objective -> errors of its model on results left out, None with too few results.
        best: rows of the best experiments so far (counted from 0): with one objective the first of the best,
            with several their Pareto front; empty if there is none.
    """

    suggestions: list[Suggestion]
    quality: dict[str, Quality | None]
    best: list[int]


def read_experiments(
    table: Table,
    definition: Definition,
    goals: Goals,
    failed_words: list[str],
    accuracy: Accuracy | None = None,
) -> Experiments:
    """The experiments of a table, encoded.

    Raises:
        InvalidInputError: a cell that is not what its column should hold (row and column named).
    """
    Y, status = read_outcomes(table, goals, failed_words)
    given = accuracy or Accuracy()
    X = encode_rows(table, definition.whole, definition.advice)
    return Experiments(X, Y, status, given.variances(table, goals), given.costs(table))


def advise(
    experiments: Experiments,
    definition: Definition,
    goals: Goals,
    table: Table,
    n: int,
    *,
    seed: int,
    model: Any = "auto",
    strategy: Strategy | None = None,
) -> Advice:
    """Propose the next n experiments.

    Args:
        experiments: what was done, is awaited and has failed.
        definition: where to look.
        goals: the objectives and any constraints.
        table: the experiments as written, which show the precision of each column.
        n: how many experiments to propose.
        seed: decides every random choice.
        model: the surrogate, as `Study(model=...)` takes it.
        strategy: what decides; by default an initial design, and then the automatic strategy.

    Raises:
        ExhaustedError: every experiment that the definition allows has been made or is under way.
        InvalidInputError: an unknown model.
    """
    try:
        proposal = _propose(experiments, definition, goals, n, seed, model, strategy)
    except ExhaustedError:
        raise ExhaustedError(_nothing_left(definition, table)) from None
    params = [dict(entries(one)) for one in definition.space.decode(proposal.points)]
    rounded = [round_params(definition.space, table, one) for one in params]
    if definition.remainder is not None:
        rounded = [one | {definition.remainder.name: definition.remainder.value(one)} for one in rounded]
    suggestions = [Suggestion(*pair) for pair in zip(rounded, proposal.predictions, strict=True)]
    quality = {
        goals.outcomes[column]: _judge(experiments, definition, column, model)
        for column in goals.objective_columns
    }
    counted = experiments.status == "complete"
    if definition.whole.fidelity is not None:  # the versions that only point to the best are not it
        counted = counted & definition.whole.fidelity.at_target(experiments.X)
    best = goals.pareto_rows(experiments.Y, counted).tolist()
    return Advice(suggestions, quality, best if goals.n_objectives > 1 else best[:1])


def _nothing_left(definition: Definition, table: Table) -> str:
    if definition.origin == "candidates":
        return (
            f"{table.path.name}: all {definition.space.size} candidates have been tried or are under way; "
            f"add rows to {definition.source}"
        )
    return (
        f"{table.path.name}: every experiment within the ranges, steps, choices and rules has been made or "
        f"is under way; widen the space in {definition.source}"
    )


def _judge(experiments: Experiments, definition: Definition, column: int, model: Any) -> Quality | None:
    measured = evenly(np.flatnonzero(experiments.measured(column)))
    return judge(definition.whole, experiments.X[measured], experiments.Y[measured, column], model)


def evenly(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """The rows that a surrogate is judged by: all, or of very many some in even steps."""
    return rows if len(rows) <= MOST_JUDGED else rows[np.linspace(0, len(rows) - 1, MOST_JUDGED).astype(int)]


def _propose(
    experiments: Experiments,
    definition: Definition,
    goals: Goals,
    n: int,
    seed: int,
    model: Any,
    strategy: Strategy | None,
) -> Proposal:
    """What the strategy given, or the automatic one, proposes."""
    pending = experiments.X[experiments.status == "pending"]
    observations = experiments.observations
    space = with_measured_costs(definition.space, observations)
    if strategy is None:
        strategy = _automatic(experiments, space, goals, model)
    proposal = strategy.propose(space, goals, observations, pending, n, seed=seed)
    if isinstance(strategy, SobolSearch):
        reasons = [Prediction(reason="initial design") for _ in proposal.points]
        return replace(proposal, predictions=reasons)
    return proposal


def _automatic(experiments: Experiments, space: Space, goals: Goals, model: Any) -> Strategy:
    """An initial design while there are few results, then the automatic strategy."""
    from augury.strategies.registry import automatic, build_strategy

    name = automatic(space, goals)
    if name != "bayesian-optimization":  # begins with designs of its own
        return build_strategy(name, model)
    if experiments.fewest_results(goals) < FEWEST_RESULTS:
        return SobolSearch()
    from augury.strategies.bayesian_optimization import BayesianOptimization

    return BayesianOptimization(model, n_initial=1)
