"""The mean of a process over its random environment: a Gaussian process of the design, in closed form."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from math import prod
from types import SimpleNamespace
from typing import Any, final

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.posteriors import GPyTorchPosterior, Posterior
from gpytorch.distributions import MultivariateNormal
from linear_operator import to_linear_operator
from torch import Tensor

from augury.errors import NotSupportedError
from augury.models.environment.kernel_means import KernelMean
from augury.models.environment.process import EnvironmentProcess
from augury.models.environment.product_covariance import ProductCovariance
from augury.models.exact.covariance import Covariance
from augury.models.exact.cross_posterior import CrossPosterior
from augury.models.surrogate import Surrogate


@final
class IntegratedProcess(Surrogate):
    r"""The posterior of the mean over the environment, `g(x) = int f(x, w) p(w) dw`.

    .. math::
        \operatorname{cov}(g(x), f(x', w')) = k_0(x, x') \prod_j m_j(w'_j), \qquad
        \operatorname{cov}(g(x), g(x')) = k_0(x, x') \prod_j D_j

    with the kernel means `m_j` and their integrals `D_j` (`KernelMean`). Inputs are points of all columns, of
    which those of the environment are ignored, so that a Space's points, searches and constraints serve as
    they are.

    Source: O'Hagan (1991); Williams, Santner and Notz, "Sequential design of computer experiments to minimize
    integrated response functions", Statistica Sinica 10 (2000), section 3.

    Args:
        process: fitted, of one outcome.

    Raises:
        NotSupportedError: several outcomes.
    """

    capabilities = frozenset({"gaussian", "joint_samples"})

    def __init__(self, process: EnvironmentProcess) -> None:
        super().__init__()
        if process.num_outputs != 1:
            raise NotSupportedError(f"the process has {process.num_outputs} outcomes; take one of them")
        self.process = process
        self.means = kernel_means(process)

    @property
    def num_outputs(self) -> int:
        return 1

    @property
    def lengthscales(self) -> np.ndarray | None:
        """`d` lengthscales of the process."""
        return self.process.lengthscales

    @property
    def noise_variance(self) -> Tensor:
        """The noise variance of an evaluation of the process."""
        return self.process.noise_variance

    def cross_posterior(self, Z: np.ndarray | None = None) -> CrossPosterior:
        """The moments of `g` at candidates (`N x d`) jointly with `g` at `b` fixed points (`b x d`)."""
        regression, shift, scale = exact_parts(self.process)
        shim: Any = SimpleNamespace(
            X=regression.X,
            alpha=regression.alpha,
            inverse_factor=regression.inverse_factor,
            constant=regression.constant,
            covariance=_IntegratedCovariance(regression.covariance, self.means, regression.X),
        )
        return CrossPosterior(shim, Z, shift, scale, None)

    def mean_variance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of `g` at `X` (`N x d`): `N` numbers each."""
        mean, variance, _ = self.cross_posterior()(X.detach().to(torch.float64).numpy())
        return torch.from_numpy(mean), torch.from_numpy(variance)

    def mean(self, X: Tensor) -> Tensor:
        """The mean alone at `X` (`N x d`)."""
        return torch.from_numpy(self.cross_posterior().mean(X.detach().to(torch.float64).numpy()))

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: PosteriorTransform | None = None,
    ) -> Posterior:
        """The joint posterior of `g` at `X` (`batch_shape x q x d`), differentiable with respect to `X`.

        Raises:
            NotSupportedError: with observation noise, for nobody observes `g`.
        """
        if isinstance(observation_noise, Tensor) or observation_noise:
            raise NotSupportedError("the mean over the environment is not observed; it has no noise")
        regression, shift, scale = exact_parts(self.process)
        covariance = _IntegratedCovariance(regression.covariance, self.means, regression.X)
        X = X.to(torch.float64)
        cross = covariance.dense(X, torch.from_numpy(regression.X))
        solved = cross @ torch.from_numpy(regression.inverse_factor).T
        mean = shift + scale * (regression.constant + cross @ torch.from_numpy(regression.alpha))
        variance = scale**2 * (covariance.between(X) - solved @ solved.transpose(-1, -2))
        posterior: Posterior = GPyTorchPosterior(MultivariateNormal(mean, to_linear_operator(variance)))
        return posterior if posterior_transform is None else posterior_transform(posterior)


def kernel_means(process: EnvironmentProcess) -> list[KernelMean]:
    """The kernel mean of each column of the environment, at the present hyperparameters."""
    covariance = exact_parts(process)[0].covariance
    measures = process.environment.values()
    return [
        KernelMean.of(factor.covariance, measure)
        for factor, measure in zip(covariance.factors[1:], measures, strict=True)
    ]


def exact_parts(process: EnvironmentProcess) -> tuple[Any, float, float]:
    """The regression of the one outcome, and the shift and scale of its units."""
    shift, scale = process._affine_floats()
    return process.regressions.outcomes[0], shift, scale


class _IntegratedCovariance(Covariance):
    """The covariance of `g` with the rows it is bound to: first of `f`, then of `g` where more were added.

    Args:
        joint: the covariance of `f`.
        means: of the columns of the environment.
        X: `n x d` rows of `f`.
    """

    def __init__(self, joint: ProductCovariance, means: Sequence[KernelMean], X: np.ndarray) -> None:
        design = joint.factors[0].rebind(X)
        self._columns, self._design = design.columns, design.covariance
        self._total = prod(mean.total for mean in means)
        self._weights: np.ndarray = prod(
            (mean(X[:, factor.columns[0]]) for mean, factor in zip(means, joint.factors[1:], strict=True)),
            start=np.ones(len(X)),
        )
        self._n, self._dim = len(X), joint.dim

    def rebind(self, X: np.ndarray) -> _IntegratedCovariance:
        """The first rows are those of `f`, the others of `g`."""
        other = copy.copy(self)
        other._design = self._design.rebind(X[:, self._columns])
        added = np.full(len(X) - self._n, self._total)
        other._weights = np.concatenate([self._weights[: self._n], added])
        return other

    def cross(self, X: np.ndarray, *, gradient: bool = False) -> np.ndarray:
        return self._design.cross(X[:, self._columns], gradient=gradient) * self._weights

    def cross_pullback(self, weights: np.ndarray) -> np.ndarray:
        gradient = np.zeros((len(weights), self._dim))
        gradient[:, self._columns] = self._design.cross_pullback(weights * self._weights)
        return gradient

    def diagonal(self, X: np.ndarray) -> np.ndarray:
        return self._total * self._design.diagonal(X[:, self._columns])

    def diagonal_gradient(self, X: np.ndarray) -> None:
        return None

    def dense(self, X1: Tensor, X2: Tensor) -> Tensor:
        """With the rows bound to (`X2`)."""
        design = self._design.dense(X1[..., self._columns], X2[..., self._columns])
        return design * torch.from_numpy(self._weights)

    def between(self, X: Tensor) -> Tensor:
        """`... x q x q`, of `g` with itself."""
        points = X[..., self._columns]
        return self._total * self._design.dense(points, points)

    # it is never fitted

    theta = np.empty(0)

    def bounds(self) -> np.ndarray:
        return np.empty((2, 0))

    def starts(self) -> np.ndarray:
        return np.empty((1, 0))

    def log_prior(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        return 0.0, np.empty(0)

    def matrix(self, theta: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def scratch(self) -> np.ndarray:
        raise NotImplementedError

    def pullback(self, weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        raise NotImplementedError
