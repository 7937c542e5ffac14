"""The problems by name; each is built when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from augury.datasets.lab_tables import LAB_TABLES
from augury.errors import InvalidInputError
from augury.problems import high_dimension, literature_mixed, mixed, simulated
from augury.problems.multi_objective import MultiObjectiveProblem, botorch_multi_objective, real_world
from augury.problems.problem import Problem
from augury.problems.tables import lab_problem, suzuki_problem
from augury.problems.test_functions import synthetic
from augury.problems.vlmop2 import vlmop2

# name -> (class in botorch.test_functions, dimension where it is free, noise)
_SYNTHETIC: dict[str, tuple[str, int | None, float]] = {
    "branin": ("Branin", None, 0.0),
    "six-hump-camel": ("SixHumpCamel", None, 0.0),
    "three-hump-camel": ("ThreeHumpCamel", None, 0.0),
    "beale": ("Beale", None, 0.0),
    "bukin": ("Bukin", None, 0.0),
    "drop-wave": ("DropWave", None, 0.0),
    "egg-holder": ("EggHolder", None, 0.0),
    "holder-table": ("HolderTable", None, 0.0),
    "ackley-2": ("Ackley", 2, 0.0),
    "griewank-2": ("Griewank", 2, 0.0),
    "michalewicz-2": ("Michalewicz", 2, 0.0),
    "rosenbrock-2": ("Rosenbrock", 2, 0.0),
    "hartmann-3": ("Hartmann", 3, 0.0),
    "shekel": ("Shekel", None, 0.0),
    "powell-4": ("Powell", 4, 0.0),
    "dixon-price-4": ("DixonPrice", 4, 0.0),
    "levy-4": ("Levy", 4, 0.0),
    "rastrigin-4": ("Rastrigin", 4, 0.0),
    "rosenbrock-4": ("Rosenbrock", 4, 0.0),
    "styblinski-tang-4": ("StyblinskiTang", 4, 0.0),
    "ackley-5": ("Ackley", 5, 0.0),
    "griewank-5": ("Griewank", 5, 0.0),
    "michalewicz-5": ("Michalewicz", 5, 0.0),
    "hartmann-6": ("Hartmann", 6, 0.0),
    "cosine-8": ("Cosine8", None, 0.0),
    "ackley-10": ("Ackley", 10, 0.0),
    "levy-10": ("Levy", 10, 0.0),
    "rosenbrock-10": ("Rosenbrock", 10, 0.0),
    "styblinski-tang-10": ("StyblinskiTang", 10, 0.0),
    "ackley-20": ("Ackley", 20, 0.0),
    "levy-20": ("Levy", 20, 0.0),
    "branin-noisy": ("Branin", None, 2.0),
    "hartmann-6-noisy": ("Hartmann", 6, 0.1),
    "ackley-5-noisy": ("Ackley", 5, 0.5),
    "levy-4-noisy": ("Levy", 4, 1.0),
}

# likewise, of many inputs
_MANY_INPUTS: dict[str, tuple[str, int | None, float]] = {
    "levy-50": ("Levy", 50, 0.0),
    "rosenbrock-50": ("Rosenbrock", 50, 0.0),
    "styblinski-tang-50": ("StyblinskiTang", 50, 0.0),
    "griewank-100": ("Griewank", 100, 0.0),
    "levy-200": ("Levy", 200, 0.0),
    "griewank-200": ("Griewank", 200, 0.0),
}


def _built(functions: dict[str, tuple[str, int | None, float]]) -> dict[str, Callable[[], Problem]]:
    """What builds each of these test functions."""
    return {
        name: partial(synthetic, name, function, dim, noise=noise)
        for name, (function, dim, noise) in functions.items()
    }


#: The problems of the study of neural surrogates; some take long, or have no known optimum.
SIMULATED: dict[str, Callable[[], Problem]] = {
    "network-draw-100": partial(simulated.network_draw, "network-draw-100", 100),
    "network-draw-400": partial(simulated.network_draw, "network-draw-400", 400),
    "block-polynomial-100": partial(simulated.block_polynomial, "block-polynomial-100", 100),
    "block-polynomial-200": partial(simulated.block_polynomial, "block-polynomial-200", 200),
    "pest-control": partial(simulated.pest_control, "pest-control"),
    "brusselator": partial(simulated.brusselator, "brusselator"),
    "interferometer": partial(simulated.interferometer, "interferometer"),
    "distillation-358": partial(simulated.distillation, "distillation-358", (4, 4)),
    "distillation-2390": partial(simulated.distillation, "distillation-2390", (16, 12)),
}

#: The problems of the comparison in mixed spaces.
MIXED_LITERATURE: dict[str, Callable[[], Problem]] = {
    "func-2c": partial(literature_mixed.func_2c, "func-2c"),
    "func-3c": partial(literature_mixed.func_3c, "func-3c"),
    "ackley-5c": partial(literature_mixed.ackley_5c, "ackley-5c"),
    "pressure-vessel": partial(literature_mixed.pressure_vessel, "pressure-vessel"),
    "support-vectors": partial(literature_mixed.support_vectors, "support-vectors"),
}

#: Many inputs; apart from the suite, whose problems take tens of evaluations.
HIGH_DIMENSIONAL: dict[str, Callable[[], Problem]] = {
    "ackley-200": partial(high_dimension.ackley, "ackley-200", 200),
    "rover-60": partial(high_dimension.rover, "rover-60"),
    **{
        f"hartmann-6-in-{dim}": partial(high_dimension.embedded_hartmann, f"hartmann-6-in-{dim}", dim)
        for dim in (100, 500)
    },
    **_built(_MANY_INPUTS),
}

MULTI_OBJECTIVE_PROBLEMS: dict[str, Callable[[], MultiObjectiveProblem]] = {
    "oil-sorbent": partial(simulated.oil_sorbent, "oil-sorbent"),
    "branin-currin": partial(botorch_multi_objective, "branin-currin", "BraninCurrin"),
    "zdt1-6": partial(botorch_multi_objective, "zdt1-6", "ZDT1", dim=6),
    "zdt2-6": partial(botorch_multi_objective, "zdt2-6", "ZDT2", dim=6),
    "zdt3-6": partial(botorch_multi_objective, "zdt3-6", "ZDT3", dim=6),
    "vlmop2-6": partial(vlmop2, "vlmop2-6", 6),
    "dtlz2-6": partial(botorch_multi_objective, "dtlz2-6", "DTLZ2", dim=6, num_objectives=3),
    "vehicle-safety": partial(botorch_multi_objective, "vehicle-safety", "VehicleSafety"),
    "re21": partial(real_world, "re21", "FourBarTruss"),
    "re32": partial(real_world, "re32", "WeldedBeam"),
    "re33": partial(real_world, "re33", "DiscBrake"),
    "re36": partial(real_world, "re36", "GearTrain"),
    "re37": partial(real_world, "re37", "RocketInjector"),
    "re41": partial(botorch_multi_objective, "re41", "CarSideImpact"),
    "re42": partial(real_world, "re42", "MarineDesign"),
    "dtlz1-5": partial(botorch_multi_objective, "dtlz1-5", "DTLZ1", dim=5, num_objectives=2),
    "dtlz5-20": partial(botorch_multi_objective, "dtlz5-20", "DTLZ5", dim=20, num_objectives=3),
}

PROBLEMS: dict[str, Callable[[], Problem]] = {
    **_built(_SYNTHETIC),
    "mixed-branin": partial(mixed.mixed_branin, "mixed-branin"),
    "mixed-ackley": partial(mixed.mixed_ackley, "mixed-ackley"),
    "mixed-rosenbrock": partial(mixed.mixed_rosenbrock, "mixed-rosenbrock"),
    "mixed-quadratic": partial(mixed.mixed_quadratic, "mixed-quadratic"),
    **MIXED_LITERATURE,
    **SIMULATED,
    **HIGH_DIMENSIONAL,
    "suzuki": partial(suzuki_problem, "suzuki"),
    **{f"suzuki-{k}": partial(suzuki_problem, f"suzuki-{k}", k) for k in (1, 5, 9, 13)},
    **{name: partial(lab_problem, name) for name in LAB_TABLES},
}


def problem_names() -> list[str]:
    """The problems of one objective that can be built here: laboratory tables only with `AUGURY_DATA` set."""
    with_data = bool(os.environ.get("AUGURY_DATA"))
    return [name for name in PROBLEMS if with_data or name not in LAB_TABLES]


def load_problem(name: str) -> Problem:
    """The problem called `name`.

    Raises:
        InvalidInputError: no problem has that name, or its data are not there.
    """
    if name not in PROBLEMS:
        raise InvalidInputError(f"there is no problem {name!r}; choose one of {', '.join(PROBLEMS)}")
    return PROBLEMS[name]()


def load_multi_objective_problem(name: str) -> MultiObjectiveProblem:
    """The problem of several objectives called `name`.

    Raises:
        InvalidInputError: no such problem has that name.
    """
    if name not in MULTI_OBJECTIVE_PROBLEMS:
        raise InvalidInputError(
            f"there is no problem of several objectives called {name!r}; choose one of "
            f"{', '.join(MULTI_OBJECTIVE_PROBLEMS)}"
        )
    return MULTI_OBJECTIVE_PROBLEMS[name]()
