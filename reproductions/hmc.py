"""Sampled Bayesian networks: do the samplers agree with theory and with each other, and predict well?

    python -m reproductions.hmc [--quick]

What of Li, Rudner and Wilson, "A study of Bayesian neural network surrogates for Bayesian optimization" (ICLR
2024), can be checked without their figures: full-batch HMC against NUTS on a 1 x 10 tanh network, against the
closed form where the network is linear, and the quality of its predictions of a one-dimensional function from
20 points. The paper prints curves only; what is "published" here is what theory asks for.
"""

from __future__ import annotations

import numpy as np
import torch

from augury.inference import HMC, NUTS, GaussianWeightPrior, NetworkDensity
from augury.inference.diagnostics import effective_sample_size, split_rhat
from augury.inference.prior_choice import log_predictive_density
from augury.models import BayesianNeuralNetwork, GaussianProcess
from augury.networks import MLP, StackedNetwork
from reproductions._table import Row, is_quick, print_table

_SEED = 0


def main() -> None:
    quick = is_quick(__doc__)
    rows = [*linear_rows(quick), *agreement_rows(quick), *regression_rows(quick)]
    print_table("Bayesian networks by Markov chains", rows)


def data(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """`n` points of the unit interval and noisy values of a smooth function."""
    generator = torch.Generator().manual_seed(seed)
    X = torch.rand(n, 1, dtype=torch.float64, generator=generator)
    return X, function(X) + 0.1 * torch.randn(n, 1, dtype=torch.float64, generator=generator)


def function(X: torch.Tensor) -> torch.Tensor:
    """Faster to the right."""
    return torch.sin(2.0 + 8.0 * X.square())


def linear_rows(quick: bool) -> list[Row]:
    """A network without hidden layers against Bayesian linear regression."""
    generator = torch.Generator().manual_seed(_SEED)
    X = torch.randn(30, 4, dtype=torch.float64, generator=generator)
    Y = X.sum(dim=1, keepdim=True) + torch.randn(30, 1, dtype=torch.float64, generator=generator)
    network = StackedNetwork(MLP(4, ()))
    density = NetworkDensity(network, GaussianWeightPrior(network), X, Y, noise=1.0)
    design = torch.cat([X, torch.ones(30, 1)], dim=1)
    covariance = (torch.diag(1.0 / density.prior.scale.square()) + design.T @ design).inverse()
    mean = (covariance @ design.T @ Y)[:, 0].numpy()
    deviation = covariance.diagonal().sqrt().numpy()
    draws = HMC(200 if quick else 2000, 100, 8, path_length=1.5).run(density, seed=_SEED).theta
    draws = draws.reshape(8, -1, 5).numpy()
    error = deviation / np.sqrt(effective_sample_size(draws))
    distance = np.abs(draws.mean(axis=(0, 1)) - mean) / error
    ratio = draws.std(axis=(0, 1)) / deviation
    return [
        (
            "linear network, posterior mean: largest distance from the closed form",
            "< 3 s.e.",
            f"{distance.max():.2f} s.e.",
        ),
        (
            "linear network, posterior deviations, ratio to the closed form",
            "1",
            f"{ratio.min():.3f} to {ratio.max():.3f}",
        ),
    ]


def agreement_rows(quick: bool) -> list[Row]:
    """HMC and NUTS on one small network."""
    X, Y = data(20, _SEED)
    network = StackedNetwork(MLP(1, (10,)))
    density = NetworkDensity(network, GaussianWeightPrior(network, 4.0), (X - 0.5) * 12.0**0.5, Y)
    grid = torch.linspace(-1.7, 1.7, 20, dtype=torch.float64).unsqueeze(1)
    moments, rows = [], []
    samples = 100 if quick else 1000
    for name, sampler in (
        ("HMC", HMC(4 * samples, 4 * samples, 8, path_length=2.0)),
        ("NUTS", NUTS(samples, 2 * samples, 8)),
    ):
        result = sampler.run(density, seed=_SEED)
        values = result.predict(grid)[..., 0].reshape(8, -1, 20).numpy()
        ess = effective_sample_size(values)
        moments.append((values.mean(axis=(0, 1)), values.std(axis=(0, 1)), ess))
        rows.append(
            (
                f"1 x 10 tanh network, {name}: largest R-hat of f, least effective samples",
                "< 1.05",
                f"{split_rhat(values).max():.3f}, {ess.min():.0f}",
            )
        )
    (mean, deviation, ess), (other_mean, other_deviation, other_ess) = moments
    error = deviation * np.sqrt(1.0 / ess + 1.0 / other_ess)
    distance = np.abs(mean - other_mean) / error
    ratio = deviation / other_deviation
    rows.append(("HMC and NUTS: largest difference of means", "< 3.5 s.e.", f"{distance.max():.2f} s.e."))
    rows.append(("HMC / NUTS: ratio of deviations", "1", f"{ratio.min():.3f} to {ratio.max():.3f}"))
    return rows


def regression_rows(quick: bool) -> list[Row]:
    """Predictions of a one-dimensional function from 20 points, against the Gaussian process."""
    seeds = range(1 if quick else 3)
    X_new = torch.linspace(0.0, 1.0, 200, dtype=torch.float64).unsqueeze(1)
    scores: dict[str, list[tuple[float, float]]] = {"HMC, 3 x 50": [], "Gaussian process": []}
    for seed in seeds:
        X, Y = data(20, seed)
        Y_new = function(X_new) + 0.1 * torch.randn(
            200, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(100 + seed)
        )
        network = BayesianNeuralNetwork(X, Y).fit(seed=seed).posterior(X_new, observation_noise=True)
        process = GaussianProcess(X, Y).fit().posterior(X_new, observation_noise=True)
        for name, posterior in (("HMC, 3 x 50", network), ("Gaussian process", process)):
            mean, variance = posterior.mean.detach(), posterior.variance.detach()
            rmse = float((mean - function(X_new)).square().mean().sqrt())
            scores[name].append((rmse, -log_predictive_density(mean[None], Y_new, variance) / 200))
    rows = []
    for name, values in scores.items():
        rmse, nll = np.mean(values, axis=0)
        rows.append((f"1-D function, 20 points, {name}: RMSE, NLL", "-", f"{rmse:.3f}, {nll:.3f}"))
    return rows


if __name__ == "__main__":
    main()
