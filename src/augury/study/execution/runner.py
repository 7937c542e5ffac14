"""A run: evaluates trials until the study has as many as its budget allows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from augury.errors import InvalidInputError, StoreError
from augury.study.command import wrong_output
from augury.study.costs import CostBudget
from augury.study.execution.heartbeat import Heartbeat
from augury.study.execution.pool import Outcome, Pool
from augury.study.result import Failure, apart_from_notes, parse_result
from augury.study.retry import RetryPolicy
from augury.study.store import MAX_LOSSES, LeaseTable, TrialTable
from augury.study.suggester import Suggester
from augury.study.trial import Trial
from augury.study.wrong_result import NonFiniteResultError

if TYPE_CHECKING:
    from augury.study.study import Study

_POLL = 0.5  # seconds between looks at what other processes did to the study
_BEATS = 6  # signs of life within the time after which a lease is stale
MAX_DEATHS = 2  # a point whose worker dies so often is held responsible for it


class Runner:
    """One run of a study; see `Study.run`.

    Only this process uses the store: workers get parameters and return results.

    Args:
        study: the study.
        suggester: gives its trials.
        table: takes their results.
        leases: shows others which trials this run evaluates.
        owner: the name of this run in the leases.
        pool: evaluates them.
        budget: how many evaluations the study is to have in all; None for no limit.
        callbacks: called with (study, trial) after each result.
        stop: when it returns True, no further trial is started.
        policy: how often, and when, a trial is tried again that failed for a passing reason.
        costs: what the study may spend in all; None for a budget of evaluations alone.
        is_program: whether what is evaluated is a `Command`, of whose output errors speak then.
    """

    def __init__(
        self,
        study: Study,
        suggester: Suggester,
        table: TrialTable,
        leases: LeaseTable,
        owner: str,
        pool: Pool,
        budget: int | None,
        callbacks: Iterable[Callable[[Study, Trial], object]],
        stop: Callable[[Study], bool] | None,
        policy: RetryPolicy,
        costs: CostBudget | None = None,
        is_program: bool = False,
    ) -> None:
        self._study = study
        self._suggester = suggester
        self._table = table
        self._leases = leases
        self._pool = pool
        self._budget = budget
        self._callbacks = list(callbacks)
        self._stop = stop
        self._owner = owner
        self._policy = policy
        self._costs = costs
        self._is_program = is_program
        self._deaths: Counter[int] = Counter()
        self._is_exhausted = False
        self._is_stopped = False
        self._is_spent = False

    def run(self) -> None:
        """Evaluates until the budget is reached; on the way out, running trials go back to the queue.

        Raises:
            InvalidInputError: the function or program gave something else than a result, or cannot be
                evaluated.
            KeyboardInterrupt: after Ctrl-C, when everything is put away.
        """
        interval = self._leases.stale_after / _BEATS
        try:
            with Heartbeat(self._leases, self._owner, interval):
                self._loop(interval)
        except KeyboardInterrupt:
            # What has just ended need not be evaluated again.
            with suppress(InvalidInputError):
                self._record(self._pool.wait(0.0))
            raise
        finally:
            try:
                self._pool.close()
            finally:
                self._leases.release(self._owner)

    def _loop(self, interval: float) -> None:
        reclaim_at = time.monotonic()
        while True:
            if time.monotonic() >= reclaim_at:
                self._leases.reclaim()
                reclaim_at = time.monotonic() + interval
            self._fill()
            if not self._pool.busy:
                if self._is_over():
                    return
                time.sleep(_POLL)
            self._record(self._pool.wait(_POLL))

    def _fill(self) -> None:
        """Gives every free worker a trial, as long as there are any."""
        while self._pool.free > 0 and not (self._is_exhausted or self._is_spent or self._should_stop()):
            trial = self._next()
            if trial is None:
                return
            self._pool.submit(trial)

    def _next(self) -> Trial | None:
        from augury.strategies.base import ExhaustedError

        try:
            trials = self._suggester.suggest(1, origin="run", owner=self._owner, budget=self._budget)
        except ExhaustedError:
            self._is_exhausted = True
            return None
        if trials and self._costs is not None and not self._costs.allows(trials[0], self._study.trials):
            self._table.put_back([trials[0].number])  # it is there for a larger budget
            self._is_spent = True
            return None
        return trials[0] if trials else None

    def _should_stop(self) -> bool:
        if self._stop is not None and not self._is_stopped:
            self._is_stopped = bool(self._stop(self._study))
        return self._is_stopped

    def _is_over(self) -> bool:
        """Whether nothing is left to do, now that no trial of ours is being evaluated.

        While another run holds what is left of the budget, this one waits: it may have to take over.
        """
        if self._is_exhausted and self._table.has_waiting():
            self._is_exhausted = False  # what waits for its next attempt can be taken soon
        if self._is_stopped or self._is_exhausted or self._is_spent:
            return True
        return self._budget is not None and self._table.evaluated() >= self._budget

    def _record(self, outcomes: list[Outcome]) -> None:
        # All are stored before anything is done about the first, which may end the run.
        for trial, error in [self._keep(outcome) for outcome in outcomes]:
            if error is not None:
                whose = "program" if self._is_program else "function"
                raise InvalidInputError(
                    f"the {whose}'s result for {trial.params} is wrong: {error}"
                ) from error
            for callback in self._callbacks:
                callback(self._study, trial)

    def _keep(self, outcome: Outcome) -> tuple[Trial, InvalidInputError | None]:
        given, notes = apart_from_notes(self._study.goals.outcomes, outcome.told)
        told, error = self._judge(replace(outcome, told=given))
        try:
            trial = self._table.finish(
                outcome.number, told, user_attrs=notes, policy=self._policy_of(outcome)
            )
        except StoreError as broken:
            raise StoreError(f"{broken} (not stored: trial {outcome.number} gave {told})") from broken
        self._is_exhausted = False  # what failed for a passing reason can be taken again
        return trial, error

    def _policy_of(self, outcome: Outcome) -> RetryPolicy:
        if outcome.is_blameless:
            return RetryPolicy(retries=MAX_LOSSES - 1)
        return replace(self._policy, backoff=0.0) if outcome.died else self._policy

    def _judge(self, outcome: Outcome) -> tuple[Any, InvalidInputError | None]:
        if outcome.died:
            self._deaths[outcome.number] += not outcome.is_blameless
            is_transient = outcome.is_blameless or self._deaths[outcome.number] < MAX_DEATHS
            return Failure(str(outcome.told), transient=is_transient), None
        outcomes = self._study.goals.outcomes
        try:
            return parse_result(outcomes, outcome.told, self._study.space.parameters), None
        except NonFiniteResultError as error:
            return Failure(error.reason), None
        except InvalidInputError as error:
            wrong = wrong_output(outcomes, outcome.told, error) if self._is_program else error
            return Failure(str(wrong)), wrong
