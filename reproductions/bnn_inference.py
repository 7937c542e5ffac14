"""Li, Rudner and Wilson (2024), A Study of Bayesian Neural Network Surrogates: the ways to a posterior.

The surrogates on 20 noisy points of a function of one variable (error and negative log likelihood on a grid,
averaged over seeds), and their agreement with a long run of HMC on a small network, whose prior they share.

    python -m reproductions.bnn_inference [--quick]
"""

from __future__ import annotations

import math
import time
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from augury.inference import (
    HMC,
    SGHMC,
    CyclicalSGLD,
    DeepEnsemble,
    Inference,
    InferenceWarning,
    Laplace,
    MCDropout,
)
from augury.models import BayesianNeuralNetwork, GaussianProcess
from augury.networks import MLP
from reproductions._table import Row, is_quick, print_table

_GRID = torch.linspace(0.0, 1.0, 101, dtype=torch.float64).unsqueeze(-1)
_DEVIATION = 0.1


@dataclass(frozen=True)
class Effort:
    """How much is computed: seeds, and steps relative to the defaults."""

    seeds: int
    share: float

    def __call__(self, steps: int) -> int:
        """So many steps, scaled."""
        return max(10, int(self.share * steps))


def truth(x: Tensor) -> Tensor:
    """Flat on the left, waves on the right."""
    return torch.sin(14.0 * x * x) + x


def data(seed: int, n: int = 20) -> tuple[Tensor, Tensor]:
    """Noisy values at random points."""
    generator = torch.Generator().manual_seed(seed)
    X = torch.rand(n, 1, dtype=torch.float64, generator=generator)
    return X, truth(X) + _DEVIATION * torch.randn(n, 1, dtype=torch.float64, generator=generator)


def inferences(effort: Effort) -> dict[str, Inference]:
    """Name -> inference."""
    steps = effort(1200)
    return {
        "HMC": HMC(num_samples=effort(100), burn_in=effort(200)),
        "SGHMC": SGHMC(burn_in=effort(1500), num_samples=20, keep_every=effort(50)),
        "cyclical SGLD": CyclicalSGLD(num_steps=effort(500), cycle_length=effort(500)),
        "Laplace, full": Laplace(num_steps=steps),
        "Laplace, Kronecker": Laplace("kronecker", num_steps=steps),
        "Laplace, last layer": Laplace("last-layer", num_steps=steps),
        "deep ensemble": DeepEnsemble(num_steps=effort(1000)),
        "MC dropout": MCDropout(num_steps=effort(1000)),
    }


def scores(model: Any) -> tuple[float, float]:
    """Root mean squared error and mean negative log likelihood on the grid."""
    posterior = model.posterior(_GRID.unsqueeze(-2), observation_noise=True)
    mean, variance = posterior.mean.detach().reshape(-1), posterior.variance.detach().reshape(-1)
    wanted = truth(_GRID).reshape(-1)
    # the expectation over the noise of a new measurement
    squares = (mean - wanted).square() + _DEVIATION**2
    nll = 0.5 * (squares / variance + (2.0 * math.pi * variance).log()).mean()
    return float((mean - wanted).square().mean().sqrt()), float(nll)


def regression(effort: Effort) -> list[Row]:
    """Each surrogate on the same data."""
    published = {
        "HMC": "best of the networks",
        "deep ensemble": "poor",
        "Gaussian process": "among the two best on average",
    }
    rows = []
    for name, inference in {"Gaussian process": None, **inferences(effort)}.items():
        results = []
        start = time.perf_counter()
        for seed in range(effort.seeds):
            X, Y = data(seed)
            model: Any = (
                GaussianProcess(X, Y)
                if inference is None
                else BayesianNeuralNetwork(
                    X,
                    Y,
                    network=MLP(1, (50, 50)),
                    prior=4.0,
                    inference=inference,
                    seed=seed,
                )
            )
            results.append(scores(model.fit()))
        seconds = (time.perf_counter() - start) / effort.seeds
        rmse, nll = torch.tensor(results).mean(dim=0).tolist()
        rows.append(
            (
                name,
                published.get(name, ""),
                f"RMSE {rmse:.3f}, NLL {nll:.2f}, {seconds:.1f} s each",
            )
        )
    return rows


def agreement(effort: Effort) -> list[Row]:
    """Predictive mean and deviation of a 1 x 10 network against a long run of HMC."""
    X, Y = data(0)

    def predictions(inference: Inference) -> tuple[Tensor, Tensor]:
        model = BayesianNeuralNetwork(X, Y, network=MLP(1, (10,)), prior=4.0, inference=inference)
        posterior = model.fit().posterior(_GRID.unsqueeze(-2))
        return posterior.mean.detach().reshape(-1), posterior.variance.detach().reshape(-1).sqrt()

    mean, deviation = predictions(HMC(num_samples=effort(1000), burn_in=effort(500)))
    rows = []
    for name, inference in inferences(effort).items():
        other_mean, other_deviation = predictions(inference)
        error = float(((other_mean - mean) / deviation).square().mean().sqrt())
        ratio = float((other_deviation / deviation).log().mean().exp())
        rows.append(
            (
                f"{name} against long HMC",
                "",
                f"mean off by {error:.2f} deviations (rms); deviation {ratio:.2f} times",
            )
        )
    return rows


def main() -> None:
    effort = Effort(1, 0.15) if is_quick(__doc__) else Effort(3, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InferenceWarning)  # what the table shows
        print_table("20 points of a function of one variable, 2 x 50 tanh", regression(effort))
        print_table("Agreement on a 1 x 10 network", agreement(effort))


if __name__ == "__main__":
    main()
