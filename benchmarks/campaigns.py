"""Whole optimisations of a problem by each method, from a shared initial design."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from augury.problems import Problem, load_problem
from augury.space.sampling import sobol
from augury.study.study import Study
from benchmarks.peers.botorch import botorch_suggest
from benchmarks.peers.optuna import OptunaPeer


def initial_size(d: int) -> int:
    """Points of the shared initial design in d dimensions."""
    return min(2 * (d + 1), 20)


def budget(d: int) -> int:
    """Evaluations of one optimisation in d dimensions, the initial design included."""
    return 30 if d <= 2 else 40 if d <= 4 else 50 if d <= 6 else 60


@dataclass
class Campaign:
    """One optimisation under way: what was evaluated and what came of it.

    Two campaigns with the same problem and seed have the same initial design and the same noise on it.
    `total` is the number of evaluations, by default as `budget` says.
    """

    problem: Problem
    seed: int
    total: int | None = None
    params: list[dict[str, Any]] = field(default_factory=list)
    observed: list[float] = field(default_factory=list)
    true: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._noise = np.random.default_rng([self.seed, 1])
        size = initial_size(self.problem.space.dim)
        for params in self.problem.space.decode(sobol(self.problem.space, size, seed=self.seed)):
            self.evaluate(params)

    @property
    def remaining(self) -> int:
        """Evaluations left in the budget, bounded by what a finite table has."""
        size = self.problem.space.size
        total = self.total or budget(self.problem.space.dim)
        return (total if size is None else min(total, size)) - len(self.params)

    @property
    def noisy(self) -> bool:
        return self.problem.noise > 0.0

    @property
    def sign(self) -> float:
        """+1 when the problem is a maximisation, else -1."""
        return float(self.problem.goals.objective_signs[0])

    def evaluate(self, params: Mapping[str, Any]) -> float:
        """Measure a point; the measurement, with noise where the problem has it."""
        value = self.problem.observe(params, self._noise)
        self.params.append(dict(params))
        self.observed.append(value)
        self.true.append(self.problem.function(params))
        return value

    def regrets(self) -> list[float]:
        """After each evaluation, the regret (without noise) of the point that looks best so far."""
        trace: list[float] = []
        best = 0
        for i, value in enumerate(self.observed):
            if self.sign * value > self.sign * self.observed[best]:
                best = i
            trace.append(max(self.problem.regret(self.true[best]), 0.0))
        return trace


def run_augury(campaign: Campaign, strategy: str = "auto", model: str = "auto") -> None:
    """augury, as a user has it: a Study with the earlier evaluations added, then ask and tell."""
    problem = campaign.problem
    study = Study(
        problem.space, problem.goals, strategy=strategy, model=model, store=None, seed=campaign.seed
    )
    for params, value in zip(campaign.params, campaign.observed, strict=True):
        study.add(params, value)
    for _ in range(campaign.remaining):
        (trial,) = study.ask()
        study.tell(trial, campaign.evaluate(trial.params))


def run_random(campaign: Campaign) -> None:
    """Uniformly random points (without replacement in a table)."""
    run_augury(campaign, strategy="random")


def run_botorch(campaign: Campaign) -> None:
    """BoTorch's standard loop."""
    space = campaign.problem.space
    for i in range(campaign.remaining):
        X = space.encode(campaign.params)
        y = campaign.sign * np.array(campaign.observed)
        # seeds of different campaigns do not meet
        point = botorch_suggest(X, y, space, 1000 * campaign.seed + i, noisy=campaign.noisy)
        (params,) = space.decode(point[None])
        campaign.evaluate(params)


def run_optuna(campaign: Campaign, sampler: str = "gp") -> None:
    """Optuna's GPSampler, or its TPESampler ("tpe")."""
    peer = OptunaPeer(
        campaign.problem.space,
        campaign.sign,
        campaign.seed,
        n_initial=len(campaign.params),
        noisy=campaign.noisy,
        sampler=sampler,
    )
    for params, value in zip(campaign.params, campaign.observed, strict=True):
        peer.add(params, value)
    for _ in range(campaign.remaining):
        peer.tell(campaign.evaluate(peer.ask()))


METHODS: dict[str, Callable[[Campaign], None]] = {
    "augury": run_augury,
    "botorch": run_botorch,
    "optuna": run_optuna,
    "random": run_random,
}


def methods_for(problem: Problem, wanted: Sequence[str]) -> list[str]:
    """The methods that can be given the problem: Optuna only where `OptunaPeer.serves`."""
    return [name for name in wanted if name != "optuna" or OptunaPeer.serves(problem.space)]


def run(problem_name: str, method: str, seed: int) -> list[float]:
    """The regret after each evaluation of one whole optimisation."""
    campaign = Campaign(load_problem(problem_name), seed)
    METHODS[method](campaign)
    return campaign.regrets()
