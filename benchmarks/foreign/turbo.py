"""The published implementation of TuRBO-1 as a peer, from a checkout or an installation of it.

It is under a licence for non-commercial use and not part of this repository: `git clone
https://github.com/uber-research/TuRBO`, then give the folder by `TURBO_PATH` (or install it). Its settings
are left as published: 50 training steps of a Matern-5/2 kernel with a lengthscale each, min(100 d, 5000)
candidates, Thompson sampling.

Source: Eriksson et al., "Scalable global optimization via local Bayesian optimization", NeurIPS 2019.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch


def run_turbo(
    function: Callable[[np.ndarray], float], design: np.ndarray, total: int, batch: int, seed: int
) -> None:
    """Minimise a function of the unit cube.

    Args:
        function: called with one point (`d`) after the other.
        design: `n x d`, its initial design; a restart draws a Latin hypercube as published.
        total: evaluations, the design included.
        batch: points at once.
        seed: of numpy's and torch's global generators, which it draws from.
    """
    if path := os.environ.get("TURBO_PATH"):
        sys.path.insert(0, path)
    from turbo import turbo_1

    np.random.seed(seed)  # noqa: NPY002  (the peer draws from the global state)
    torch.manual_seed(seed)
    dim = design.shape[1]
    published = turbo_1.latin_hypercube
    designs = [design]

    def initial(count: int, columns: int) -> Any:
        return designs.pop() if designs else published(count, columns)

    turbo_1.latin_hypercube = initial
    try:
        optimiser = turbo_1.Turbo1(
            f=function,
            lb=np.zeros(dim),
            ub=np.ones(dim),
            n_init=len(design),
            max_evals=total,
            batch_size=batch,
            verbose=False,
        )
        optimiser.optimize()
    finally:
        turbo_1.latin_hypercube = published
