"""The problems of the study of neural surrogates: random networks and polynomials, simulators, distillation.

Each builder imports its test function when it is called, as these import torch.
"""

from __future__ import annotations

from augury.problems.multi_objective import MultiObjectiveProblem, of_multi_objective
from augury.problems.problem import Problem
from augury.problems.test_functions import of_test_function

# Found by many restarts of a local search; see each test function.
_NETWORK_BEST = {(100, 0): 124.1126, (400, 0): 106.8813}
_PEST_BEST = 11.9916
_BRUSSELATOR_BEST = 0.008618
_DISTILLATION_BEST = {(4, 4): 0.05313, (16, 12): 0.00505}


def network_draw(name: str, dim: int, seed: int = 0) -> Problem:
    """`NetworkDraw(dim, seed)`; for weights whose best value is not on record, the optimum is infinity."""
    from augury.problems.network_draw import NetworkDraw

    best = _NETWORK_BEST.get((dim, seed), float("inf"))
    return of_test_function(name, NetworkDraw(dim, seed), best_known=best)


def block_polynomial(name: str, dim: int, seed: int = 0) -> Problem:
    """`BlockPolynomial(dim, seed)`."""
    from augury.problems.block_polynomial import BlockPolynomial

    return of_test_function(name, BlockPolynomial(dim, seed))


def pest_control(name: str) -> Problem:
    """`PestControl`: 25 categories of 5."""
    from augury.problems.pest_control import PestControl

    choices = ["none", "pesticide 1", "pesticide 2", "pesticide 3", "pesticide 4"]
    return of_test_function(name, PestControl(), best_known=_PEST_BEST, categories=choices)


def brusselator(name: str) -> Problem:
    """`Brusselator`."""
    from augury.problems.brusselator import Brusselator

    return of_test_function(name, Brusselator(), best_known=_BRUSSELATOR_BEST)


def interferometer(name: str) -> Problem:
    """`Interferometer`."""
    from augury.problems.interferometer import Interferometer

    return of_test_function(name, Interferometer())


def distillation(name: str, channels: tuple[int, int]) -> Problem:
    """`Distillation(channels)`; where no student is on record, the optimum is the bound 0."""
    from augury.problems.distillation import Distillation

    best = _DISTILLATION_BEST.get(channels, 0.0)
    return of_test_function(name, Distillation(channels), best_known=best)


def oil_sorbent(name: str) -> MultiObjectiveProblem:
    """`OilSorbent`: three objectives."""
    from augury.problems.oil_sorbent import OilSorbent

    return of_multi_objective(name, OilSorbent())
