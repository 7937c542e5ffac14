"""The latent functions of one mode of a functional tensor."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import log

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from augury.inference.functional_tensors.bridge import Bridge
from augury.inference.state_space.matern import MaternSDE
from augury.inference.state_space.smoother import Chain, Smoothed, kalman_filter, kalman_smoother

#: Beyond the coordinates seen, this many lengthscales away, nothing is known any more.
_FAR = 60.0
#: Where lengthscales (in ranges of the coordinate) and variances are learnt.
_LENGTHSCALE_BOUNDS, _VARIANCE_BOUNDS = (0.01, 5.0), (1e-2, 1e2)
_LEARNING_STEPS = 5
#: Added to the covariance of each step, as a share of the stationary one, so that steps of no time work.
_JITTER = 1e-10


class Mode:
    r"""`R` independent Matern processes of one coordinate, and their Gaussian posterior.

    The other modes see each distinct coordinate `u` through the sum of its entries' messages, a factor
    :math:`e^{\eta_u^T z(u) - z(u)^T \Lambda_u z(u) / 2}` of any rank; a coordinate never seen has none.

    Args:
        coordinates: `N` numbers, one of each entry.
        rank: `R`.
        nu: smoothness of the processes.
        lengthscale: of all `R`, at the start.
        variance: likewise.
        continuous: whether near coordinates are alike; if not, levels are independent.
    """

    def __init__(
        self,
        coordinates: Tensor,
        rank: int,
        nu: float,
        lengthscale: float,
        variance: float,
        continuous: bool = True,
    ) -> None:
        MaternSDE(nu, lengthscale, variance)  # refuses what is no process
        self.levels, self.index = torch.unique(coordinates, return_inverse=True)
        self.rank, self._nu, self.continuous = rank, nu, continuous
        self.log_lengthscale, self.log_variance = log(lengthscale), log(variance)
        count = len(self.levels)
        self.precision = torch.zeros(count, rank, rank, dtype=torch.float64)
        self.shift = torch.zeros(count, rank, dtype=torch.float64)

    @property
    def sde(self) -> MaternSDE:
        """The prior of each function."""
        return MaternSDE(self._nu, float(np.exp(self.log_lengthscale)), float(np.exp(self.log_variance)))

    # -- the posterior ---------------------------------------------------------------------------------

    def absorb(self, precision: Tensor, shift: Tensor, damping: float) -> None:
        """Take over the sums of the messages at each level (`D x R x R`, `D x R`)."""
        self.precision = damping * self.precision + (1.0 - damping) * precision
        self.shift = damping * self.shift + (1.0 - damping) * shift
        self._forget()

    def begin(self, mean: Tensor, variance: float) -> None:
        """Pretend the functions are known (`D x R`, with some variance), until messages come."""
        self.__dict__["moments"] = mean, torch.eye(self.rank, dtype=torch.float64) * variance + _outer(mean)

    @cached_property
    def posterior(self) -> Smoothed:
        """Of the states at `_times`."""
        return kalman_smoother(self._chain(self.sde))

    @cached_property
    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean (`D x R`) and second moment (`D x R x R`) at each level."""
        mean = self.posterior.mean[1:-1] @ self._selection.mT
        covariance = self._selection @ self.posterior.covariance[1:-1] @ self._selection.mT
        return mean, covariance + _outer(mean)

    @property
    def divergence(self) -> float:
        """The Kullback-Leibler divergence of the posterior from the prior."""
        mean, second = self.moments
        factors = (self.shift * mean).sum() - 0.5 * (self.precision * second).sum()
        return float(factors - self.posterior.log_evidence)

    @cached_property
    def _bridge(self) -> Bridge:
        return Bridge(self._times, self.posterior, self.sde, _JITTER)

    def at(self, coordinates: Tensor) -> tuple[Tensor, Tensor]:
        """Means (`b x q x R`), covariances (`b x q x q x R x R`) at `b x q` coordinates, differentiable."""
        return self._bridge.joint(self._scaled(coordinates))

    # -- hyperparameters -------------------------------------------------------------------------------

    def learn(self) -> None:
        """Lengthscale and variance of the highest evidence, the messages as they are."""
        if not self.continuous:
            return
        start = np.array([self.log_lengthscale, self.log_variance])
        bounds = [tuple(map(log, _LENGTHSCALE_BOUNDS)), tuple(map(log, _VARIANCE_BOUNDS))]

        def negative_evidence(theta: np.ndarray) -> tuple[float, np.ndarray]:
            free = torch.tensor(theta, requires_grad=True)
            with torch.enable_grad():
                sde = MaternSDE(self._nu, free[0].exp(), free[1].exp())
                evidence = kalman_filter(self._chain(sde)).log_evidence
            (slope,) = torch.autograd.grad(evidence, free)
            return -float(evidence.detach()), -slope.numpy()

        found = minimize(
            negative_evidence,
            start,
            jac=True,
            bounds=bounds,
            method="L-BFGS-B",
            options={"maxiter": _LEARNING_STEPS},
        )
        if np.isfinite(found.fun):
            self.log_lengthscale, self.log_variance = map(float, found.x)
            self._forget()

    # -- state -----------------------------------------------------------------------------------------

    def state(self) -> dict[str, Tensor]:
        """What the posterior follows from."""
        theta = torch.tensor([self.log_lengthscale, self.log_variance], dtype=torch.float64)
        return {"precision": self.precision, "shift": self.shift, "theta": theta}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over a `state` of a mode of the same coordinates."""
        self.precision, self.shift = state["precision"].clone(), state["shift"].clone()
        self.log_lengthscale, self.log_variance = state["theta"].tolist()
        self._forget()

    # -- the chain -------------------------------------------------------------------------------------

    def _forget(self) -> None:
        for name in ("posterior", "moments", "_bridge"):
            self.__dict__.pop(name, None)

    def _scaled(self, coordinates: Tensor) -> Tensor:
        """Levels that are not alike are put far apart."""
        return coordinates if self.continuous else coordinates * (2.0 * _FAR * _LENGTHSCALE_BOUNDS[1])

    @cached_property
    def _times(self) -> Tensor:
        """The levels, between two times from which nothing reaches them."""
        times = self._scaled(self.levels)
        beyond = torch.tensor([_FAR * _LENGTHSCALE_BOUNDS[1]], dtype=torch.float64)
        return torch.cat([times[:1] - beyond, times, times[-1:] + beyond])

    @property
    def _selection(self) -> Tensor:
        """`R x S`: the functions themselves among the states."""
        order = int(self._nu + 0.5)
        first = torch.zeros(1, order, dtype=torch.float64)
        first[0, 0] = 1.0
        return torch.kron(torch.eye(self.rank, dtype=torch.float64), first)

    def _chain(self, sde: MaternSDE) -> Chain:
        A, Q = sde.transition(self._times.diff())
        A, Q = (torch.kron(torch.eye(self.rank, dtype=torch.float64), part) for part in (A, Q))
        first = torch.kron(torch.eye(self.rank, dtype=torch.float64), sde.stationary_covariance)
        precision = torch.nn.functional.pad(self.precision, (0, 0, 0, 0, 1, 1))
        shift = torch.nn.functional.pad(self.shift, (0, 0, 1, 1))
        return Chain(first, A, Q + _JITTER * first, self._selection, precision, shift)


def _outer(vector: Tensor) -> Tensor:
    return vector.unsqueeze(-1) * vector.unsqueeze(-2)
