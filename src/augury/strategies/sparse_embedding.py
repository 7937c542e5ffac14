"""A random subspace of few coordinates in which inputs are tied together, and finer ones that contain it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: An axis that is split becomes so many.
_PARTS = 4


@dataclass(frozen=True)
class SparseEmbedding:
    """Each input follows one coordinate of the subspace, or its mirror image.

    .. math::
        x_i = \\tfrac12 + s_i (z_{a(i)} - \\tfrac12), \\qquad s_i \\in \\{-1, 1\\}

    All in [0, 1]: unlike a dense random projection it never leaves the cube. The optimum of a function of few
    inputs is in the subspace where these follow different coordinates. A finer subspace, whose axes are parts
    of these axes, contains every point of this one.

    Source: Nayebi, Munteanu and Poloczek, "A framework for Bayesian optimization in embedded subspaces", ICML
    2019 (hashing); Papenmeier, Nardi and Poloczek, "Increasing the scope as you learn: adaptive Bayesian
    optimization in nested subspaces", NeurIPS 2022 (equal bins, nested).

    Args:
        axes: `D`, the coordinate that each input follows, `0 .. d - 1`.
        signs: `D`, 1 or -1.
    """

    axes: np.ndarray
    signs: np.ndarray

    @classmethod
    def of(cls, inputs: int, dim: int, splits: int, seed: int) -> SparseEmbedding:
        """The subspace that has been split so many times.

        Args:
            inputs: `D`.
            dim: of the first subspace, at most `D`.
            splits: how often every axis has been split since.
            seed: of the assignment.
        """
        rng = np.random.default_rng([seed, 11])
        axes = np.empty(inputs, dtype=np.intp)
        axes[rng.permutation(inputs)] = np.arange(inputs) % dim
        signs = np.where(rng.random(inputs) < 0.5, -1.0, 1.0)
        for _ in range(splits):
            axes = _split(axes, rng)
        return cls(axes, signs)

    @property
    def dim(self) -> int:
        """`d`."""
        return int(self.axes.max()) + 1

    def embed(self, Z: np.ndarray) -> np.ndarray:
        """Points of the cube (`n x D`) at coordinates (`n x d`)."""
        return 0.5 + self.signs * (Z[:, self.axes] - 0.5)

    def project(self, X: np.ndarray) -> np.ndarray:
        """Coordinates (`n x d`) of the nearest points of the subspace; those of a point in it."""
        unfolded = 0.5 + self.signs * (X - 0.5)
        order = np.argsort(self.axes, kind="stable")
        counts = np.bincount(self.axes)
        sums = np.add.reduceat(unfolded[:, order], np.cumsum([0, *counts[:-1]]), axis=1)
        projected: np.ndarray = sums / counts
        return projected


def _split(axes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every axis of several inputs in up to four, of equal numbers of inputs."""
    finer, count = np.empty_like(axes), 0
    for axis in range(int(axes.max()) + 1):
        members = rng.permutation(np.flatnonzero(axes == axis))
        parts = min(_PARTS, len(members))
        finer[members] = count + np.arange(len(members)) % parts
        count += parts
    return finer
