"""From what a study knows to its next trials, written before they are handed out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from augury.errors import AuguryError
from augury.space.goals import Goals
from augury.space.space import Space
from augury.study.history import History
from augury.study.parts import Parts
from augury.study.pruning.evidence import with_estimates
from augury.study.store import NewTrial, PendingChangedError, Store, StudyRecord, TrialTable
from augury.study.trial import Trial

if TYPE_CHECKING:
    from augury.strategies.base import Proposal, State

# How often a proposal is thought over again because others changed what is pending; then it is accepted.
MAX_RETHINKS = 3


class Suggester:
    """Asks a strategy for trials and writes them into the store.

    Numbers are reserved in a short transaction, the strategy thinks outside of any, and the trials are
    written in another one that makes sure that the pending points are still those the strategy knew of.

    Args:
        store: the study's store.
        record: the study.
        table: its trials.
        history: what is known of them.
        parts: the strategy, and what was handed to it.
    """

    def __init__(
        self,
        store: Store,
        record: StudyRecord,
        table: TrialTable,
        history: History,
        space: Space,
        goals: Goals,
        parts: Parts,
    ) -> None:
        self._store = store
        self._record = record
        self._table = table
        self._history = history
        self._space = space
        self._goals = goals
        self._parts = parts
        self._state: State | None = None
        self._state_is_loaded = False

    def suggest(
        self,
        n: int,
        *,
        origin: str,
        fixed: Mapping[str, Any] | None = None,
        owner: str | None = None,
        budget: int | None = None,
    ) -> list[Trial]:
        """The next n trials: those waiting in the queue first, then new ones.

        Args:
            n: how many.
            origin: "ask" (a person evaluates them) or "run" (`owner` does).
            fixed: values that some parameters must have.
            owner: the run that evaluates them.
            budget: as in `TrialTable.insert`.

        Returns:
            The trials; fewer than n when the space or the budget has no more.
        """
        space = self._space.restrict(fixed) if fixed else self._space
        taken = self._table.take_queued(n, owner=owner, fixed=fixed, budget=budget)
        if len(taken) == n or (budget is not None and not self._table.has_room(budget)):
            return taken
        try:
            return taken + self._new(space, n - len(taken), origin, owner, budget)
        except BaseException:
            if taken:
                self._table.put_back([trial.number for trial in taken])
            raise

    def _new(self, space: Space, n: int, origin: str, owner: str | None, budget: int | None) -> list[Trial]:
        first = self._table.reserve(n)
        try:
            trials = self._write(space, n, first, origin, owner, budget)
        except AuguryError:
            self._table.unreserve(first, n)
            raise
        if len(trials) < n:
            self._table.unreserve(first + len(trials), n - len(trials))
        return trials

    def _write(
        self, space: Space, n: int, first: int, origin: str, owner: str | None, budget: int | None
    ) -> list[Trial]:
        for rethinks in range(MAX_RETHINKS + 1):
            proposal, open_numbers = self._think(space, n, first)
            try:
                trials = self._table.insert(
                    _new_trials(space, proposal, origin),
                    first,
                    open_numbers=open_numbers if rethinks < MAX_RETHINKS else None,
                    handed_out=owner is None,
                    owner=owner,
                    budget=budget,
                )
            except PendingChangedError:
                continue
            self._save_state(proposal.state)
            return trials
        raise AssertionError  # unreachable: the last proposal is accepted

    def _think(self, space: Space, n: int, first: int) -> tuple[Proposal, set[int]]:
        trials = self._history.refresh()
        pending = [trial for trial in trials if trial.is_open]
        proposal = self._parts.strategy.propose(
            space,
            self._goals,
            self._history.observations(with_estimates(trials, self._goals, self._space)),
            self._history.encode(pending),
            n,
            seed=trial_seed(self._record.seed, first),
            state=self._load_state(),
        )
        return proposal, {trial.number for trial in pending}

    def _load_state(self) -> State | None:
        if not self._state_is_loaded:
            from augury.strategies.base import State

            block = self._store.load_state(self._record.id, self._strategy_name())
            self._state = None if block is None else State.from_bytes(block)
            self._state_is_loaded = True
        return self._state

    def _save_state(self, state: State | None) -> None:
        if state is not None and state is not self._state:
            self._store.save_state(self._record.id, self._strategy_name(), state.to_bytes())
        self._state = state

    def _strategy_name(self) -> str:
        kind = type(self._parts.strategy)
        return f"{kind.__module__}:{kind.__qualname__}"


def trial_seed(study_seed: int, number: int) -> int:
    """The seed of the decision about trial `number`; the same on every machine and in every version."""
    return int(np.random.SeedSequence([study_seed, number]).generate_state(1)[0])


def _new_trials(space: Space, proposal: Proposal, origin: str) -> list[NewTrial]:
    params = space.decode(proposal.points)
    return [
        NewTrial(one, origin, prediction=prediction.to_dict())
        for one, prediction in zip(params, proposal.predictions, strict=True)
    ]
