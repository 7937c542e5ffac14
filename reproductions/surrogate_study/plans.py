"""What is run: problems with their schedules, seeds, and who takes part."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from reproductions.surrogate_study.entrants import entrants


@dataclass(frozen=True)
class Schedule:
    """An initial design, then rounds of a batch each."""

    initial: int
    batch: int
    rounds: int


@dataclass(frozen=True)
class Plan:
    """Runs to be made.

    Args:
        problems: name -> schedule.
        seeds: 0 ... seeds - 1.
        surrogates: who takes part; all entrants when None.
        high_dimensional: the problems to which the claim about high dimension applies.
        minutes: after how many no further run is started; without limit when None.
    """

    problems: dict[str, Schedule]
    seeds: int
    surrogates: tuple[str, ...] | None = None
    high_dimensional: tuple[str, ...] = ()
    minutes: float | None = None

    def jobs(
        self, surrogates: Collection[str] | None = None, problems: Collection[str] | None = None
    ) -> list[dict[str, Any]]:
        """Arguments of `campaign.run`, seed by seed, so that an interrupted study has few seeds of all.

        Args:
            surrogates: those to run instead of the plan's.
            problems: those of the plan's to run.
        """
        known = entrants()
        names = surrogates or self.surrogates or known
        return [
            {"problem": problem, "surrogate": name, "seed": seed}
            | {"initial": schedule.initial, "batch": schedule.batch, "rounds": schedule.rounds}
            for seed in range(self.seeds)
            for problem, schedule in self.problems.items()
            for name in names
            if name in known and (problems is None or problem in problems)
        ]


#: Its surrogates: with all that are registered ten minutes see a seed of one problem.
_OF_THE_PAPER = (
    "gp",
    "gp-paper",
    "infinite-width",
    "deep-kernel",
    "bnn-hmc",
    "bnn-sghmc",
    "deep-ensemble",
    "laplace",
    "sobol",
)

QUICK = Plan(
    {"branin": Schedule(8, 4, 2), "network-draw-50": Schedule(30, 5, 2)},
    seeds=1,
    surrogates=("gp", "infinite-width", "sobol"),
    high_dimensional=("network-draw-50",),
)

DEFAULT = Plan(
    {
        "branin": Schedule(10, 5, 3),
        "hartmann-6": Schedule(10, 5, 3),
        "network-draw-100": Schedule(50, 5, 3),
    },
    seeds=2,
    surrogates=(*_OF_THE_PAPER, "gp-botorch"),
    high_dimensional=("network-draw-100",),
    minutes=7.0,  # a run that has begun goes on to its end
)

#: The claims about low dimension at a reduced size: the networks of the paper, three problems, three seeds.
LOW = Plan(
    {
        "branin": Schedule(10, 5, 8),
        "hartmann-6": Schedule(10, 5, 8),
        "ackley-10": Schedule(10, 5, 8),
    },
    seeds=3,
    surrogates=_OF_THE_PAPER,
)

#: Does the infinite-width network win in high dimension?
HIGH = Plan(
    {"network-draw-400": Schedule(100, 10, 15), "network-draw-100": Schedule(50, 10, 15)},
    seeds=5,
    surrogates=("infinite-width", "gp-paper", "gp", "sobol"),
    high_dimensional=("network-draw-400", "network-draw-100"),
)

#: The single-objective problems and schedules of the paper's configuration files.
FULL = Plan(
    {
        "branin": Schedule(10, 10, 9),
        "hartmann-6": Schedule(10, 10, 19),
        "ackley-10": Schedule(10, 10, 19),
        "brusselator": Schedule(5, 1, 30),
        "interferometer": Schedule(10, 10, 10),
        "pest-control": Schedule(20, 4, 25),
        "block-polynomial-200": Schedule(100, 10, 25),
        "network-draw-400": Schedule(100, 10, 50),
        "distillation-2390": Schedule(100, 10, 25),
    },
    seeds=5,
    high_dimensional=("block-polynomial-200", "network-draw-400", "distillation-2390"),
)
