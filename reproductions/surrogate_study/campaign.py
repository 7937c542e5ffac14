"""One run: a whole optimisation of a problem with one surrogate, from the design that its seed decides."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np

from augury.problems import Problem, load_problem
from augury.problems.simulated import block_polynomial, network_draw
from augury.space.sampling import sobol
from augury.study.study import Study
from reproductions.surrogate_study.entrants import entrants

_DRAWN = {"network-draw": network_draw, "block-polynomial": block_polynomial}


def problem_of(name: str, seed: int) -> Problem:
    """The problem called `name`; random networks and polynomials are another draw for each seed."""
    family, _, dim = name.rpartition("-")
    if family in _DRAWN:
        return _DRAWN[family](name, int(dim), seed)
    return load_problem(name)


def run(problem: str, surrogate: str, seed: int, initial: int, batch: int, rounds: int) -> dict[str, Any]:
    """Optimise a problem through the public `Study`.

    Args:
        problem: its name.
        surrogate: a name in `entrants()`.
        seed: of the problem's draw, of the initial Sobol design (so shared by all surrogates) and of the
            study.
        initial: points of the initial design.
        batch: points of one round, asked for together.
        rounds: number of rounds.

    Returns:
        `best`: best value after each evaluation, larger is better; `seconds`: thinking time of each round.
    """
    warnings.filterwarnings("ignore")
    task, entrant = problem_of(problem, seed), entrants()[surrogate]
    sign = float(task.goals.objective_signs[0])
    study = Study(
        task.space, task.goals, strategy=entrant.strategy, model=entrant.model, store=None, seed=seed
    )
    values = []
    for params in task.space.decode(sobol(task.space, initial, seed=seed)):
        values.append(task.function(params))
        study.add(params, values[-1])
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        trials = study.ask(batch)
        seconds.append(round(time.perf_counter() - start, 3))
        for trial in trials:
            values.append(task.function(trial.params))
            study.tell(trial, values[-1])
    best = np.maximum.accumulate(sign * np.array(values))
    return {"best": [float(f"{value:.8g}") for value in best], "seconds": seconds}
