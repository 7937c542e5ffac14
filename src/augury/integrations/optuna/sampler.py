"""augury as the sampler of an Optuna study."""

from __future__ import annotations

import secrets
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.samplers._base import _process_constraints_after_trial
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from augury.integrations.optuna.coding import Branches, Coding, distributions_of
from augury.integrations.optuna.evidence import goals_of, observations_of, pending_points
from augury.integrations.optuna.sharing import share
from augury.integrations.optuna.structure import Structure
from augury.space.goals import Goals
from augury.space.sampling import sobol
from augury.space.space import Space
from augury.strategies.base import ExhaustedError, State, Strategy
from augury.strategies.registry import build_strategy
from augury.study.opening import check_seed

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


@final
class AugurySampler(BaseSampler):
    """Decides on the parameters of Optuna's trials by any strategy and surrogate of augury.

        study = optuna.create_study(sampler=AugurySampler())

    Objectives, constraints (`trial.set_constraint`), failed and pruned trials are understood, and trials that
    are running in other threads or processes are points under evaluation. Parameters are decided together
    as soon as trials tell which there are: also those that exist in some branch of the objective only, those
    that come later, and those whose range changes. Others are drawn at random meanwhile. With `space` they
    are decided together from the first trial on.

    Args:
        strategy, model, acquisition: as in `augury.Study`.
        seed: makes decisions reproducible (in one process, trial after trial).
        constraints_func: of a finished trial, its constraints, each met where <= 0; Optuna prefers
            `trial.set_constraint(name, value)` by now.
        space: the parameters, as a `Space` with conditions and constraints between them, or a mapping from
            names to parameters, short forms or Optuna's distributions; known from the trials when None.

    Raises:
        InvalidInputError: an unknown strategy, model or acquisition, a bad seed or space.
    """

    def __init__(
        self,
        strategy: str | type[Strategy] | Strategy = "auto",
        model: Any = "auto",
        acquisition: Any = "auto",
        seed: int | None = None,
        *,
        constraints_func: Callable[[FrozenTrial], Sequence[float]] | None = None,
        space: Any = None,
    ) -> None:
        self._parts = (strategy, model, acquisition)
        build_strategy(*self._parts)
        checked = check_seed(seed)
        self._seed = secrets.randbits(32) if checked is None else checked
        self._constraints_func = constraints_func
        self._given: dict[str, BaseDistribution] | None = None
        self._space: Space | None = None
        if isinstance(space, Mapping) and any(isinstance(one, BaseDistribution) for one in space.values()):
            self._given = dict(space)
        elif space is not None:
            self._space = Space.of(space)
            self._given = distributions_of(self._space)
        self._forget()

    def _forget(self) -> None:
        self._lock = threading.RLock()
        self._coding: Coding | None = None
        self._decider: tuple[tuple[Coding, Goals], Strategy] | None = None
        self._state: State | None = None
        self._structure: tuple[Any, Structure] | None = None

    def __getstate__(self) -> dict[str, Any]:
        lost = {"_lock", "_coding", "_decider", "_state", "_structure"}
        return {name: value for name, value in self.__dict__.items() if name not in lost}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    # -- Optuna's interface ----------------------------------------------------------------------------

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The parameters that are decided together."""
        if self._given is not None:
            return dict(self._given)
        with self._lock:
            return dict(self._structure_of(study).distributions)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Values of all parameters of a space, chosen together."""
        if not search_space:
            return {}
        with self._lock:
            coding = self._coding_of(study, search_space)
            chosen = dict(coding.constants) if coding.space is None else self._choose(study, trial, coding)
            for name, distribution in search_space.items():
                if name not in chosen:  # inactive, as far as is known; asked for all the same it has a value
                    chosen[name] = self.sample_independent(study, trial, name, distribution)
            share(study, trial, chosen, search_space)
        return chosen

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A random value of one parameter."""
        seeds = np.random.SeedSequence([self._seed, trial.number, zlib.crc32(param_name.encode())])
        sampler = RandomSampler(seed=int(seeds.generate_state(1)[0]))
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Keeps the constraints of a finished trial."""
        if self._constraints_func is not None:
            _process_constraints_after_trial(self._constraints_func, study, trial, state)

    def reseed_rng(self) -> None:
        """Does nothing: every trial has its own random numbers, by its number."""

    # -- decisions -------------------------------------------------------------------------------------

    def _structure_of(self, study: Study) -> Structure:
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        key = (study.study_name, len(complete), complete[-1].number if complete else -1)
        if self._structure is None or self._structure[0] != key:
            self._structure = key, Structure.of(complete)
        return self._structure[1]

    def _coding_of(self, study: Study, search_space: Mapping[str, BaseDistribution]) -> Coding:
        branches: Branches = {}
        own = self._space if self._given is not None and search_space.keys() == self._given.keys() else None
        if own is None:
            found = self._structure_of(study).branches
            branches = {
                name: branch
                for name, branch in found.items()
                if name in search_space and branch[0] in search_space and not search_space[name].single()
            }
        known = self._coding
        if known is None or known.distributions != dict(search_space) or known.branches != branches:
            self._coding, self._state = Coding(search_space, branches, own), None
        assert self._coding is not None
        return self._coding

    def _choose(self, study: Study, trial: FrozenTrial, coding: Coding) -> dict[str, Any]:
        trials = study.get_trials(deepcopy=False)
        finished = [one for one in trials if one.state in _FINISHED]
        running = [one for one in trials if one.state == TrialState.RUNNING and one.number != trial.number]
        goals = goals_of(study.directions, finished)
        space = coding.restricted(trial.system_attrs.get("fixed_params", {}))
        seed = int(np.random.SeedSequence([self._seed, trial.number]).generate_state(1)[0])
        try:
            proposal = self._strategy(coding, goals).propose(
                space,
                goals,
                observations_of(coding, goals, finished),
                pending_points(coding, running),
                1,
                seed=seed,
                state=self._state,
            )
        except ExhaustedError:  # Optuna repeats points rather than end
            return coding.params(sobol(space, 1, seed=seed))
        self._state = proposal.state
        return coding.params(proposal.points)

    def _strategy(self, coding: Coding, goals: Goals) -> Strategy:
        known = self._decider
        if known is None or known[0][0] is not coding or known[0][1] != goals:
            strategy = build_strategy(*self._parts, space=coding.space, goals=goals)
            self._decider = known = (coding, goals), strategy
        return known[1]
