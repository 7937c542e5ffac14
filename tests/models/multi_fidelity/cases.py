"""Pairs and triples of functions, as training data with a column of levels."""

from __future__ import annotations

import numpy as np
import torch

from augury.problems.multi_fidelity import forrester, sinusoid


def training(levels, *designs):
    """One table of the functions (cheapest first) on their designs (`n x d`), the level last."""
    X = torch.cat(
        [torch.cat([D, torch.full((len(D), 1), float(t)).double()], dim=1) for t, D in enumerate(designs)]
    )
    Y = torch.cat([function(D) for function, D in zip(levels, designs, strict=True)]).unsqueeze(-1)
    return X, Y


def at(X, level):
    return torch.cat([X, torch.full((*X.shape[:-1], 1), float(level)).double()], dim=-1)


def grid(n):
    return torch.linspace(0.0, 1.0, n, dtype=torch.float64).unsqueeze(-1)


def forrester_data():
    return training(forrester(), grid(11), grid(11)[[0, 4, 6, 10]])


def sinusoid_data(seed=0):
    rows = np.sort(np.random.default_rng(seed).choice(50, 14, replace=False))
    return training(sinusoid(), grid(50), grid(50)[rows])


def three_levels(n=(16, 9, 6)):
    """A smooth function of two inputs in three versions, on nested designs."""
    X = torch.rand(n[0], 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))

    def low(x):
        return torch.sin(4.0 * x[:, 0]) + x[:, 1]

    def middle(x):
        return 1.5 * low(x) - 0.5 * x[:, 0].square()

    def high(x):
        return -0.8 * middle(x) + 0.3 * torch.cos(2.0 * x[:, 1])

    return training((low, middle, high), X, X[: n[1]], X[: n[2]])


def error(model, function, n=200, level=1):
    X = grid(n)
    mean = model.posterior(at(X, level)).mean.detach().squeeze(-1)
    return float((mean - function(X)).square().mean().sqrt())
