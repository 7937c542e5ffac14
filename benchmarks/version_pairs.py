"""Functions of the unit cube in a cheap version and a true one, related ones and unrelated ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from augury.problems.multi_fidelity import currin, forrester
from augury.space import Space
from augury.space.sampling import sobol

GOOD = ["forrester", "currin", "branin", "hartmann6", "borehole"]
BAD = ["forrester-bad", "currin-bad", "branin-bad", "hartmann6-bad"]

Function = Callable[[torch.Tensor], torch.Tensor]


def versions(name: str) -> tuple[Function, Function, int]:
    """The cheap version, the truth (both of `n x d` points of the cube, minimised) and `d`."""
    from botorch.test_functions.multi_fidelity import (
        AugmentedBranin,
        AugmentedHartmann,
        BoreholeMultiFidelity,
    )

    base = name.removesuffix("-bad")
    if base in ("forrester", "currin"):
        low, high = forrester() if base == "forrester" else currin()
        sign = 1.0 if base == "forrester" else -1.0
        cheap, truth = (lambda X: sign * low(X)), (lambda X: sign * high(X))
        dim = 1 if base == "forrester" else 2
    else:
        # the fidelity of BoTorch's functions is their last input: 1 the truth, but for the borehole's 0
        problem, cheap_at, truth_at = {
            "branin": (AugmentedBranin(), 0.5, 1.0),
            "hartmann6": (AugmentedHartmann(), 0.0, 1.0),
            "borehole": (BoreholeMultiFidelity(), 1.0, 0.0),
        }[base]
        dim = problem.dim - 1
        low_bound, high_bound = problem.bounds[:, :dim].double()

        def at(fidelity: float) -> Function:
            def evaluate(X: torch.Tensor) -> torch.Tensor:
                inputs = low_bound + (high_bound - low_bound) * X
                return problem(torch.cat([inputs, torch.full_like(X[:, :1], fidelity)], dim=-1)).double()

            return evaluate

        cheap, truth = at(cheap_at), at(truth_at)
    if name.endswith("-bad"):
        generator = np.random.default_rng(sum(map(ord, base)))
        weights = torch.from_numpy(generator.normal(size=(8, dim)))
        phases = torch.from_numpy(generator.uniform(0.0, 2.0 * np.pi, 8))
        values = truth(torch.from_numpy(generator.random((4096, dim))))
        mean, spread = values.mean(), values.std()

        def unrelated(X: torch.Tensor) -> torch.Tensor:
            return mean + 0.5 * spread * torch.cos(2.0 * np.pi * X @ weights.T + phases).sum(dim=-1)

        cheap = unrelated
    return cheap, truth, dim


def optimum(truth: Function, dim: int) -> tuple[float, float]:
    """The smallest value, by many points and climbs from the best, and the standard deviation."""
    from scipy.optimize import minimize

    space = Space({f"x{index}": (0.0, 1.0) for index in range(dim)})
    X = torch.from_numpy(sobol(space, 2**14, seed=0))
    values = truth(X)
    found = [float(values.min())]
    for start in X[values.argsort()[:8]]:
        result = minimize(
            lambda x: float(truth(torch.from_numpy(x[None]))[0]),
            start.numpy(),
            method="L-BFGS-B",
            bounds=[(0.0, 1.0)] * dim,
        )
        found.append(float(result.fun))
    return min(found), float(values.std())
