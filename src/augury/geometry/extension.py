"""Eigenfields at points that are no nodes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors

from augury.errors import InvalidInputError
from augury.geometry.spectrum import Eigenmaps
from augury.geometry.tangent_bundle import GeometryWarning


def extend(basis: Eigenmaps, points: Any) -> tuple[np.ndarray, np.ndarray]:
    r"""The frames and the eigenfields at new points of the manifold (Nystrom's extension).

    .. math::
        u_l(*) = \frac{\sum_j A_{*j} R_{*j} u_l(j)}{\sum_j A_{*j} - c_* \lambda_l}, \qquad
        c_* = \frac1{2 D} \sum_j A_{*j} |x_* - x_j|^2

    over the nearest nodes: the eigenvalue equation at the new point, with the Laplacian that its neighbours
    make.

    Args:
        basis: the eigenfields at the nodes.
        points: `N x d`, on the manifold.

    Returns:
        `N x d x m` frames and `N x m x k` coordinates in them.

    Raises:
        InvalidInputError: points of another dimension or not finite, or eigenfields so short that neighbours
            do not tell them.

    Warns:
        GeometryWarning: points farther from all nodes than any node is from its neighbours.
    """
    bundle, X = basis.bundle, np.asarray(points, dtype=np.float64)
    if X.ndim != 2 or X.shape[1] != bundle.ambient_dim or not np.isfinite(X).all():
        raise InvalidInputError(f"points must be a finite N x {bundle.ambient_dim} array; given {X.shape}")
    distance, near = NearestNeighbors(n_neighbors=bundle.n_neighbors).fit(bundle.points).kneighbors(X)
    rows = np.repeat(np.arange(len(bundle)), np.diff(bundle.graph.indptr))
    reach = np.linalg.norm(bundle.points[rows] - bundle.points[bundle.graph.indices], axis=1).max()
    far = int((distance[:, 0] > reach).sum())
    if far:
        warnings.warn(
            f"{far} of the points are farther from all nodes than any node is "
            f"from its neighbours ({reach:.3g}): what is said of them is a guess",
            GeometryWarning,
            stacklevel=2,
        )
    # relative to the nearest, so that weights of points far away do not vanish together
    weights = np.exp(-0.5 * (distance**2 - distance[:, :1] ** 2) / bundle.length**2)
    around = np.concatenate([X[:, None], bundle.points[near]], axis=1)
    centred = around - around.mean(axis=1, keepdims=True)
    frames = np.linalg.svd(centred.mT, full_matrices=False)[0][:, :, : bundle.manifold_dim]
    left, _, right = np.linalg.svd(np.einsum("nda,njdb->njab", frames, bundle.frames[near]))
    transported = np.einsum("nj,njab,njbk->nak", weights, left @ right, basis.local[near])
    scale = (weights * distance**2).sum(axis=1) / (2.0 * bundle.dimension)
    remaining = 1.0 - scale[:, None] / weights.sum(axis=1)[:, None] * basis.values
    if (remaining <= 0.0).any():
        few = int((remaining > 0.0).all(axis=0).argmin())
        raise InvalidInputError(
            f"the eigenfields from number {few} on change faster than the neighbours of the new points tell; "
            f"take at most {few}, or more nodes"
        )
    return frames, transported / (weights.sum(axis=1)[:, None] * remaining)[:, None, :]
