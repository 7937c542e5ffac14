"""Risk measures of an outcome over a random environment, through draws from any surrogate's posterior."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from augury.acquisition.moments import lengthscales_of
from augury.numerics.normal import log_h
from augury.space.risk import risk_shares

#: Draws of the outcomes in all environments.
NUM_DRAWS = 128
_BLOCK = 64  # designs in one batch of posteriors
_LEAST_DEVIATION = 1e-9  # of the risk, against the outcomes' own


@dataclass(frozen=True, eq=False)
class RiskPosterior:
    r"""What is known of the risk `rho(x)` of a design: mean and deviation over draws of the outcomes.

    .. math:: \rho_s(x) = \rho\big(f_s(x, w_1), \ldots, f_s(x, w_K)\big), \qquad f_s \sim \text{posterior}

    The draws are quasi-random and the same for every design, so that both are smooth in it where the order of
    the environments stays the same.

    Args:
        model: a fitted BoTorch model of one outcome of `d` columns, those of the environment included.
        columns: the `e` columns of the environment.
        nodes: `K x e` environments.
        weights: `K` probabilities.
        risk: see `augury.space.risk`.
        level: likewise.
        sign: +1 when larger outcomes are better, else -1; the risk is that of `sign` times the outcome.
        seed: of the draws.
    """

    model: Any
    columns: list[int]
    nodes: np.ndarray
    weights: np.ndarray
    risk: str
    level: float | None
    sign: float
    seed: int = 0
    _samplers: dict[str, Any] = field(default_factory=dict)

    def mean_std(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (`N` each) of the risk (larger is better) of designs (`N x d`)."""
        blocks = torch.from_numpy(np.ascontiguousarray(X)).split(_BLOCK)
        with torch.no_grad():
            parts = [self.moments(block) for block in blocks]
        mean, std = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
        return mean, std

    def moments(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """The same for a tensor, differentiable."""
        values = self.draws(X)
        shares = torch.from_numpy(self._shares(values))
        risks = (shares * values).sum(dim=-1)
        return risks.mean(dim=0), risks.std(dim=0)

    def draws(self, X: Tensor) -> Tensor:
        """`S x N x K` outcomes to be maximised, of designs (`N x d`) in all environments."""
        expanded = X.unsqueeze(-2).repeat(1, len(self.nodes), 1)
        expanded[..., self.columns] = torch.from_numpy(self.nodes)
        posterior = self.model.posterior(expanded)
        if "sampler" not in self._samplers:
            from botorch.sampling.get_sampler import get_sampler

            self._samplers["sampler"] = get_sampler(posterior, torch.Size([NUM_DRAWS]), seed=self.seed)
        values: Tensor = self.sign * self._samplers["sampler"](posterior)[..., 0]
        return values

    def _shares(self, values: Tensor) -> np.ndarray:
        return np.ascontiguousarray(risk_shares(values.detach().numpy(), self.weights, self.risk, self.level))

    def tail(self, x: np.ndarray) -> np.ndarray:
        """The share (`K`) that each environment has in the risk of one design (`d`), on average."""
        with torch.no_grad():
            shares: np.ndarray = self._shares(self.draws(torch.from_numpy(x[None]))).mean(axis=(0, 1))
        return shares


class RiskMean:
    """The expected risk of a design, to be maximised: what to use in the end.

    Args:
        posterior: of the risk.
    """

    def __init__(self, posterior: RiskPosterior) -> None:
        self.posterior = posterior
        self.lengthscales = lengthscales_of(posterior.model)

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        return self.posterior.mean_std(X)[0]

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`)."""
        points = torch.from_numpy(np.array(X)).requires_grad_(True)
        mean, _ = self.posterior.moments(points)
        (gradient,) = torch.autograd.grad(mean.sum(), points)
        return mean.detach().numpy(), gradient.numpy()


class LogRiskExpectedImprovement:
    r"""The logarithm of the expected improvement of a design's risk, as if its posterior were normal.

    .. math::
        \log \mathrm{EI}(x) = \log \sigma_\rho(x) + \log h\big((\mu_\rho(x) - \rho^*) / \sigma_\rho(x)\big)

    with mean and deviation over draws (`RiskPosterior`), and the best mean of an evaluated design for `rho*`.
    The environment in which the design is evaluated is chosen afterwards (`most_informative`).

    Args:
        posterior: of the risk.
        best: `rho*`, larger is better.

    Sources: Cakmak et al., "Bayesian optimization of risk measures", NeurIPS 2020, for the draws; Williams,
    Santner and Notz (2000) for two steps; the normal approximation keeps the logarithm exact where no draw
    improves.
    """

    joint = False

    def __init__(self, posterior: RiskPosterior, best: float) -> None:
        self.posterior, self.best = posterior, float(best)
        self.lengthscales = lengthscales_of(posterior.model)

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        mean, std = self.posterior.mean_std(X)
        std = np.maximum(std, _LEAST_DEVIATION)
        return np.log(std) + log_h((mean - self.best) / std)[0]

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`, 0 in the environment's columns)."""
        points = torch.from_numpy(np.array(X)).requires_grad_(True)
        moments = self.posterior.moments(points)
        mean, std = (part.detach().numpy() for part in moments)
        std = np.maximum(std, _LEAST_DEVIATION)
        z = (mean - self.best) / std
        log_value, slope = log_h(z)
        weights = [torch.from_numpy(slope / std), torch.from_numpy((1.0 - z * slope) / std)]
        (gradient,) = torch.autograd.grad(list(moments), points, grad_outputs=weights)
        return np.log(std) + log_value, gradient.numpy()


def most_informative(
    model: Any, points: np.ndarray, shares: np.ndarray, candidates: np.ndarray, noise: float
) -> int:
    r"""The candidate whose evaluation lowers the variance of a weighted sum of outcomes the most.

    .. math:: \arg\max_w \frac{\operatorname{cov}(\sum_k s_k f(w_k), f(w))^2}{\sigma^2(w) + \lambda}

    Args:
        model: a BoTorch model of one outcome.
        points: `K x d`, over which is summed.
        shares: `K` weights of the sum.
        candidates: `C x d`.
        noise: `lambda`, the variance of an evaluation's noise.

    Returns:
        The index of the candidate.

    Source: Williams, Santner and Notz, "Sequential design of computer experiments to minimize integrated
    response functions", Statistica Sinica 10 (2000), section 4, step 4.
    """
    joint = torch.from_numpy(np.concatenate([points, candidates]))
    with torch.no_grad():
        posterior = model.posterior(joint)
        if hasattr(posterior, "distribution"):
            covariance = posterior.distribution.covariance_matrix.numpy()
        else:
            draws = posterior.rsample(torch.Size([256]))[..., 0].numpy()
            covariance = np.cov(draws.T)
    with_sum = shares @ covariance[: len(points), len(points) :]
    variance = covariance.diagonal()[len(points) :]
    return int(np.argmax(with_sum**2 / (np.maximum(variance, 0.0) + max(noise, 1e-12))))
