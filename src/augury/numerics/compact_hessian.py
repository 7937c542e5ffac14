"""The limited-memory quasi-Newton matrix of many problems at once, in its compact form."""

from __future__ import annotations

from functools import cache

import numpy as np

_CONCAVE_GROWTH = 4.0  # of a step, after one along which the curvature was negative


class CompactHessian:
    r"""`B = theta I - W^T M^{-1} W` of each row, from its last steps and how the gradient changed along them.

    Args:
        n_rows: number of problems.
        memory: number of pairs kept of each.
        dim: number of variables.

    Source: Byrd, Lu, Nocedal, Zhu, "A limited memory algorithm for bound constrained optimization", SIAM J.
    Sci. Comput. 16 (1995), eq. 3.2 and section 5.1 (direct primal method).
    """

    def __init__(self, n_rows: int, memory: int, dim: int) -> None:
        # pairs[:, i] = (y_i, s_i), newest last, each scaled so that s_i . y_i = 1; zero where none is stored
        self.pairs = np.zeros((n_rows, memory, 2, dim))
        self.used = 0
        self.theta = np.full(n_rows, np.nan)  # the scale of the Hessian; NaN while nothing is known of it
        self.unscaled = True  # whether there is such a row

    def rescale(self, theta: np.ndarray) -> None:
        """Take these scales where nothing is known yet."""
        self.theta = np.where(np.isnan(self.theta), theta, self.theta)
        self.unscaled = False

    def newton_step(self, gradient: np.ndarray, held: np.ndarray) -> np.ndarray:
        """`B_FF^-1 g_F` for the free variables F by the Woodbury identity, 0 for those held.

        Args:
            gradient: `R x D`, 0 where held.
            held: `R x D`.
        """
        if not self.used:
            return gradient / self.theta[:, None]
        n_rows, dim = gradient.shape
        size = 2 * self.used
        W = self.pairs[:, -self.used :].reshape(n_rows, size, dim)
        gram = W @ W.transpose(0, 2, 1)
        middle, fixed, s_diagonal = _middle_masks(self.used)
        theta = self.theta[:, None]
        if held.any():
            W = np.where(held[:, None, :], 0.0, W)
            K = middle * gram - W @ W.transpose(0, 2, 1)
        else:
            K = (middle - 1.0) * gram
        diagonal = K.reshape(n_rows, size * size)[:, :: size + 1]
        diagonal -= theta * fixed
        diagonal += s_diagonal * (gram.reshape(n_rows, size * size)[:, :: size + 1] == 0.0)
        inner = _solve(K, W @ gradient[:, :, None])
        correction = (inner.transpose(0, 2, 1) @ W)[:, 0]
        return (gradient + correction) / theta

    def store(
        self,
        s: np.ndarray,
        y: np.ndarray,
        curvature: np.ndarray,
        gradient: np.ndarray,
        rows: np.ndarray | None = None,
    ) -> None:
        """Keep the pairs of the given rows in which the curvature is safely positive.

        Along a step of negative curvature the function bends down, which no pair tells: the row forgets its
        pairs, which make for steps as short as before, and takes a longer one down the gradient.

        Args:
            s: `R x D` steps.
            y: `R x D` changes of the gradient.
            curvature: `R`, `s . y`.
            gradient: `R x D`, before the step.
            rows: which; all when None.
        """
        squared = np.vecdot(y, y)
        convex = curvature > np.finfo(np.float64).eps * squared
        if rows is None and convex.all():
            scale = (1.0 / np.sqrt(curvature))[:, None]
            self.pairs[:, :-1] = self.pairs[:, 1:]
            self.pairs[:, -1, 0], self.pairs[:, -1, 1] = scale * y, scale * s
            self.theta = squared / curvature
        else:
            rows = np.arange(len(s)) if rows is None else rows
            concave, rows = rows[~convex[rows]], rows[convex[rows]]
            self.pairs[concave] = 0.0
            slope = np.linalg.norm(np.where(s[concave] == 0.0, 0.0, gradient[concave] + y[concave]), axis=1)
            self.theta[concave] = slope / (_CONCAVE_GROWTH * np.linalg.norm(s[concave], axis=1))
            scale = (1.0 / np.sqrt(curvature[rows]))[:, None]
            self.pairs[rows, :-1] = self.pairs[rows, 1:]
            self.pairs[rows, -1, 0], self.pairs[rows, -1, 1] = scale * y[rows], scale * s[rows]
            self.theta[rows] = squared[rows] / curvature[rows]
        self.used = min(self.used + 1, self.pairs.shape[1])

    def remembers(self) -> np.ndarray:
        """Which rows have a pair."""
        return np.asarray(self.pairs[:, -1, 0].any(axis=1))

    def forget(self, rows: np.ndarray) -> None:
        """Begin anew with these rows (a mask)."""
        self.pairs[rows] = 0.0
        self.theta[rows] = np.nan
        self.unscaled = True

    def keep(self, rows: np.ndarray) -> None:
        """Drop all other rows (a mask)."""
        self.pairs, self.theta = self.pairs[rows], self.theta[rows]


@cache
def _middle_masks(used: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What of the Gram matrix of `(y_1, s_1, y_2, s_2, ...)` is in `theta M^-1`, and two masks of its
    diagonal.

    `M^-1 = [[-D, L^T / theta], [L / theta, S S^T / theta]]` with `D = I` for scaled pairs and `L_ij = s_i .
    y_j` for `i > j` only.
    """
    age = np.repeat(np.arange(used), 2)
    is_s = np.tile([False, True], used)
    both_s = is_s[:, None] & is_s[None, :]
    lower = is_s[:, None] & ~is_s[None, :] & (age[:, None] > age[None, :])
    return (both_s | lower | lower.T).astype(np.float64), (~is_s).astype(np.float64), is_s.astype(np.float64)


def _solve(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """`A_i^-1 B_i` for each row; NaN where `A_i` is singular, without an effect on the others."""
    try:
        return np.linalg.solve(A, B)
    except np.linalg.LinAlgError:
        if len(A) == 1:
            return np.full_like(B, np.nan)
        return np.concatenate([_solve(a[None], b[None]) for a, b in zip(A, B, strict=True)])
