"""Deep kernel learning: Wilson et al. (2016); Ober, Rasmussen and van der Wilk (2021) on how it over-fits.

Regression from few rows: the Gaussian process, deep kernels without guards (a plain network, trained to the
maximum of the marginal likelihood), and those of this package, by error and by predictive density; then the
optimisers, on one objective. (The time of a suggestion: `python -m benchmarks.surrogates`.)

    python -m reproductions.deep_kernel [--quick]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from botorch.models.model import Model
from botorch.test_functions import Hartmann
from gpytorch.kernels import LinearKernel
from torch import Tensor

from augury.models import DeepKernelGP, GaussianProcess
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.networks import MLP
from reproductions._table import Row, is_quick, print_table

_NEW = 1000


@dataclass(frozen=True)
class Case:
    """A function on the unit cube, and what is known of it.

    Args:
        function: `N x d` to `N`.
        dim: `d`.
        rows: number of noisy values.
        noise: their standard deviation.
        published: what the literature says of deep kernels in such a case.
    """

    function: Callable[[Tensor], Tensor]
    dim: int
    rows: int
    noise: float
    published: str


def _step(X: Tensor) -> Tensor:
    return 2.0 * (X[:, 0] > 0.47).double() + 0.3 * torch.sin(6.0 * X[:, 0])


def _oblique_step(X: Tensor) -> Tensor:
    return (X[:, 0] + 0.5 * X[:, 1] > 0.7).double() + 0.2 * torch.sin(5.0 * X[:, 1])


def _bump(X: Tensor) -> Tensor:
    """Gramacy and Lee's function: flat but for a corner."""
    u = 8.0 * X - 2.0
    return u[:, 0] * torch.exp(-u.square().sum(dim=1))


def _plane(X: Tensor) -> Tensor:
    return X @ torch.linspace(-1.0, 1.0, X.shape[1]).double()


CASES = {
    "step, d = 1, n = 25": Case(_step, 1, 25, 0.01, "better than the GP"),
    "oblique step, d = 2, n = 60": Case(_oblique_step, 2, 60, 0.02, "better than the GP"),
    "bump in a plain, d = 2, n = 50": Case(_bump, 2, 50, 0.01, "better than the GP"),
    "Hartmann, d = 6, n = 80": Case(Hartmann(6, negate=True), 6, 80, 0.01, "plain over-fits"),
    "plane in noise, d = 6, n = 30": Case(_plane, 6, 30, 0.5, "plain over-fits"),
}


def _plain(X: Tensor, Y: Tensor, **options: Any) -> Model:
    return DeepKernelGP(X, Y, encoder=MLP(X.shape[1], (64, 64), 4), weight_scale=None, **options)


MODELS: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "GP": GaussianProcess,
    "plain deep kernel": _plain,
    "plain, pretrained": lambda X, Y: _plain(X, Y, pretrain_steps=1000),
    "skip, no prior": lambda X, Y: DeepKernelGP(X, Y, weight_scale=None),
    "skip, spectral norm <= 1": lambda X, Y: DeepKernelGP(X, Y, weight_scale=None, spectral_bound=1.0),
    "skip, prior (default)": DeepKernelGP,
    "default, stopped by leave-one-out": lambda X, Y: DeepKernelGP(X, Y, patience=10),
    "default, Bayesian last layer": lambda X, Y: DeepKernelGP(X, Y, covar_module=LinearKernel()),
}


def _scores(case: Case, build: Callable[[Tensor, Tensor], Any], seed: int) -> tuple[float, float]:
    """Root mean squared error as a share of the function's deviation, and mean negative log density of new
    noisy values in units of it."""
    generator = torch.Generator().manual_seed(seed)

    def draw(n: int) -> tuple[Tensor, Tensor, Tensor]:
        X = torch.rand(n, case.dim, dtype=torch.float64, generator=generator)
        values = case.function(X)
        noise = case.noise * torch.randn(n, dtype=torch.float64, generator=generator)
        return X, values, values + noise

    X, _, Y = draw(case.rows)
    new, truth, noisy = draw(_NEW)
    model = build(X, Y.unsqueeze(-1)).fit()
    mean, variance = model.mean_variance(new)
    variance = variance + model.noise_variance
    density = torch.distributions.Normal(mean, variance.sqrt()).log_prob(noisy).mean()
    error = (mean - truth).square().mean().sqrt() / truth.std()
    return float(error), float(-density - truth.std().log())


def regression(seeds: int) -> list[Row]:
    rows = []
    for name, case in CASES.items():
        for label, build in MODELS.items():
            scores = np.array([_scores(case, build, 100 + seed) for seed in range(seeds)])
            error, density = np.median(scores, axis=0)
            worst = scores[:, 1].max()
            published = case.published if label == "plain deep kernel" else ""
            measured = f"error {error:.3f}, negative log density {density:8.2f} (worst {worst:.2f})"
            rows.append((f"{name}: {label}", published, measured))
    return rows


def optimisers(steps: int) -> list[Row]:
    """L-BFGS and Adam from the same start, on the same objective."""
    X = torch.rand(100, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    Y = Hartmann(6, negate=True)(X).unsqueeze(-1)
    model = DeepKernelGP(X, Y)
    outcome = model._regressions.outcomes[0].unfitted()
    likelihood = MarginalLikelihood(outcome.covariance, outcome.y, outcome.noise)
    start = likelihood.starts()[0]
    begun = time.perf_counter()
    theta = model.fit().theta[0].numpy()
    elapsed = time.perf_counter() - begun
    reached = f"{likelihood.value(start):.2f} to {likelihood.value(theta):.2f} in {elapsed:.2f} s"
    rows = [("L-BFGS, n = 100, d = 6: log posterior", "", reached)]
    for rate in (1e-3, 1e-2):
        weights = torch.from_numpy(start.copy()).requires_grad_(True)
        optimiser = torch.optim.Adam([weights], lr=rate)
        begun = time.perf_counter()
        for _ in range(steps):
            _, gradient = likelihood.value_gradient(weights.detach().numpy())
            weights.grad = torch.from_numpy(-gradient)
            optimiser.step()
        elapsed = time.perf_counter() - begun
        value = likelihood.value(weights.detach().numpy())
        rows.append((f"Adam, {steps} steps of {rate:g}", "5000 steps", f"{value:.2f} in {elapsed:.2f} s"))
    return rows


def main() -> None:
    quick = is_quick(__doc__)
    print_table("Regression: median over draws of the data", regression(1 if quick else 5))
    print_table("Training", optimisers(50 if quick else 2000))


if __name__ == "__main__":
    main()
