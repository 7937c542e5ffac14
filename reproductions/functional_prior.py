"""Tran et al. (2022), All You Need is a Good Functional Prior for Bayesian Deep Learning.

Weight priors matched to a Gaussian process, the posterior in a gap of the data, and regression with and
without a matched prior. Distances between priors are measured independently of what was minimised: by the
best assignment of 256 fresh functions to 256 others. Two samples of one and the same process have a distance
too ("floor"); the debiased distance takes off half the distance of each prior to itself.

    python -m reproductions.functional_prior [--quick]

Boston housing is read from `AUGURY_DATA` (`uci_boston/`); without it scikit-learn's diabetes data are used.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gpytorch.kernels import RBFKernel, ScaleKernel
from gpytorch.priors import LogNormalPrior
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from torch import Tensor

from augury.inference import (
    SGHMC,
    FixedMeasurementSet,
    GaussianProcessPrior,
    GaussianWeightPrior,
    HierarchicalWeightPrior,
    InferenceWarning,
    MeasurementSet,
    NetworkDensity,
    PlanarFlowWeightPrior,
    WeightPrior,
    match_functional_prior,
)
from augury.networks import MLP, StackedNetwork
from reproductions._table import Row, is_quick, print_table

_GRID = torch.linspace(-4.0, 4.0, 60, dtype=torch.float64).unsqueeze(-1)
_NOISE = 0.1  # the variance assumed for standardised outcomes, as in the paper
_DRAWS = 256


@dataclass(frozen=True)
class Effort:
    """How much is computed.

    Args:
        iterations: of matching.
        critic: steps of the critic for each.
        steps: kept samples of each chain, between two of them, and before.
        splits: of the regression data.
    """

    iterations: int
    critic: int
    steps: tuple[int, int, int]
    splits: int

    def sampler(self, batch_size: int) -> SGHMC:
        """The sampler, four chains."""
        samples, every, burn_in = self.steps
        return SGHMC(samples, every, burn_in, num_chains=4, batch_size=batch_size)


FULL = Effort(iterations=150, critic=100, steps=(20, 50, 1500), splits=3)
QUICK = Effort(iterations=40, critic=10, steps=(10, 20, 400), splits=1)


def process(lengthscale: float, variance: float) -> GaussianProcessPrior:
    """A zero-mean process with a squared exponential kernel."""
    kernel = ScaleKernel(RBFKernel())
    kernel.base_kernel.lengthscale = lengthscale
    kernel.outputscale = variance
    return GaussianProcessPrior(kernel)


def assignment_distance(p: Tensor, q: Tensor) -> float:
    """The 1-Wasserstein distance between two samples of equal size (`S x N`)."""
    costs = cdist(p.numpy(), q.numpy())
    rows, columns = linear_sum_assignment(costs)
    return float(costs[rows, columns].mean())


@dataclass(frozen=True)
class Agreement:
    """How far a prior over functions is from a process at the grid."""

    raw: float
    floor: float
    debiased: float
    covariance: float
    deviation: float

    @staticmethod
    def of(prior: WeightPrior, target: GaussianProcessPrior) -> Agreement:
        """Measured on fresh samples."""
        generator = torch.Generator().manual_seed(1234)

        def functions(count: int = _DRAWS) -> Tensor:
            return prior.network(prior.sample(count, generator), _GRID)[..., 0]

        def wanted() -> Tensor:
            return target.sample(_GRID, _DRAWS, generator=generator)[..., 0]

        f, f_again, g, g_again = functions(), functions(), wanted(), wanted()
        raw, floor = assignment_distance(f, g), assignment_distance(g, g_again)
        many = functions(2000)
        _, covariance = target.moments(_GRID, generator=generator)
        return Agreement(
            raw,
            floor,
            raw - 0.5 * (floor + assignment_distance(f, f_again)),
            float((many.T.cov() - covariance).abs().max()),
            float(many.std(dim=0).mean()),
        )


def matching(effort: Effort) -> list[Row]:
    """The distance of each family before and after."""
    network = StackedNetwork(MLP(1, (50, 50)))
    target = process(0.6, 1.0)
    priors: dict[str, WeightPrior] = {
        "GPi-G": GaussianWeightPrior(network, 1.0),
        "GPi-H": HierarchicalWeightPrior(network, 3.0, 2.0),
        "GPi-NF": PlanarFlowWeightPrior(network, 4),
    }
    rows = []
    for name, distance in (
        ("GPi-G", "wasserstein"),
        ("GPi-G", "bures"),
        ("GPi-H", "bures"),
        ("GPi-NF", "bures"),
    ):
        prior = priors[name]
        result = match_functional_prior(
            prior,
            target,
            FixedMeasurementSet(_GRID),
            distance=distance,  # type: ignore[arg-type]
            num_iterations=effort.iterations,
            inner_steps=effort.critic,
            lr=0.02 if name == "GPi-NF" else 0.05,
        )
        before, after = Agreement.of(prior, target), Agreement.of(result.prior, target)
        rows.append(
            (
                f"{name}, {distance}: distance to the process falls",
                "critic's W1 35.5 to 7.1 (G), 31.6 to 5 (H), 22.9 to 1.5 (NF)",
                f"debiased W1 {before.debiased:.2f} to {after.debiased:.2f} "
                f"({before.debiased / max(after.debiased, 1e-9):.1f}-fold); raw {before.raw:.2f} to "
                f"{after.raw:.2f} (floor {after.floor:.2f}); largest covariance error "
                f"{before.covariance:.2f} to {after.covariance:.2f}; deviation {before.deviation:.2f} "
                f"to {after.deviation:.2f} (process 1)",
            )
        )
    return rows


def gap(effort: Effort, seeds: tuple[int, ...] = (0,)) -> list[Row]:
    """The posterior where there are no data, against that of the process."""
    target = process(0.6, 1.0)
    network = StackedNetwork(MLP(1, (50, 50)))
    fixed = GaussianWeightPrior(network, 1.0)
    matched = match_functional_prior(
        fixed, target, FixedMeasurementSet(_GRID), distance="bures", num_iterations=effort.iterations
    ).prior
    ratios: dict[str, list[float]] = {"fixed": [], "matched": []}
    errors: dict[str, list[float]] = {"fixed": [], "matched": []}
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        x = 12.0 * torch.rand(64, 1, dtype=torch.float64, generator=generator) - 6.0
        x = x + 4.0 * x.sign()  # uniform on [-10, 10] without (-4, 4)
        y = process(1.8, 1.6**2).sample(x, 1, generator=generator)[0]
        y = y + 0.1 * torch.randn(64, 1, dtype=torch.float64, generator=generator)
        X, Y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
        points = (torch.linspace(-3.0, 3.0, 25, dtype=torch.float64).unsqueeze(-1) - x.mean()) / x.std()
        _, joint = target.moments(torch.cat([X, points]), generator=generator)
        K, cross = joint[:64, :64] + _NOISE * torch.eye(64, dtype=torch.float64), joint[64:, :64]
        deviation = (1.0 - (cross @ torch.linalg.solve(K, cross.T)).diagonal()).sqrt()
        mean = (cross @ torch.linalg.solve(K, Y)).squeeze(-1)
        for name, prior in (("fixed", fixed), ("matched", matched)):
            samples = effort.sampler(64).run(NetworkDensity(network, prior, X, Y, _NOISE), seed=seed)
            values = samples.predict(points)[..., 0]
            ratios[name].append(float((values.std(dim=0) / deviation).mean()))
            errors[name].append(float(((values.mean(dim=0) - mean) / deviation).square().mean().sqrt()))
    return [
        (
            f"gap: deviation over the process's, {name} prior",
            "close to 1 when matched" if name == "matched" else "off",
            f"{np.mean(ratios[name]):.2f} (mean off by {np.mean(errors[name]):.2f} of its deviations)",
        )
        for name in ("fixed", "matched")
    ]


def regression_data() -> tuple[str, Tensor, Callable[[int], tuple[np.ndarray, np.ndarray]]]:
    """A name, the table (outcome last), and `split -> (training rows, test rows)`."""
    folder = Path(os.environ.get("AUGURY_DATA", "")) / "uci_boston"
    if (folder / "data.txt").is_file():
        table = torch.from_numpy(np.loadtxt(folder / "data.txt"))

        def published(split: int) -> tuple[np.ndarray, np.ndarray]:
            names = ("train", "test")
            train, test = (
                np.loadtxt(folder / "original" / f"index_{name}_{split}.txt").astype(int) for name in names
            )
            return train, test

        return "Boston", table, published
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes()
    table = torch.from_numpy(np.column_stack([bunch.data, bunch.target]))

    def random(split: int) -> tuple[np.ndarray, np.ndarray]:
        order = np.random.default_rng(split).permutation(len(table))
        return order[44:], order[:44]

    return "diabetes", table, random


def regression(effort: Effort) -> list[Row]:
    """Error and negative log likelihood on held-out rows, with and without matching."""
    name, table, rows_of = regression_data()
    d = table.shape[1] - 1
    network = StackedNetwork(MLP(d, (50,)))
    scores: dict[str, list[tuple[float, float]]] = {"fixed": [], "matched": []}
    for split in range(effort.splits):
        train, test = (table[torch.from_numpy(rows)] for rows in rows_of(split))
        mean, deviation = train.mean(dim=0), train.std(dim=0)
        train, test = (train - mean) / deviation, (test - mean) / deviation
        kernel = ScaleKernel(
            RBFKernel(
                ard_num_dims=d,
                lengthscale_prior=LogNormalPrior(torch.tensor(0.5 * math.log(2.0 * d)), torch.tensor(1.0)),
            ),
            outputscale_prior=LogNormalPrior(torch.tensor(0.1), torch.tensor(1.0)),
        )
        fixed = GaussianWeightPrior(network, 1.0)
        everything = torch.cat([train, test])[:, :d]
        bounds = torch.stack([everything.amin(0), everything.amax(0)])
        matched = match_functional_prior(
            fixed,
            GaussianProcessPrior(kernel),
            MeasurementSet(train[:, :d], bounds),
            distance="bures",
            num_iterations=effort.iterations,
            num_samples=64,
            seed=split,
        ).prior
        for label, prior in (("fixed", fixed), ("matched", matched)):
            density = NetworkDensity(network, prior, train[:, :d], train[:, d:], _NOISE)
            values = effort.sampler(32).run(density, seed=split).predict(test[:, :d])[..., 0]
            variance = values.var(dim=0) + _NOISE
            residual = test[:, d] - values.mean(dim=0)
            rmse = float(residual.square().mean().sqrt() * deviation[d])
            nll = 0.5 * (residual.square() / variance + (2.0 * math.pi * variance).log()).mean()
            scores[label].append((rmse, float(nll + deviation[d].log())))
    means = {label: np.mean(values, axis=0) for label, values in scores.items()}
    published = {
        "Boston": {
            "fixed": "3.132, 2.567 (10 splits, 1 x 100)",
            "matched": "2.797, 2.470 (10 splits, 1 x 100)",
        }
    }
    return [
        (
            f"{name}, {label} prior: RMSE, NLL",
            published.get(name, {}).get(label, "the matched one is better"),
            f"{means[label][0]:.3f}, {means[label][1]:.3f} ({effort.splits} splits, 1 x 50)",
        )
        for label in ("fixed", "matched")
    ]


def main() -> None:
    effort = QUICK if is_quick(__doc__) else FULL
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InferenceWarning)  # quick chains are short
        print_table("1. Priors matched to GP(0.6, 1) on [-4, 4], 2 x 50 tanh", matching(effort))
        print_table("2. The posterior in a gap", gap(effort, (0,) if effort is QUICK else (0, 1, 2)))
        print_table("3. Regression", regression(effort))


if __name__ == "__main__":
    main()
