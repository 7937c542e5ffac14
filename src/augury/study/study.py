"""The study: one optimisation, from its first trial to its best, in a store that loses nothing."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from augury.errors import InvalidInputError
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.space import Space
from augury.study.frame import trials_frame
from augury.study.front import HypervolumeHistory, hypervolume_of, pareto_front
from augury.study.history import History
from augury.study.opening import (
    check_cost,
    check_name,
    check_names_differ,
    check_same,
    check_seed,
    choose,
    open_existing,
)
from augury.study.parts import Parts
from augury.study.recommendation import Recommendation
from augury.study.result import parse_result
from augury.study.store import STALE_AFTER, LeaseTable, NewTrial, Store, StudyRecord, TrialTable
from augury.study.suggester import Suggester, trial_seed
from augury.study.trial import Trial

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import pandas as pd

    from augury.strategies.base import Strategy


class Study:
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
        store: str | os.PathLike[str] | Store | None = "study.db",
        seed: int | None = None,
    ) -> None:
        self.space = Space.of(space)
        self.goals = Goals.of(goals)
        self.name = check_name(name)
        check_names_differ(self.space, self.goals)
        seed = check_seed(seed)
        self._parts = Parts(strategy, model, acquisition)
        self._parts.check()
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
    ) -> Study:
        """Opens a stored study with its own space, goals and seed.

        Args:
            store: where it is; unlike `Study(...)`, this makes no new store.
            name: which study; None when the store has only one.
            strategy, model, acquisition: None for what the study was made with. An object cannot be stored;
                a study that was made with one continues with "auto".

        Raises:
            InvalidInputError: there is no such store or study.
        """
        opened = store if isinstance(store, Store) else open_existing(store)
        record = choose(opened, name)
        study = cls.__new__(cls)
        study.space = Space.from_dict(record.space)
        study.goals = Goals.from_dict(record.goals)
        study.name = record.name
        study._parts = Parts.restored(
            record.settings, strategy=strategy, model=model, acquisition=acquisition
        )
        study.store = opened
        study._connect(record)
        return study

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
        return self._suggester.suggest(int(n), origin="ask", fixed=fixed)

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
                several outcomes {name: any of these}; or `augury.study.Failure(reason, transient=False)`.
            cost: what the evaluation cost, in your own unit.
            user_attrs: notes to keep with the trial.

        Returns:
            The trial as it is now.

        Raises:
            InvalidInputError: an unknown trial, or a result that does not fit the goals or is not finite.
        """
        number = trial.number if isinstance(trial, Trial) else trial
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            raise InvalidInputError(f"{trial!r} is not a trial; give a Trial or its number")
        told = parse_result(self.goals.outcomes, result, self.space.parameters)
        return self._table.finish(int(number), told, cost=check_cost(cost), user_attrs=user_attrs)

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
        return self._table.abandon(trial.number if isinstance(trial, Trial) else int(trial))

    def run(
        self,
        function: Callable[..., Any],
        budget: int,
        workers: int = 1,
        timeout: float | None = None,
        executor: Executor | None = None,
        callbacks: Iterable[Callable[[Study, Trial], object]] = (),
        stop: Callable[[Study], bool] | None = None,
        *,
        stale_after: float = STALE_AFTER,
    ) -> None:
        """Evaluates trials until the study has `budget` of them; continues what a killed run left.

        As soon as one trial ends, its result is stored, and the next one is chosen with those still
        running in mind. An exception, NaN or infinity is a failed trial; so is a worker process that dies
        on the same point twice. Ctrl-C puts the running trials back into the queue and raises
        KeyboardInterrupt.

        Args:
            function: gets the parameters as one dict, or by name when its arguments are named like them;
                returns what `tell` takes. Or an `augury.study.command.Command`.
            budget: how many finished trials (complete or failed) the study is to have in all, earlier ones
                included, added ones not.
            workers: 1 evaluates in this process; more in so many processes of their own.
            timeout: seconds after which one evaluation is stopped and failed; with it, even a single worker
                is a process of its own.
            executor: evaluates with this `concurrent.futures`-like executor instead, `workers` at a time.
            callbacks: called with (study, trial) after each result is stored.
            stop: called with the study before each new trial; when True, the run ends with those running.
            stale_after: seconds without a sign of life after which another run's trials are taken over.

        Raises:
            InvalidInputError: bad arguments, or a function that returns something else than a result.
            StoreError: the store cannot be written.
        """
        from augury.study.execution.runner import Runner, check_budget, make_pool

        budget = check_budget(budget)
        pool = make_pool(function, self.space.names, workers, timeout, executor)
        leases = LeaseTable(self.store, self._record, stale_after)
        Runner(self, self._suggester, self._table, leases, pool, budget, callbacks, stop).run()

    @property
    def trials(self) -> list[Trial]:
        """All trials, by number."""
        return self._history.refresh()

    def observations(self) -> Observations:
        """What a strategy learns from: complete and failed evaluations, and every late result as a row."""
        return self._history.observations(self.trials)

    @property
    def best(self) -> Trial | None:
        """The trial with the best measured objective that meets every constraint; None while there is none.

        Raises:
            NotSupportedError: several objectives; see `pareto_front`.
        """
        trials = [trial for trial in self.trials if trial.values]
        Y = np.array([[one.values.get(name, np.nan) for name in self.goals.outcomes] for one in trials])
        Y = Y.reshape(len(trials), self.goals.n_outcomes)
        index = self.goals.best_index(Y, np.ones(len(trials), dtype=bool))
        return None if index is None else trials[index]

    def recommend(self, rule: str = "evaluated") -> Recommendation | None:
        """The setting to use, by the surrogate's predictions; under noise, `best` flatters its value.

        Args:
            rule: "evaluated" (the evaluated point of the best predicted mean that probably keeps the
                constraints) or "posterior-mean" (the best predicted mean of the whole space).

        Returns:
            None while nothing measured (probably) keeps the constraints.

        Raises:
            InvalidInputError: an unknown rule.
            NotSupportedError: several objectives; see `pareto_front`.
        """
        from augury.strategies.recommendation import recommend

        found = recommend(
            rule, self.model, self.space, self.goals, self.observations(), seed=trial_seed(self.seed, 0)
        )
        if found is None:
            return None
        point, prediction = found
        params = self.space.decode(point[None])[0]
        if rule == "evaluated":  # as it was evaluated, to the last digit
            tried = [trial.params for trial in self.trials if trial.values]
            same = (self.space.encode(tried) == point).all(axis=1)
            params = tried[int(same.argmax())] if same.any() else params
        return Recommendation(params, prediction.mean, prediction.std, rule)

    def pareto_front(self) -> list[Trial]:
        """The measured trials within the limits that no other beats in all objectives, by the first of them.

        With one objective, the best trial and its equals.
        """
        return pareto_front(self.trials, self.goals)

    def hypervolume(self) -> HypervolumeHistory:
        """How the volume of outcomes that the results dominate has grown, and the reference point."""
        return hypervolume_of(self.trials, self.goals)

    @property
    def params(self) -> dict[str, Any] | None:
        """Parameters of the best trial."""
        best = self.best
        return None if best is None else best.params

    @property
    def value(self) -> float | None:
        """The best trial's objective, as it was measured."""
        best = self.best
        return None if best is None else best.values[self.goals.outcomes[0]]

    @property
    def evaluated(self) -> int:
        """How many evaluations count against a budget: finished trials, except those that were added."""
        return self._table.evaluated()

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

    def __repr__(self) -> str:
        return f"Study({self.name!r}, {len(self.trials)} trials, store={str(self.store.location)!r})"

    def _insert(self, params: Mapping[str, Any], origin: str, **known: Any) -> Trial:
        new = NewTrial(self.space.validate(params), origin, **known)
        return self._table.insert([new])[0]

    def _find_or_create(self, seed: int | None) -> StudyRecord:
        record = self.store.create(
            self.name,
            self.space.to_dict(),
            self.goals.to_dict(),
            self._parts.settings,
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
