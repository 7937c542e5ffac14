"""Exact Bayesian inference for the weights of a linear model, at linear cost in the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from augury.inference.noise_prior import LOG_NOISE_LOCATION, LOG_NOISE_SCALE

#: Rows whose features are in memory at once.
_BLOCK_ROWS = 4096
#: `log(lambda)` relative to the largest eigenvalue of the Gram matrix: searched here, in steps of 1/2. Less
#: would be within what rounding does to the matrix.
_LOG_RATIOS = np.arange(-20.0, 10.0, 0.5)
#: Eigenvalues below this share of the largest are rounding.
_RANK_TOLERANCE = 1e-12
_LOG_NOISE_BOUNDS = (-9.0, 6.0)
_NEWTON_STEPS = 30
#: Added to variances, relative to the prior's: what rounding may take from them.
_RELATIVE_FLOOR = 1e-10


@final
@dataclass(frozen=True)
class FeatureSpectrum:
    r"""The features of all rows, through the eigenvectors of `\Phi^T \Phi` that are not rounding.

    Args:
        values: `r` eigenvalues.
        vectors: `m x r` eigenvectors.
        projected: `r x o`, `V^T \Phi^T Y`.
        squares: `o` sums of squared outcomes.
        rows: their number `n`.
    """

    values: np.ndarray
    vectors: np.ndarray
    projected: np.ndarray
    squares: np.ndarray
    rows: int

    @classmethod
    def of(
        cls,
        features: Callable[[int, int], np.ndarray],
        Y: np.ndarray,
        noise: np.ndarray | None = None,
    ) -> FeatureSpectrum:
        """From features in blocks of rows: `O(n m min(n, m))`, with memory for the smaller Gram matrix and,
        where rows are fewer than features, for all features.

        Args:
            features: from the first row and the one after the last to their features (`b x m`).
            Y: `n x o` outcomes.
            noise: `n` known noise variances, by whose roots rows are divided.
        """
        n = len(Y)
        weights = np.ones(n) if noise is None else noise**-0.5
        Y = Y * weights[:, None]
        first = features(0, min(n, _BLOCK_ROWS)) * weights[: min(n, _BLOCK_ROWS), None]
        m = first.shape[1]
        squares = np.einsum("no,no->o", Y, Y)
        if n <= m and n <= _BLOCK_ROWS:
            values, left = np.linalg.eigh(first @ first.T)
            kept = values > _RANK_TOLERANCE * max(values[-1], 0.0)
            values, left = values[kept], left[:, kept]
            vectors = first.T @ (left / np.sqrt(values))
            return cls(values, vectors, np.sqrt(values)[:, None] * (left.T @ Y), squares, n)
        gram, cross = first.T @ first, first.T @ Y[: len(first)]
        for start in range(len(first), n, _BLOCK_ROWS):
            rows = slice(start, min(n, start + _BLOCK_ROWS))
            block = features(rows.start, rows.stop) * weights[rows, None]
            gram += block.T @ block
            cross += block.T @ Y[rows]
        values, vectors = np.linalg.eigh(gram)
        kept = values > _RANK_TOLERANCE * max(values[-1], 0.0)
        vectors = vectors[:, kept]
        return cls(values[kept], vectors, vectors.T @ cross, squares, n)


@final
@dataclass(frozen=True)
class LinearHead:
    r"""The posterior of the weights of one outcome.

    .. math::
        y = \Phi w + \varepsilon, \quad w \sim \mathcal N(0, I / \alpha), \quad
        \varepsilon \sim \mathcal N(0, \sigma^2 I), \qquad
        w \mid y \sim \mathcal N\big(V (\Lambda + \lambda)^{-1} V^T \Phi^T y,\;
            \tfrac1\alpha (I - V V^T) + \sigma^2 V (\Lambda + \lambda)^{-1} V^T\big)

    with `lambda = alpha sigma^2` and the eigenvectors `V` and eigenvalues `Lambda` of `\Phi^T \Phi`. Where
    noise is known, rows are divided by its deviation, and `sigma = 1`.

    Source: MacKay (1992), "Bayesian interpolation".

    Args:
        spectrum: of the training rows.
        outcome: its number.
        log_ratio: `log lambda`.
        log_noise: `log sigma`.
    """

    spectrum: FeatureSpectrum
    outcome: int
    log_ratio: float
    log_noise: float

    @cached_property
    def mean(self) -> np.ndarray:
        """`m` mean weights."""
        spectrum = self.spectrum
        shrunk = spectrum.projected[:, self.outcome] / (spectrum.values + np.exp(self.log_ratio))
        return spectrum.vectors @ shrunk

    @property
    def prior_variance(self) -> float:
        """`1 / alpha`."""
        return float(np.exp(2.0 * self.log_noise - self.log_ratio))

    @cached_property
    def variances(self) -> np.ndarray:
        """`r` posterior variances along the eigenvectors."""
        return np.exp(2.0 * self.log_noise) / (self.spectrum.values + np.exp(self.log_ratio))

    def predict(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Mean (`... x q`), root (`... x q x k`) and further diagonal (`... x q`) of the covariance of the
        outcome at features (`... x q x m`), differentiable in them: along the eigenvectors, and across."""
        vectors = torch.from_numpy(self.spectrum.vectors)
        along = features @ vectors
        root = along * torch.from_numpy(self.variances).sqrt()
        diagonal = _RELATIVE_FLOOR * self.prior_variance * features.square().sum(dim=-1)
        if vectors.shape[1] < len(vectors):
            across = features - along @ vectors.mT
            root = torch.cat([root, self.prior_variance**0.5 * across], dim=-1)
        return features @ torch.from_numpy(self.mean), root, diagonal

    def moments(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (`... x q`) and covariance (`... x q x q`) of the outcome at features (`... x q x m`)."""
        mean, root, diagonal = self.predict(features)
        return mean, root @ root.mT + torch.diag_embed(diagonal)


def most_likely_head(spectrum: FeatureSpectrum, outcome: int, known_noise: bool) -> LinearHead:
    r"""The head whose prior precision and noise have the highest evidence.

    .. math::
        \log p(y) = -\tfrac12 \Big[ n \log 2 \pi \sigma^2 + \sum_i \log(1 + \Lambda_i / \lambda)
            + \frac{y^T y - \sum_i c_i^2 / (\Lambda_i + \lambda)}{\sigma^2} \Big]

    `sigma` has the prior `log sigma ~ N(-2, 1)` of the other networks' noise (outcomes are standardised). For
    a given `lambda` the best one is found by Newton's method, so that one number is left to search.

    Args:
        spectrum: of the training rows.
        outcome: its number.
        known_noise: rows have been divided by the deviation of their noise.
    """
    values, n = spectrum.values, spectrum.rows
    c2 = spectrum.projected[:, outcome] ** 2
    largest = float(values[-1]) if len(values) else 1.0

    def profile(log_ratios: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The log evidence (less a constant) and the best `log sigma` for each `log lambda`."""
        shifted = values + np.exp(log_ratios)[:, None]
        misfit = np.maximum(spectrum.squares[outcome] - (c2 / shifted).sum(axis=1), 1e-300)
        penalty = (np.log(shifted) - log_ratios[:, None]).sum(axis=1)
        noise = np.zeros_like(log_ratios) if known_noise else _best_log_noise(misfit, n)
        prior = 0.0 if known_noise else ((noise - LOG_NOISE_LOCATION) / LOG_NOISE_SCALE) ** 2
        return -0.5 * (2.0 * n * noise + penalty + misfit * np.exp(-2.0 * noise) + prior), noise

    grid = _LOG_RATIOS + np.log(largest)
    best = int(np.argmax(profile(grid)[0]))
    around = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(
        lambda value: -float(profile(np.array([value]))[0][0]),
        bounds=around,
        method="bounded",
        options={"xatol": 1e-4},
    )
    log_ratio = float(found.x)
    return LinearHead(spectrum, outcome, log_ratio, float(profile(np.array([log_ratio]))[1][0]))


def _best_log_noise(misfit: np.ndarray, n: int) -> np.ndarray:
    """The maximum of `-n t - misfit exp(-2 t) / 2 - (t - location)^2 / (2 scale^2)` for each misfit: concave,
    by Newton's method in bounds."""
    precision = LOG_NOISE_SCALE**-2
    t = np.clip(0.5 * np.log(misfit / n), *_LOG_NOISE_BOUNDS)
    for _ in range(_NEWTON_STEPS):
        weight = misfit * np.exp(-2.0 * t)
        step = (weight - n - precision * (t - LOG_NOISE_LOCATION)) / (2.0 * weight + precision)
        t = np.clip(t + np.clip(step, -2.0, 2.0), *_LOG_NOISE_BOUNDS)
    return t
