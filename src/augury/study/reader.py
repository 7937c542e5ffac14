"""What a study has come to: its trials, the best of them, and what the surrogate makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.space import Space
from augury.study.costs import Spending, counting, spending
from augury.study.environment import is_random, recommend_in_environment
from augury.study.frame import trials_frame
from augury.study.front import HypervolumeHistory, hypervolume_of, pareto_front
from augury.study.history import History
from augury.study.parts import Parts
from augury.study.recommendation import Recommendation, TradeOff, check_rule
from augury.study.store import Store, StudyRecord, TrialTable, revision_of
from augury.study.suggester import trial_seed
from augury.study.trade_offs import TradeOffs
from augury.study.trial import Trial

if TYPE_CHECKING:
    import pandas as pd


class StudyReader:
    """The reading side of a `Study`, which opens the store and changes what is in it."""

    space: Space
    goals: Goals
    name: str
    store: Store
    _parts: Parts
    _record: StudyRecord
    _table: TrialTable
    _history: History
    _rule: str | None

    @property
    def trials(self) -> list[Trial]:
        """All trials, by number: snapshots of one's own, so that changing them changes nothing else."""
        return [trial.copy() for trial in self._history.refresh()]

    @property
    def revision(self) -> int:
        """Counts the changes to the trials, so that who watches a study knows when to read them again."""
        return revision_of(self.store, self._record.id)

    def observations(self) -> Observations:
        """What a strategy learns from: complete and failed evaluations, and every late result as a row."""
        return self._history.observations(self._history.refresh())

    @property
    def best(self) -> Trial | Recommendation | None:
        """The trial with the best measured objective that meets every constraint; None while there is none.

        Where the function has several versions (the roles "fidelity" and "task"), one of the target.
        Where parameters are random in use (role "environment"), no single evaluation is the best: it is what
        `recommend()` says, the parameters that are chosen and their risk.

        Raises:
            NotSupportedError: several objectives; see `pareto_front`.
        """
        if is_random(self.space):
            return self.recommend()
        trials = [trial for trial in counting(self._history.refresh(), self.space) if trial.values]
        Y = np.array([[one.values.get(name, np.nan) for name in self.goals.outcomes] for one in trials])
        Y = Y.reshape(len(trials), self.goals.n_outcomes)
        index = self.goals.best_index(Y, np.ones(len(trials), dtype=bool))
        return None if index is None else trials[index].copy()

    def recommend(self, rule: str | None = None) -> Recommendation | None:
        """The setting to use, by the surrogate's predictions; under noise, `best` flatters its value.

        Args:
            rule: "evaluated" (the evaluated point of the best predicted mean that probably keeps the
                constraints) or "posterior-mean" (the best predicted mean of the whole space); None for the
                study's own rule, "evaluated" unless it was made with another. Where parameters are random in
                use, the mean is that of the objective's risk over them, and the parameters recommended are
                the others.

        Returns:
            None while nothing measured (probably) keeps the constraints.

        Raises:
            InvalidInputError: an unknown rule.
            NotSupportedError: several objectives; see `pareto_front`.
        """
        from augury.strategies.recommendation import recommend

        rule = check_rule(self._rule or "evaluated" if rule is None else rule)
        told = self.space, self.goals, self.observations()
        seed = trial_seed(self.seed, 0)
        if is_random(self.space):
            return recommend_in_environment(rule, self.model, *told, seed)
        found = recommend(rule, self.model, *told, seed=seed)
        if found is None:
            return None
        point, prediction = found
        params = self.space.decode(point[None])[0]
        if rule == "evaluated":  # as it was evaluated, to the last digit
            tried = [trial.params for trial in counting(self.trials, self.space) if trial.values]
            same = (self.space.encode(tried) == point).all(axis=1)
            params = tried[int(same.argmax())] if same.any() else params
        return Recommendation(params, prediction.mean, prediction.std, rule)

    def trade_off(self, weights: Mapping[str, float] | Sequence[float]) -> TradeOff | None:
        """The design for a preference among several objectives, whatever strategy made the results.

        The first call learns the Pareto set (some tenths of a second); further ones, until there are new
        results, take some hundredths.

        Args:
            weights: objective -> its weight, or a list in the objectives' order; not negative, not all 0. The
                larger, the more its objective matters, each measured by its range over the front.

        Returns:
            None while no result has all objectives within the limits.

        Raises:
            InvalidInputError: an objective is missing or unknown, or bad weights.
            NotSupportedError: one objective, or a parameter that is not a choice of the design.
        """
        return self.trade_offs.at(weights)

    @cached_property
    def trade_offs(self) -> TradeOffs:
        """The learned Pareto set, kept until there are further results."""
        return TradeOffs(self)

    def pareto_front(self) -> list[Trial]:
        """The measured trials within the limits that no other beats in all objectives, by the first of them.

        With one objective, the best trial and its equals.
        """
        return pareto_front(counting(self.trials, self.space), self.goals)

    def hypervolume(self) -> HypervolumeHistory:
        """How the volume of outcomes that the results dominate has grown, and the reference point."""
        return hypervolume_of(counting(self._history.refresh(), self.space), self.goals)

    @property
    def params(self) -> dict[str, Any] | None:
        """Parameters of the best trial."""
        best = self.best
        return None if best is None else best.params

    @property
    def value(self) -> float | None:
        """The best trial's objective, as it was measured; in a random environment, its expected risk."""
        best, name = self.best, self.goals.outcomes[0]
        if best is None:
            return None
        return best.mean[name] if isinstance(best, Recommendation) else best.values[name]

    @property
    def evaluated(self) -> int:
        """How many evaluations count against a budget: finished trials, except those that were added."""
        return self._table.evaluated()

    def spending(self) -> list[Spending]:
        """How many evaluations of each version of the function have finished, and what they cost."""
        return spending(self._history.refresh(), self.space)

    @property
    def seed(self) -> int:
        """The seed of the study's decisions."""
        return self._record.seed

    @property
    def model(self) -> Any:
        """The surrogate that the study decides with, as it was given; "auto" for strategies without one."""
        return self._parts.model

    def to_dataframe(self) -> pd.DataFrame:
        """One row per trial; see `augury.study.frame.trials_frame`."""
        return trials_frame(self.trials, self.space.names, self.goals.outcomes)
