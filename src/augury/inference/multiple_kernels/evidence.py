"""The marginal likelihood of a combination of fixed kernels, and the slopes of its two parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import log

import numpy as np
from scipy.linalg import solve_triangular

from augury.kernels.linear_multiple.components import Components
from augury.numerics.linalg import cholesky_in_place, solve_with_factor

#: A component that falls, and takes up less than this of a degree of freedom, is dropped: the objective
#: changes by no more.
NEGLIGIBLE = 1e-5


@dataclass(frozen=True)
class Terms:
    """The objective at some weights and noise, and its slopes by part.

    Args:
        objective: `y^T C^{-1} y + log det C`.
        fit: `A` numbers `a^T K_i a`, `a = C^{-1} y`: minus the slopes of the first part.
        complexity: `A` numbers `tr(C^{-1} K_i)`: the slopes of the second.
        noise_fit: the same of the noise.
        noise_complexity: likewise.
    """

    objective: float
    fit: np.ndarray
    complexity: np.ndarray
    noise_fit: float
    noise_complexity: float

    def of(self, kept: np.ndarray) -> Terms:
        """Those of some components (a mask)."""
        return replace(self, fit=self.fit[kept], complexity=self.complexity[kept])


class Evidence:
    r"""Twice the negative log marginal likelihood, without its constant.

    .. math::
        l(\theta, \sigma^2) = y^T C^{-1} y + \log\det C, \qquad
        C = \sum_i \theta_i K_i + \sigma^2 D

    Where the weights that are not zero belong to factors of fewer than `n` columns together, `C` is never
    formed: with `B` those factors times the roots of their weights, the `n x n` inverse becomes that of
    :math:`B^T B + \sigma^2 I` (Woodbury). Neither form inverts a component.

    Args:
        components: `A` matrices of `n` rows.
        y: `n` outcomes.
        noise_shape: `n` positive variances `D` that the noise is proportional to; ones when None.
        constant: whether a constant is fitted beside the kernels, at its best value.
    """

    def __init__(
        self,
        components: Components,
        y: np.ndarray,
        noise_shape: np.ndarray | None = None,
        constant: bool = False,
    ) -> None:
        shape = np.ones(len(y)) if noise_shape is None else noise_shape
        self._shift = float(np.log(shape).sum())
        scale = 1.0 / np.sqrt(shape)
        self.components = components if noise_shape is None else components.scaled_rows(scale)
        self.y = y * scale
        self._columns = np.column_stack([self.y, scale] if constant else [self.y])

    def __len__(self) -> int:
        return len(self.components)

    @cached_property
    def traces(self) -> np.ndarray:
        """`A` traces of the components, in rows of unit noise."""
        return self.components.diagonal_sums()

    def keep(self, indices: np.ndarray) -> Evidence:
        """That of some of the components (an index array or a mask)."""
        other = Evidence.__new__(Evidence)
        other._shift, other._columns, other.y = self._shift, self._columns, self.y
        other.components = self.components[indices]
        return other

    def terms(self, weights: np.ndarray, noise: float) -> Terms:
        """See `Terms`, at `A` weights and a noise variance.

        Raises:
            FloatingPointError: the covariance cannot be factorised.
        """
        if self.components.has_few_columns:
            return self._by_columns(weights, noise)
        return self.by_rows(weights, noise)

    def by_rows(self, weights: np.ndarray, noise: float) -> Terms:
        """The same from the covariance itself: weights may be zero."""
        C = np.asfortranarray(self.components.matrix(weights).T)  # which is not copied
        np.einsum("ii->i", C)[...] += noise
        cholesky_in_place(C)
        log_determinant = 2.0 * float(np.log(C.diagonal()).sum())
        solved = solve_with_factor(C, self._columns)
        y, a = self._less_constant(solved, self._columns), self._less_constant(solved, solved)
        forms, traces, trace = self.components.forms_and_traces(a, C)
        # sums of terms of both signs, where they should be nothing, may be less
        forms = np.maximum(forms, 0.0)
        objective = float(a @ y) + log_determinant + self._shift
        return Terms(objective, forms, traces, float(a @ a), trace)

    def _by_columns(self, weights: np.ndarray, noise: float) -> Terms:
        components, n = self.components, len(self.y)
        scale = np.sqrt(components.per_column(weights, of_roots=True))
        S = np.asfortranarray(self._gram * scale[:, None] * scale)
        np.einsum("ii->i", S)[...] += noise
        cholesky_in_place(S)
        r = len(S)
        log_determinant = 2.0 * float(np.log(S.diagonal()).sum()) + (n - r) * log(noise)
        inverse_factor = solve_triangular(S, np.eye(r), lower=True, check_finite=False)
        remaining = np.einsum("ij,ij->j", inverse_factor, inverse_factor)  # the diagonal of S^{-1}
        y = self.y
        if self._columns.shape[1] > 1:
            y = self._less_constant(self._solve(self._columns, scale, inverse_factor, noise), self._columns)
        coefficients = inverse_factor.T @ (inverse_factor @ (scale * (components.roots.T @ y)))
        residual = y - components.roots @ (scale * coefficients)
        # b^T C^{-1} b of a column b = sqrt(theta) l is 1 - noise S^{-1}, and b^T a its coefficient
        weight = scale**2
        return Terms(
            float(residual @ residual / noise + coefficients @ coefficients) + log_determinant + self._shift,
            components.summed(coefficients**2 / weight, of_roots=True),
            components.summed((1.0 - noise * remaining) / weight, of_roots=True),
            float(residual @ residual) / noise**2,
            float((n - r) / noise + remaining.sum()),
        )

    @cached_property
    def _gram(self) -> np.ndarray:
        roots = self.components.roots
        return roots.T @ roots

    def _solve(
        self, V: np.ndarray, scale: np.ndarray, inverse_factor: np.ndarray, noise: float
    ) -> np.ndarray:
        """`C^{-1} V`."""
        roots = self.components.roots
        inner = inverse_factor.T @ (inverse_factor @ (scale[:, None] * (roots.T @ V)))
        solved: np.ndarray = (V - roots @ (scale[:, None] * inner)) / noise
        return solved

    def _less_constant(self, solved: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The first column less the second, where there is one, at the best constant.

        Args:
            solved: `C^{-1}` times the outcomes and the constant, `n x 1` or `n x 2`.
            columns: as many.
        """
        if solved.shape[1] == 1:
            return columns[:, 0]
        on_outcomes, on_itself = self._columns[:, 1] @ solved
        less: np.ndarray = columns[:, 0] - on_outcomes / on_itself * columns[:, 1]
        return less
