"""What a scale mixture asks of the prior of its scale."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from botorch.posteriors import GPyTorchPosterior
from torch import Tensor

from augury.models.posteriors.scaled_gaussian import ScaledGaussianPosterior
from augury.numerics.predictive_law import PredictiveLaw


class Evidence(NamedTuple):
    r"""`log \int s^{-N/2} exp(-Q / 2s) dH(s)` as a function of `Q`.

    Args:
        value: of it.
        precision: `E[1/s | y]`; minus half of it is the first derivative.
        spread: `Var[1/s | y]`; a quarter of it is the second derivative.
    """

    value: float
    precision: float
    spread: float


class ScalePrior(ABC):
    r"""A prior `H` of the scale `s` in `y | s ~ N(0, s A)`.

    The data enter through two numbers: how many there are, `N`, and the quadratic form `Q = y^T A^{-1} y`;
    the posterior of the scale is proportional to `s^{-N/2} exp(-Q / 2s) dH(s)`.
    """

    @property
    @abstractmethod
    def typical(self) -> float:
        """The scale that variances given in the outcomes' units are taken to belong to."""

    @abstractmethod
    def log_evidence(self, quadratic: float, count: int) -> Evidence:
        """The part of the log marginal likelihood in which the scale is integrated out."""

    @abstractmethod
    def expected_scale(self, quadratic: Tensor, count: int) -> Tensor:
        """`E[s | y]` for a batch of `Q`; infinite where there is none."""

    @abstractmethod
    def posterior(
        self, gaussian: GPyTorchPosterior, quadratic: Tensor, count: int
    ) -> ScaledGaussianPosterior:
        """The mixture of a posterior given scale one over the posterior of the scale (`Q`: batch)."""

    @abstractmethod
    def law(self, quadratic: float, count: int) -> tuple[PredictiveLaw, float]:
        """The predictive law of `T`, and `sigma^2`, in `f = mu + sigma sqrt(C) T`, `C` given scale one."""

    # -- hyperparameters of the prior itself; none unless a member says so ------------------------------

    @property
    def theta(self) -> np.ndarray:
        """`p` free hyperparameters."""
        return np.empty(0)

    def at(self, theta: np.ndarray) -> ScalePrior:
        """The prior at other hyperparameters."""
        return self

    def bounds(self) -> np.ndarray:
        """`2 x p`."""
        return np.empty((2, 0))

    def log_prior(self) -> tuple[float, np.ndarray]:
        """The log density of `theta` and its gradient."""
        return 0.0, np.empty(0)

    def evidence_gradient(self, quadratic: float, count: int) -> np.ndarray:
        """The derivative of `log_evidence` by `theta`."""
        return np.empty(0)
