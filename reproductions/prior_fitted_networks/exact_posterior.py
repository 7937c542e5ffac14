"""The exact posterior of a Gaussian process with hyper-priors, by tempered particles."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Normal

from augury.inference.prior_fitted.draw import PriorDraw
from augury.inference.prior_fitted.gp_prior import (
    Covariance,
    GPPrior,
    LogNormalHyperparameters,
    gp_covariance,
)
from augury.inference.prior_fitted.noise import LogUniformNoise
from reproductions._table import Row
from reproductions.prior_fitted_networks.scores import law_scores, network_scores
from reproductions.prior_fitted_networks.tempering import power_step

_KERNELS: dict[str, Covariance] = {"Matern": "matern-5/2", "squared exponential": "rbf"}
#: The Gaussian processes of the surrogate's prior without levels, warping, outliers and irrelevant inputs.
PRIORS = {
    label: GPPrior(LogNormalHyperparameters(irrelevant=0.0), LogUniformNoise(outliers=0.0), covariance)
    for label, covariance in _KERNELS.items()
}
_MOVES = 5
#: Context rows -> data sets and particles of each, for as long as both take.
_SIZES = {20: (24, 256), 100: (12, 256), 200: (4, 128)}


class Particles:
    """Draws of the hyperparameters as standard normal numbers: common and single lengthscales, noise level,
    whether it is the least."""

    def __init__(self, prior: GPPrior, draw: PriorDraw, b: int, count: int, seed: int) -> None:
        self.prior = prior
        self.X, self.y, self.X_new = draw.X[b], draw.y[b], draw.X_new[b]
        self.generator = torch.Generator().manual_seed(seed)
        self.latent = self._normal(count, self.X.shape[-1] + 3)
        self.likelihood = self._evidence(self.latent)

    def temper(self) -> int:
        """From the prior to the posterior; each step halves the effective number. How many steps."""
        power, steps = 0.0, 0
        while power < 1.0:
            step = power_step(self.likelihood, 1.0 - power)
            share = (step * self.likelihood).softmax(0)
            kept = torch.multinomial(share, len(share), replacement=True, generator=self.generator)
            self.latent, self.likelihood = self.latent[kept], self.likelihood[kept]
            power, steps = power + step, steps + 1
            for move in range(_MOVES):
                self._move(power, (0.8, 0.4, 0.2, 0.1, 0.3)[move])
        return steps

    def score(self, outcomes: Tensor) -> Tensor:
        """The mean negative log density of outcomes at the new inputs under the posterior."""
        factor, cross, noise = self._parts(self.latent, torch.cat([self.X, self.X_new]))
        white = torch.linalg.solve_triangular(factor, self.y.unsqueeze(-1), upper=False)
        root = torch.linalg.solve_triangular(factor, cross, upper=False)
        mean = (root.mT @ white).squeeze(-1)
        variance = 1.0 - root.square().sum(1) + noise.square().unsqueeze(-1)
        density = Normal(mean, variance.clamp_min(1e-12).sqrt()).log_prob(outcomes)
        return -(density.logsumexp(0) - torch.tensor(float(len(density))).log()).mean()

    def _move(self, power: float, size: float) -> None:
        """One Metropolis step that leaves the normal prior alone (Crank-Nicolson)."""
        new = (1.0 - size**2) ** 0.5 * self.latent + size * self._normal(*self.latent.shape)
        likelihood = self._evidence(new)
        uniform = torch.rand(len(new), dtype=torch.float64, generator=self.generator).log()
        accepted = uniform < power * (likelihood - self.likelihood)
        self.latent = torch.where(accepted.unsqueeze(-1), new, self.latent)
        self.likelihood = torch.where(accepted, likelihood, self.likelihood)

    def _evidence(self, latent: Tensor) -> Tensor:
        factor, _, _ = self._parts(latent, self.X)
        white = torch.linalg.solve_triangular(factor, self.y.unsqueeze(-1), upper=False)
        return -0.5 * white.square().sum((1, 2)) - factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def _parts(self, latent: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hyper, law, n = self.prior.hyperparameters, self.prior.noise, len(self.X)
        assert isinstance(hyper, LogNormalHyperparameters)
        assert isinstance(law, LogUniformNoise)
        d = points.shape[-1]
        centre = hyper.log_lengthscale + 0.5 * torch.tensor(float(d)).log()
        lengthscale = (
            centre + hyper.common_spread * latent[:, :1] + hyper.spread * latent[:, 1 : d + 1]
        ).exp()
        uniform = torch.special.ndtr(latent[:, d + 1 :])
        level = law.low * (law.high / law.low) ** uniform[:, 0]
        noise = torch.where(uniform[:, 1] < law.quiet, law.low, level)
        z = points / lengthscale.unsqueeze(1)
        K = gp_covariance(self.prior.covariance, z, z)
        eye = torch.eye(n, dtype=K.dtype)
        factor, _ = torch.linalg.cholesky_ex(K[:, :n, :n] + (noise.square() + 1e-10)[:, None, None] * eye)
        return factor, K[:, :n, n:], noise

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, dtype=torch.float64, generator=self.generator)


def gaps(quick: bool) -> list[Row]:
    """The shipped surrogate's gap to the exact posterior of parts of its prior."""
    cases = [("Matern", dim, n) for n in _SIZES for dim in (2, 5, 10)]
    cases += [("squared exponential", dim, 20) for dim in (2, 5, 10)]
    return [_row(*case, quick) for case in (cases[:1] if quick else cases)]


def _row(label: str, dim: int, n: int, quick: bool) -> Row:
    prior = PRIORS[label]
    count, particles = (4, 128) if quick else _SIZES[n]
    draw = prior.sample(count, n, 16, dim, torch.Generator().manual_seed(400 + n + dim))
    outcomes = draw.outcomes(torch.Generator().manual_seed(n))
    ours, law = network_scores(draw, outcomes), law_scores(draw, outcomes)
    exact = []
    for b in range(count):
        found = Particles(prior, draw, b, particles, seed=b)
        found.temper()
        exact.append(found.score(outcomes[b]))
    gap = ours - torch.stack(exact)
    measured = f"{gap.mean():.3f} ± {gap.std() / count**0.5:.3f} ({count} data sets)"
    measured += f"; to the law that drew {(ours - law).mean():.3f}"
    claim = f"{label} GP, d = {dim}, n = {n}: gap to the exact posterior, nat"
    return claim, "target <= 0.15", measured
