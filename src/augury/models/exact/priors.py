"""Log-normal priors of the exact Gaussian process, as densities of the natural hyperparameter.

Lengthscales follow Hvarfner, Hellsten and Nardi (2024), "Vanilla Bayesian optimization performs great in
high dimensions": location `sqrt(2) + log(d) / 2`, scale `sqrt(3)`, so that the expected distance of two
points, which grows with `sqrt(d)`, stays of the order of the lengthscale. The noise prior is wide and its
floor low: many functions have no noise, and then a floor of 1e-4 hides the last digits of the optimum. Its
location is such that scattered results of a noisy function, which short lengthscales would explain as well,
are taken for noisy in time (compared on other seeds than those `benchmarks/regret.py` and
`benchmarks/noisy.py` report).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, log, pi, sqrt
from typing import Any

import numpy as np


@dataclass(frozen=True)
class LogNormal:
    """`log v ~ N(location, scale^2)`; evaluated at `u = log v`, the density is that of `v`."""

    location: float
    scale: float

    @property
    def mode(self) -> float:
        """The most likely `v`."""
        return exp(self.location - self.scale**2)

    @property
    def median(self) -> float:
        """The `v` that half the mass lies below."""
        return exp(self.location)

    def log_density(self, u: np.ndarray) -> tuple[Any, np.ndarray]:
        """The summed log density of `v = exp(u)` and its gradient with respect to `u`.

        Args:
            u: `p` numbers; or `r x p`, which gives `r` sums and `r x p`.
        """
        z = (u - self.location) / self.scale
        value = -0.5 * np.vecdot(z, z) - u.sum(axis=-1) - u.shape[-1] * self._log_normalisation
        return value, -z / self.scale - 1.0

    def log_density_of(self, u: float) -> tuple[float, float]:
        """The same of a single number."""
        z = (u - self.location) / self.scale
        return -0.5 * z * z - u - self._log_normalisation, -z / self.scale - 1.0

    @cached_property
    def _log_normalisation(self) -> float:
        return log(self.scale * sqrt(2.0 * pi))


@dataclass(frozen=True)
class Flat:
    """No prior: a constant density."""

    scale: float = float("inf")

    def log_density(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """0, and its gradient."""
        return 0.0, np.zeros_like(u)


def lengthscale_prior(dim: int) -> LogNormal:
    """The prior of each lengthscale among `dim` inputs."""
    return LogNormal(sqrt(2.0) + 0.5 * log(max(dim, 1)), sqrt(3.0))


def mismatch_prior(categories: int) -> LogNormal:
    """The prior of each mismatch scale among `categories` categorical inputs.

    Its median makes two points that differ in every category correlate by `exp(-1/3)`, however many there
    are: levels of a factor resemble each other until the data say otherwise. Location and scale were chosen
    on the Suzuki-Miyaura couplings (`benchmarks/suzuki.py`), with other seeds than those it reports.
    """
    return LogNormal(log(3.0 * max(categories, 1)), 0.5)


#: Of the inferred noise variance, relative to standardised outcomes; its mode is 1e-4.
NOISE_PRIOR = LogNormal(0.0, 3.0)
#: Where a function comes in versions or sources: these are simulations as a rule, without noise, and the few
#: results of the best one say how the others are related to it only if they are believed.
_SIMULATION_NOISE_PRIOR = LogNormal(-6.0, 3.0)
NOISE_BOUNDS = (1e-6, 1e1)
#: Noise variances where the search for hyperparameters begins: a little, or enough to explain the data by it.
QUIET_START, NOISY_START = 1e-3, 1e-1
LENGTHSCALE_BOUNDS = (2.5e-2, 1e4)
MISMATCH_BOUNDS = (1e-2, 1e3)


def noise_prior(*, versions: bool) -> LogNormal:
    """The prior of the noise variance, of a function that does or does not come in versions or sources."""
    return _SIMULATION_NOISE_PRIOR if versions else NOISE_PRIOR
