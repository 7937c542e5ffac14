"""The study: one optimisation, from its first trial to its best, in a store that loses nothing."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from augury.space.environment import check_environment
from augury.space.goals import Goals
from augury.space.space import Space
from augury.study.ask_tell import AskTell
from augury.study.history import History
from augury.study.opening import (
    check_name,
    check_names_differ,
    check_same,
    check_seed,
    choose,
    open_existing,
)
from augury.study.parts import Parts
from augury.study.process import new_owner
from augury.study.pruning.registry import pruner_of, pruner_settings
from augury.study.recommendation import check_rule
from augury.study.retry import RetryPolicy
from augury.study.store import STALE_AFTER, LeaseTable, Store, StudyRecord, TrialTable
from augury.study.suggester import Suggester
from augury.study.trial import Trial

if TYPE_CHECKING:
    from augury.strategies.base import Strategy


class Study(AskTell):
    """An optimisation: ask it what to evaluate, tell it what came out, at any pace and from any process.

        study = Study({"t": (20.0, 120.0), "solvent": ["DMF", "DMAc"]}, Maximize("yield"), store="study.db")
        trial, = study.ask()
        study.tell(trial, 71.3)
        study.best.params

    A study of this name that the store already holds is continued; its space and goals must be the same.

    Args:
        space: a `Space`, or anything `Space.of` takes.
        goals: a goal, a list of goals, or `Goals`.
        name: the study's name in its store.
        strategy: how it decides: a name, a Strategy class or a Strategy object.
        model: the surrogate, handed to the strategy.
        acquisition: what a point is worth, handed to the strategy.
        pruner: answers `trial.should_prune()`: "median" (which "auto" is, too), "percentile",
            "successive-halving", "hyperband", "none", {"name": one of them, option: value}, or a `Pruner`.
        recommend: the rule of `study.recommend()`, "evaluated" (also when None) or "posterior-mean".
        store: a file name, a `postgresql://` URL, an open `Store`, or None to keep the study in memory only.
        seed: makes its decisions reproducible; None takes the stored one, or a random one for a new study.

    Raises:
        InvalidInputError: bad arguments, or the store's study of this name has another space, goals or seed.
        StoreError: the store cannot be opened.
    """

    def __init__(
        self,
        space: Any,
        goals: Any,
        *,
        name: str = "default",
        strategy: str | type[Strategy] | Strategy = "auto",
        model: Any = "auto",
        acquisition: Any = "auto",
        pruner: Any = "auto",
        recommend: str | None = None,
        store: str | os.PathLike[str] | Store | None = "study.db",
        seed: int | None = None,
    ) -> None:
        self.space = Space.of(space)
        self.goals = Goals.of(goals)
        self.name = check_name(name)
        check_names_differ(self.space, self.goals)
        check_environment(self.space, self.goals)
        seed = check_seed(seed)
        self._parts = Parts(strategy, model, acquisition, self.space, self.goals)
        self._parts.check()
        self._pruner = pruner_of(pruner)
        self._rule = None if recommend is None else check_rule(recommend)
        self._settings = {**self._parts.settings, **pruner_settings(pruner), "recommend": self._rule}
        self.store = store if isinstance(store, Store) else Store(store)
        self._connect(self._find_or_create(seed))

    @classmethod
    def load(
        cls,
        store: str | os.PathLike[str] | Store,
        name: str | None = None,
        *,
        strategy: str | type[Strategy] | Strategy | None = None,
        model: Any = None,
        acquisition: Any = None,
        pruner: Any = None,
    ) -> Study:
        """Opens a stored study with its own space, goals and seed.

        Args:
            store: where it is; unlike `Study(...)`, this makes no new store.
            name: which study; None when the store has only one.
            strategy, model, acquisition, pruner: None for what the study was made with. An object cannot be
                stored; a study that was made with one continues with "auto".

        Raises:
            InvalidInputError: there is no such store or study, or a part that is given is none.
        """
        opened = store if isinstance(store, Store) else open_existing(store)
        record = choose(opened, name)
        study = cls.__new__(cls)
        study.space = Space.from_dict(record.space)
        study.goals = Goals.from_dict(record.goals)
        study.name = record.name
        study._parts = Parts.restored(
            record.settings, study.space, study.goals, strategy=strategy, model=model, acquisition=acquisition
        )
        if any(part is not None for part in (strategy, model, acquisition)):
            study._parts.check()  # what is stored may be of a package that is not needed for reading
        study._pruner = pruner_of(record.settings.get("pruner") or "auto" if pruner is None else pruner)
        study._rule = record.settings.get("recommend")
        study.store = opened
        study._connect(record)
        return study

    def run(
        self,
        function: Callable[..., Any],
        budget: int | None = None,
        workers: int | None = None,
        timeout: float | None = None,
        executor: Any = None,
        callbacks: Iterable[Callable[[Study, Trial], object]] = (),
        stop: Callable[[Study], bool] | None = None,
        *,
        cost_budget: float | None = None,
        retries: int = 2,
        backoff: float = 1.0,
        stale_after: float = STALE_AFTER,
    ) -> None:
        """Evaluates trials until the budget is used up; continues what a killed run left.

        As soon as one trial ends, its result is stored, and the next one is chosen with those still
        running in mind. An exception, NaN or infinity is a failed trial; so is a worker process that dies
        on the same point twice. When all trials of the study have failed, a warning says why the last did.
        Ctrl-C puts the running trials back into the queue and raises KeyboardInterrupt.

        Args:
            function: gets the parameters as one dict, or by name when its arguments are named like them, and
                the trial as its argument `trial` if it has one (`trial.report`, `trial.should_prune`);
                returns what `tell` takes, or raises `augury.Pruned` or `augury.TransientFailure`. Or an
                `augury.study.command.Command`.
            budget: how many finished trials (complete, failed or pruned) the study is to have in all, earlier
                ones included, added ones not; None where `cost_budget` limits them.
            workers: how many trials at a time. 1, or None, evaluates in this process; more in so many
                processes of their own. None with a Dask client: as many as the cluster has threads.
            timeout: seconds after which one evaluation is stopped and failed; with it, even a single worker
                is a process of its own.
            executor: evaluates elsewhere, `workers` at a time: any `concurrent.futures` executor, a
                `distributed.Client` of Dask, or `augury.study.execution.batch.BatchJobs`.
            callbacks: called with (study, trial) after each result is stored.
            stop: called with the study before each new trial; when True, the run ends with those running.
            cost_budget: what they may cost in all, by the costs that were told, else by those that the
                fidelity declares, else 1 each. The first trial that it does not pay waits in the queue.
            retries: how often a trial is tried again after a transient failure; it counts once.
            backoff: seconds before the first retry, doubled for each further one.
            stale_after: seconds without a sign of life after which another run's trials are taken over.

        Raises:
            InvalidInputError: bad arguments, or a function that returns something else than a result.
            StoreError: the store cannot be written.
        """
        from augury.study.command import Command
        from augury.study.execution.limits import check_budgets, check_calls
        from augury.study.execution.nothing_measured import warn_if_all_failed
        from augury.study.execution.pools import make_pool
        from augury.study.execution.runner import Runner

        budget, costs = check_budgets(budget, cost_budget, self.space)
        callbacks = check_calls(callbacks, stop)
        policy, owner = RetryPolicy(retries, backoff), new_owner()
        pool = make_pool(self, self._record, function, workers, timeout, executor, self._reporter(owner))
        leases = LeaseTable(self.store, self._record, stale_after, charges_losses=not pool.outlives_run)
        runner = Runner(
            self,
            self._suggester,
            self._table,
            leases,
            owner,
            pool,
            budget,
            callbacks,
            stop,
            policy,
            costs,
            isinstance(function, Command),
        )
        runner.run()
        if not isinstance(function, Command):
            warn_if_all_failed(self.trials)

    def __repr__(self) -> str:
        store = str(self.store.location) if self.store.location.directory else None
        return f"Study({self.name!r}, {len(self.trials)} trials, store={store!r})"

    def _find_or_create(self, seed: int | None) -> StudyRecord:
        record = self.store.create(
            self.name,
            self.space.to_dict(),
            self.goals.to_dict(),
            self._settings,
            secrets.randbits(32) if seed is None else seed,
        )
        check_same(record, self.space, self.goals, seed, self.store)
        return record

    def _connect(self, record: StudyRecord) -> None:
        self._record = record
        self._table = TrialTable(self.store, record)
        self._history = History(self._table, self.space, self.goals)
        self._suggester = Suggester(
            self.store, record, self._table, self._history, self.space, self.goals, self._parts
        )
