"""Exact regression of one outcome on its values and derivatives."""

from __future__ import annotations

from functools import cached_property
from math import log, pi

import numpy as np
import torch
from torch import Tensor

from augury.models.exact.features import Features
from augury.models.exact.fit import maximize_posterior
from augury.models.exact.matern import MaternCovariance
from augury.models.exact.priors import NOISE_BOUNDS, NOISE_PRIOR, NOISY_START, QUIET_START
from augury.models.gradient_enhanced.covariance import VALUE, DerivativeMatern
from augury.numerics.linalg import (
    cholesky_in_place,
    inverse_factor,
    solve_with_factor,
    symmetric_inverse,
)
from augury.numerics.newton import Expansion

_LOG_2PI = log(2.0 * pi)
#: Derivatives by the width of the cube are larger than values: so is what their noise may be.
_GRADIENT_NOISE_BOUNDS = (1e-6, 1e4)
#: The search for hyperparameters begins with this share of the derivatives' mean square as noise, too.
_NOISY_SHARE = 0.5


class GradientEnhancedRegression:
    r"""The posterior of `f ~ GP(c, k)` given noisy values and derivatives.

    .. math::
        t = \begin{pmatrix} y \\ \partial y \end{pmatrix} = c\, e + \begin{pmatrix} f \\ \partial f
        \end{pmatrix} + \varepsilon, \qquad e = \begin{pmatrix} 1 \\ 0 \end{pmatrix}

    The likelihood of all `M` measured numbers has the constant maximised out, as in `MarginalLikelihood`; its
    gradient is the closed form in the covariance, pulled back through `DerivativeMatern`. `theta` is that of
    the kernel, then the log variance of the noise of values (where it is inferred), then that of derivatives
    (where there are some).

    Args:
        X: `n x d` encoded inputs.
        y: `n` standardised values.
        gradients: `n x d` derivatives on that scale, NaN where not measured; those by categories are ignored.
        noise: `n` known noise variances of the values, or None to infer one.
        features: which columns are numbers, which are categories.

    Source: Solak et al., "Derivative observations in Gaussian process models of dynamic systems", NIPS 2002.
    """

    has_curvature = False
    negligible_promise = 0.0

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        gradients: np.ndarray,
        noise: np.ndarray | None,
        features: Features,
    ) -> None:
        self.X, self.y, self.gradients, self.noise, self.features = X, y, gradients, noise, features
        self.kernel = DerivativeMatern(features.numeric, features.categorical)
        self._priors = MaternCovariance(X, features)
        rows, inputs = np.nonzero(np.isfinite(gradients[:, features.numeric]))
        self.has_gradients = len(rows) > 0
        self._rows = np.concatenate([np.arange(len(X)), rows])
        which = np.concatenate([np.full(len(X), VALUE), inputs])
        measured = gradients[:, features.numeric][rows, inputs]
        self._targets = np.concatenate([y, measured])
        self._is_value = which == VALUE
        self.points, self.which = torch.from_numpy(X[self._rows]), torch.from_numpy(which)
        self.theta = np.concatenate([self._priors.typical(), self._noise_starts(noisy=False)])

    # -- the log posterior of the hyperparameters (`augury.models.exact.fit.LogPosterior`) --------------

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.y)

    def _noise_starts(self, noisy: bool) -> np.ndarray:
        """The log noise variances where the search begins: a little, or enough to explain the data by it."""
        values = [log(NOISY_START if noisy else QUIET_START)] if self.noise is None else []
        if not self.has_gradients:
            return np.array(values)
        size = float(np.square(self._targets[~self._is_value]).mean())
        share = _NOISY_SHARE * size if noisy else QUIET_START * max(size, 1.0)
        return np.array([*values, float(np.clip(log(max(share, 1e-300)), *np.log(_GRADIENT_NOISE_BOUNDS)))])

    def bounds(self) -> np.ndarray:
        """`2 x p`."""
        parts = [self._priors.bounds()]
        if self.noise is None:
            parts.append(np.log(NOISE_BOUNDS)[:, None])
        if self.has_gradients:
            parts.append(np.log(_GRADIENT_NOISE_BOUNDS)[:, None])
        return np.concatenate(parts, axis=1)

    def starts(self) -> np.ndarray:
        """`s x p`, best guess first; the second explains the data by noise."""
        kernel = self._priors.starts()
        kernel = np.concatenate([kernel[:1], kernel])
        noise = np.tile(self._noise_starts(noisy=False), (len(kernel), 1))
        noise[1] = self._noise_starts(noisy=True)
        return np.concatenate([kernel, noise], axis=1)

    def rough_starts(self) -> np.ndarray:
        """None: derivatives tell rough from noisy."""
        return self.starts()[:0]

    def value(self, theta: np.ndarray) -> float:
        """The log posterior density at `theta`; `-inf` where the covariance cannot be factorised."""
        try:
            factor, alpha, constant, _ = self._factorise(theta)
        except FloatingPointError:
            return -np.inf
        return self._log_likelihood(factor, alpha, constant) + self._log_prior(theta)[0]

    def value_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """The log posterior density and its gradient; `(-inf, 0)` where it cannot be computed."""
        kernel = torch.from_numpy(theta[: self._n_kernel].copy()).requires_grad_(True)
        K = self.kernel(kernel, self.points, self.which, self.points, self.which)
        try:
            factor, alpha, constant, _ = self._factorise(theta, K)
        except FloatingPointError:
            return -np.inf, np.zeros_like(theta)
        log_likelihood = self._log_likelihood(factor, alpha, constant)
        weights = np.outer(alpha, alpha) - symmetric_inverse(factor)
        (slope,) = torch.autograd.grad(K, kernel, torch.from_numpy(weights))
        gradient = np.zeros_like(theta)
        gradient[: self._n_kernel] = 0.5 * slope.numpy()
        index, diagonal = self._n_kernel, weights.diagonal()
        for present, part in ((self.noise is None, self._is_value), (self.has_gradients, ~self._is_value)):
            if present:
                gradient[index] = 0.5 * diagonal[part].sum() * np.exp(theta[index])
                index += 1
        log_prior, prior_gradient = self._log_prior(theta)
        return log_likelihood + log_prior, gradient + prior_gradient

    def values(self, thetas: np.ndarray) -> np.ndarray:
        """Not to be had."""
        raise NotImplementedError

    def expand_all(self, thetas: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Not to be had."""
        raise NotImplementedError

    def expand(self, theta: np.ndarray) -> Expansion:
        """There is no curvature to be had (`has_curvature`)."""
        raise NotImplementedError

    def longest_step(self) -> np.ndarray:
        """Nor a step of Newton's method."""
        raise NotImplementedError

    def leave_one_out_error(self, theta: np.ndarray) -> float:
        """The mean squared error of predicting each value from all else, as a share of their variance."""
        try:
            factor, alpha, _, _ = self._factorise(theta)
        except FloatingPointError:
            return np.inf
        residual = (alpha / symmetric_inverse(factor).diagonal())[self._is_value]
        return float(residual @ residual) / max(len(self.y) * float(self.y.var()), np.finfo(np.float64).tiny)

    def explained_by_noise(self, theta: np.ndarray, longer: float) -> np.ndarray | None:
        """None: the noisy start is followed always, there being no curvature."""
        return None

    def subset(self, rows: np.ndarray) -> GradientEnhancedRegression:
        """The same of some rows (an index array)."""
        noise = None if self.noise is None else self.noise[rows]
        return GradientEnhancedRegression(
            self.X[rows], self.y[rows], self.gradients[rows], noise, self.features
        )

    def fit(self, initial: np.ndarray | None, seed: int) -> None:
        """Find the maximum a posteriori hyperparameters; `initial` (of the same length) is a warm start."""
        if initial is not None and (initial.shape != self.theta.shape or not np.isfinite(initial).all()):
            initial = None
        self.use(maximize_posterior(self, self.subset, initial=initial, seed=seed)[0])

    def use(self, theta: np.ndarray) -> None:
        """Set the hyperparameters; what was computed from others is forgotten."""
        self.theta = np.array(theta, dtype=np.float64)
        self.__dict__.pop("_posterior", None)

    @property
    def _n_kernel(self) -> int:
        return len(self._priors.theta)

    @property
    def noise_variance(self) -> float:
        """The noise variance of values, known (on average) or inferred."""
        return float(np.exp(self.theta[self._n_kernel]) if self.noise is None else self.noise.mean())

    @property
    def lengthscales(self) -> np.ndarray:
        """`d`, NaN for categories."""
        result = np.full(self.features.dim, np.nan)
        result[self.features.numeric] = np.exp(self.theta[: len(self.features.numeric)])
        return result

    def _noise_of(self, theta: np.ndarray) -> np.ndarray:
        """`M` noise variances."""
        noise = np.empty(len(self._targets))
        noise[self._is_value] = np.exp(theta[self._n_kernel]) if self.noise is None else self.noise
        if self.has_gradients:
            noise[~self._is_value] = np.exp(theta[-1])
        return noise

    def _factorise(
        self, theta: np.ndarray, K: Tensor | None = None
    ) -> tuple[np.ndarray, np.ndarray, float, np.ndarray]:
        """The lower factor of `K + noise`, `alpha`, the constant mean, and the residuals `t - c e`."""
        if K is None:
            kernel = torch.from_numpy(theta[: self._n_kernel].copy())
            K = self.kernel(kernel, self.points, self.which, self.points, self.which)
        factor = np.array(K.detach().numpy(), order="F")
        np.einsum("ii->i", factor)[...] += self._noise_of(theta)
        cholesky_in_place(factor)
        both = np.asfortranarray(np.stack([self._targets, self._is_value.astype(np.float64)], axis=1))
        solutions = solve_with_factor(factor, both)
        constant = float(both[:, 1] @ solutions[:, 0] / (both[:, 1] @ solutions[:, 1]))
        alpha = solutions[:, 0] - constant * solutions[:, 1]
        return factor, alpha, constant, self._targets - constant * both[:, 1]

    def _log_likelihood(self, factor: np.ndarray, alpha: np.ndarray, constant: float) -> float:
        residual = self._targets - constant * self._is_value
        log_determinant = np.log(factor.diagonal()).sum()
        return float(-0.5 * (residual @ alpha) - log_determinant - 0.5 * len(residual) * _LOG_2PI)

    def _log_prior(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = self._priors.log_prior(theta[: self._n_kernel])
        if len(theta) == self._n_kernel:
            return value, gradient
        more, rest = NOISE_PRIOR.log_density(theta[self._n_kernel :])
        return value + more, np.concatenate([gradient, rest])

    # -- the posterior ---------------------------------------------------------------------------------

    @cached_property
    def _posterior(self) -> tuple[Tensor, Tensor, float]:
        """`L^{-1}` (`M x M`), `L^{-1} (t - c e)` and the constant `c`."""
        factor, _, constant, residual = self._factorise(self.theta)
        root = torch.from_numpy(inverse_factor(factor))
        return root, root @ torch.from_numpy(residual), constant

    def mean_covariance(self, X: Tensor, which: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (`... x p`) and covariance (`... x p x p`) of values and derivatives at points.

        Args:
            X: `... x p x d` points.
            which: `p`, as in `DerivativeMatern`.
        """
        root, whitened, constant = self._posterior
        theta = torch.from_numpy(self.theta[: self._n_kernel])
        cross = self.kernel(theta, X, which, self.points, self.which) @ root.T
        mean = constant * (which == VALUE).to(cross) + cross @ whitened
        return mean, self.kernel(theta, X, which, X, which) - cross @ cross.transpose(-1, -2)
