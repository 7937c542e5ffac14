"""Stacking of predictive distributions: Yao, Vehtari, Simpson and Gelman (2018), section 4.1.

Outcomes are drawn from N(3.4, 1); the models N(k, 1), k = 1 ... 8, do not hold the truth. Bayesian model
averaging settles on the nearest model, stacking on a mixture that predicts better. Then surrogates: no one of
them suits all functions, and the portfolio should be about as good as the best for each.

    python -m reproductions.portfolio [--quick]
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.integrate import quad
from scipy.special import logsumexp, softmax
from scipy.stats import norm

from augury.models import Portfolio
from augury.models.build import fit_model
from augury.models.portfolio.members import construct
from augury.models.portfolio.stacking import stacking_weights
from augury.models.posteriors.marginals import log_density_and_cdf
from reproductions._table import Row, is_quick, print_table

_TRUTH = 3.4
_CENTRES = np.arange(1.0, 9.0)
_MEMBERS = ("gp", "student-t", "infinite-width", "random-forest")


def gaussian_rows(repeats: int, n: int) -> list[Row]:
    """The Gaussian example with `n` outcomes, averaged over draws."""
    stacked, averaged = [], []
    for seed in range(repeats):
        y = np.random.default_rng(seed).normal(_TRUTH, 1.0, size=n)
        L = norm.logpdf(y[:, None], _CENTRES)
        stacked.append(stacking_weights(L, np.zeros(len(_CENTRES))))
        averaged.append(softmax(L.sum(axis=0)))  # equal priors; the models have no parameters
    weights, bma = np.mean(stacked, axis=0), np.mean(averaged, axis=0)
    gain = np.mean([_expected(one) - _expected(other) for one, other in zip(stacked, averaged, strict=True)])
    return [
        (
            f"Bayesian model averaging, n = {n}: all weight on the nearest model, N(3, 1)",
            "weight 1",
            f"{bma[2]:.2f}",
        ),
        (
            "stacking: a mixture of the two around the truth, N(3, 1) and N(4, 1)",
            "both have weight",
            f"{weights[2]:.2f} and {weights[3]:.2f}",
        ),
        ("stacking predicts better than averaging", "yes", f"by {gain:.3f} nat a result"),
    ]


def _expected(weights: np.ndarray) -> float:
    """The expected log density of a further outcome under the mixture."""

    def integrand(y: float) -> float:
        with np.errstate(divide="ignore"):
            mixture = logsumexp(norm.logpdf(y, _CENTRES) + np.log(weights))
        return float(norm.pdf(y, _TRUTH) * mixture)

    return float(quad(integrand, _TRUTH - 9.0, _TRUTH + 9.0, limit=200)[0])


def surrogate_rows(repeats: int) -> list[Row]:
    """Three functions, of which each suits another surrogate: mean log density of 400 new results."""
    rows, gaps = [], []
    for name, function in {"smooth": _smooth, "blocks": _blocks, "outliers": _outliers}.items():
        scores: dict[str, list[float]] = {}
        for seed in range(repeats):
            generator = torch.Generator().manual_seed(seed)
            X, new = (torch.rand(count, 3, dtype=torch.float64, generator=generator) for count in (60, 400))
            Y, truth = function(X, generator), function(new, generator)
            fitted = {
                key: fit_model(construct(key, {"train_X": X, "train_Y": Y}), seed=seed) for key in _MEMBERS
            }
            fitted["portfolio"] = Portfolio(X, Y, members=_MEMBERS).fit(seed=seed)
            for key, model in fitted.items():
                with torch.no_grad():
                    posterior = model.posterior(new.unsqueeze(-2), observation_noise=True)
                    density, _ = log_density_and_cdf(posterior, truth.unsqueeze(-2))
                scores.setdefault(key, []).append(float(density.mean()))
        means = {key: float(np.mean(values)) for key, values in scores.items()}
        portfolio = means.pop("portfolio")
        best = max(means, key=means.__getitem__)
        gaps.append(portfolio - means[best])
        shown = f"{portfolio:.2f}; {best} {means[best]:.2f}, worst {min(means.values()):.2f}"
        rows.append(
            (f"{name}: the portfolio's mean log density; the best and the worst member's", "-", shown)
        )
    rows.append(
        (
            "the portfolio is about as good as the best member for each function",
            "(ours) at least -0.02 nat",
            ", ".join(f"{gap:+.2f}" for gap in gaps),
        )
    )
    return rows


def _noise(X: torch.Tensor, scale: float, generator: torch.Generator) -> torch.Tensor:
    return scale * torch.randn(len(X), 1, dtype=torch.float64, generator=generator)


def _smooth(X: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return torch.sin(4.0 * X[:, :1]) + X[:, 1:2] ** 2 + _noise(X, 0.05, generator)


def _blocks(X: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return ((4.0 * X[:, :1]).floor() % 2.0) * 3.0 + (X[:, 1:2] > 0.4).double() + _noise(X, 0.1, generator)


def _outliers(X: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    wild = (torch.rand(len(X), 1, dtype=torch.float64, generator=generator) < 0.1).double()
    return torch.sin(4.0 * X[:, :1]) + _noise(X, 0.1, generator) + wild * _noise(X, 3.0, generator)


def main() -> None:
    quick = is_quick(__doc__)
    rows = gaussian_rows(20 if quick else 200, 200)
    print_table("Stacking, BMA and the truth outside the models (Yao et al. 2018)", rows)
    print_table("Surrogates, 60 results of 3 inputs", surrogate_rows(2 if quick else 10))


if __name__ == "__main__":
    main()
