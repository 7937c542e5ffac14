"""Reports of trials on their way into the store, and the pruner's answers."""

from __future__ import annotations

from augury.errors import NotSupportedError
from augury.space.goal import Maximize
from augury.space.goals import Goals
from augury.space.space import Space
from augury.study.costs import of_one_version
from augury.study.history import History
from augury.study.pruning.base import Pruner
from augury.study.store import ReportTable


class StudyReporter:
    """The `Reporter` of the process that has the study's store open.

    Args:
        table: where reports go.
        history: what is known of the trials.
        goals: whether larger is better.
        space: which trials are of the same version of the function.
        pruner: what is asked.
        owner: the run that evaluates the trials; None for trials that a person has.
    """

    def __init__(
        self,
        table: ReportTable,
        history: History,
        goals: Goals,
        space: Space,
        pruner: Pruner,
        owner: str | None = None,
    ) -> None:
        self._table = table
        self._history = history
        self._goals = goals
        self._space = space
        self._pruner = pruner
        self._owner = owner

    def report(self, number: int, step: int, value: float) -> None:
        """See `Trial.report`.

        Raises:
            NotSupportedError: several objectives, of which a report would be one value.
        """
        self._check_goals()
        self._table.add(number, step, value, owner=self._owner)

    def should_prune(self, number: int) -> bool:
        """See `Trial.should_prune`.

        Raises:
            NotSupportedError: several objectives.
        """
        self._check_goals()
        trials = self._history.refresh()
        trial = next(one for one in trials if one.number == number)
        maximize = isinstance(self._goals.objectives[0], Maximize)
        rivals = of_one_version(trials, trial, self._space)
        return self._pruner.should_prune(trial, rivals, maximize=maximize)

    def _check_goals(self) -> None:
        if self._goals.n_objectives > 1:
            raise NotSupportedError(
                "reports and pruning need a single objective; with several, evaluate each trial to its end"
            )
