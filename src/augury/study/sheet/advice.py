"""The next experiments for a table of past ones: what to try, what to expect of it, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.errors import NotSupportedError
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.strategies.base import Prediction, Proposal
from augury.strategies.sobol_search import SobolSearch
from augury.study.sheet.definition import Definition
from augury.study.sheet.encoding import encode_rows
from augury.study.sheet.outcomes import read_outcomes
from augury.study.sheet.quality import Quality, judge
from augury.study.sheet.rounding import round_params
from augury.study.sheet.table import Table

FEWEST_RESULTS = 5
"""With fewer results than this, experiments are spread over the space instead of modelled."""


@dataclass(frozen=True)
class Experiments:
    """A table of experiments as a strategy sees it.

    Args:
        X: n x dim encoded points.
        Y: n x m outcomes, NaN = not measured.
        status: n, "complete", "failed" or "pending".
    """

    X: NDArray[np.float64]
    Y: NDArray[np.float64]
    status: NDArray[np.str_]

    def count(self, status: str) -> int:
        """How many rows have this status."""
        return int(np.count_nonzero(self.status == status))

    @property
    def observations(self) -> Observations:
        """The rows that are done."""
        done = self.status != "pending"
        n = int(done.sum())
        unknown = np.full_like(self.Y[done], np.nan)
        return Observations(self.X[done], self.Y[done], unknown, np.full(n, np.nan), self.status[done])

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Mask (n) of the rows whose objective was measured."""
        mask: NDArray[np.bool_] = (self.status == "complete") & np.isfinite(self.Y[:, 0])
        return mask


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
        quality: errors of the model on results left out, None with too few results.
        best: row of the best experiment so far (counted from 0), None if there is none.
    """

    suggestions: list[Suggestion]
    quality: Quality | None
    best: int | None


def read_experiments(
    table: Table, definition: Definition, goals: Goals, failed_words: list[str]
) -> Experiments:
    """The experiments of a table, encoded.

    Raises:
        InvalidInputError: a cell that is not what its column should hold (row and column named).
    """
    Y, status = read_outcomes(table, goals, failed_words)
    return Experiments(encode_rows(table, definition.whole, definition.advice), Y, status)


def advise(
    experiments: Experiments,
    definition: Definition,
    goals: Goals,
    table: Table,
    n: int,
    *,
    seed: int,
    model: Any = "auto",
) -> Advice:
    """Propose the next n experiments.

    Args:
        experiments: what was done, is awaited and has failed.
        definition: where to look.
        goals: one objective and any constraints.
        table: the experiments as written, which show the precision of each column.
        n: how many experiments to propose.
        seed: decides every random choice.
        model: the surrogate, as `Study(model=...)` takes it.

    Raises:
        NotSupportedError: several objectives.
        InvalidInputError: every candidate has been tried, or an unknown model.
    """
    if goals.n_objectives > 1:
        raise NotSupportedError(several_goals(goals))
    measured = experiments.measured
    proposal = _propose(experiments, definition, goals, n, seed, model)
    params = definition.space.decode(proposal.points)
    rounded = [round_params(definition.space, table, one) for one in params]
    if definition.remainder is not None:
        rounded = [one | {definition.remainder.name: definition.remainder.value(one)} for one in rounded]
    suggestions = [Suggestion(*pair) for pair in zip(rounded, proposal.predictions, strict=True)]
    quality = judge(definition.whole, experiments.X[measured], experiments.Y[measured, 0], model)
    return Advice(suggestions, quality, goals.best_index(experiments.Y, experiments.status == "complete"))


def _propose(
    experiments: Experiments, definition: Definition, goals: Goals, n: int, seed: int, model: Any
) -> Proposal:
    """Points of the initial design while there are few results, then those of Bayesian optimisation."""
    pending = experiments.X[experiments.status == "pending"]
    if experiments.measured.sum() < FEWEST_RESULTS:
        design = SobolSearch().propose(
            definition.space, goals, experiments.observations, pending, n, seed=seed
        )
        return replace(design, predictions=[Prediction(reason="initial design") for _ in design.points])
    from augury.strategies.bayesian_optimization import BayesianOptimization

    strategy = BayesianOptimization(model, n_initial=1)
    return strategy.propose(definition.space, goals, experiments.observations, pending, n, seed=seed)


def several_goals(goals: Goals) -> str:
    """Why several objectives are refused, and what to do instead."""
    names = ", ".join(goal.name for goal in goals.objectives)
    return (
        f"several goals at once ({names}) are not supported yet; give one --goal, and keep the others "
        "within bounds "
        'with --limit, for example --limit "impurity <= 0.5"'
    )
