"""Trials by hand: points out of a study, results into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from augury.errors import InvalidInputError
from augury.study.opening import check_cost
from augury.study.portable import PortableStudy
from augury.study.pruning.base import Pruner
from augury.study.pruning.reporting import StudyReporter
from augury.study.result import parse_result
from augury.study.store import NewTrial, ReportTable
from augury.study.suggester import Suggester
from augury.study.trial import Trial


class AskTell(PortableStudy):
    """The side of a `Study` that is asked for trials and told what came out."""

    _suggester: Suggester
    _pruner: Pruner

    def ask(self, n: int = 1, fixed: Mapping[str, Any] | None = None) -> list[Trial]:
        """The next n trials to evaluate, stored before they are returned.

        They wait for your `tell` for as long as it takes. Trials in the queue come first.

        Args:
            n: how many; they are chosen to be evaluated together.
            fixed: values that some parameters must have this time.

        Returns:
            n trials; fewer when a finite space has fewer points left.

        Raises:
            InvalidInputError: bad arguments, or every point of a finite space is evaluated or pending.
            NotSupportedError: goals that the strategy does not decide on.
        """
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
            raise InvalidInputError(f"{n!r} trials were asked for; ask for a whole number, at least 1")
        trials = self._suggester.suggest(int(n), origin="ask", fixed=fixed)
        return [replace(trial, reporter=self._reporter()) for trial in trials]

    def resume(self, trial: Trial | int) -> Trial:
        """An open trial that was asked for earlier, or elsewhere, as `ask` returned it: it can report.

        Raises:
            InvalidInputError: there is no such trial, or it is closed.
        """
        number = _number(trial)
        found = next((one for one in self.trials if one.number == number), None)
        if found is None or not found.is_open:
            known = "does not exist" if found is None else f"is {found.status} already"
            raise InvalidInputError(f"trial {number} {known}; only an open trial can report")
        return replace(found, reporter=self._reporter())

    def tell(
        self,
        trial: Trial | int,
        result: Any,
        *,
        cost: float | None = None,
        user_attrs: Mapping[str, Any] | None = None,
    ) -> Trial:
        """Stores what a trial came to; it is on disk when this returns.

        A result for a trial that already has one is kept as a replicate.

        Args:
            trial: the trial or its number.
            result: a value; (value, standard error); {"value": ..., "gradient": ...} with the derivatives by
                the parameters in their own units, by name or in order (`model="gradient-gp"` uses them); for
                several outcomes {name: any of these}; or `augury.Failure(reason, transient=False)`,
                `augury.TransientFailure(reason)`, `augury.Pruned()`.
            cost: what the evaluation cost, in your own unit.
            user_attrs: notes to keep with the trial.

        Returns:
            The trial as it is now.

        Raises:
            InvalidInputError: an unknown trial, or a result that does not fit the goals or is not finite.
        """
        number = _number(trial)
        told = parse_result(self.goals.outcomes, result, self.space.parameters)
        return self._table.finish(number, told, cost=check_cost(cost), user_attrs=user_attrs)

    def add(
        self,
        params: Mapping[str, Any],
        result: Any,
        *,
        cost: float | None = None,
        user_attrs: Mapping[str, Any] | None = None,
    ) -> Trial:
        """Stores an evaluation made elsewhere, which no budget counts; arguments as in `tell`."""
        told = parse_result(self.goals.outcomes, result, self.space.parameters)
        return self._insert(params, "add", result=told, cost=check_cost(cost), user_attrs=user_attrs or {})

    def enqueue(self, params: Mapping[str, Any], *, user_attrs: Mapping[str, Any] | None = None) -> Trial:
        """Puts a point into the queue, to be evaluated before any that the strategy proposes."""
        return self._insert(params, "enqueue", user_attrs=user_attrs or {})

    def abandon(self, trial: Trial | int) -> Trial:
        """Closes an open trial that nobody will evaluate; it tells the model nothing."""
        return self._table.abandon(_number(trial))

    def _reporter(self, owner: str | None = None) -> StudyReporter:
        reports = ReportTable(self.store, self._record)
        return StudyReporter(reports, self._history, self.goals, self.space, self._pruner, owner)

    def _insert(self, params: Mapping[str, Any], origin: str, **known: Any) -> Trial:
        new = NewTrial(self.space.validate(params), origin, **known)
        return self._table.insert([new])[0]


def _number(trial: Any) -> int:
    """The number of a trial that was given itself, or by its number."""
    number = trial.number if isinstance(trial, Trial) else trial
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
        raise InvalidInputError(f"{trial!r} is not a trial; give a Trial or its number")
    return int(number)
