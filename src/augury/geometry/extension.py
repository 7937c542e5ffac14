"""Eigenfields at points that are no nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors

from augury.errors import InvalidInputError
from augury.geometry.spectrum import Eigenmaps

#: The least share of a sum over neighbours that must be left in the denominator: what they say is divided by
#: it, and their errors with it.
_LEAST_SHARE = 0.2


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
        InvalidInputError: points of another dimension, not finite, or farther from all nodes than any node is
            from its neighbours; or eigenfields so short that neighbours do not tell them.
    """
    bundle, X = basis.bundle, np.asarray(points, dtype=np.float64)
    if X.ndim != 2 or X.shape[1] != bundle.ambient_dim or not np.isfinite(X).all():
        raise InvalidInputError(f"points must be a finite N x {bundle.ambient_dim} array; given {X.shape}")
    distance, near = NearestNeighbors(n_neighbors=bundle.n_neighbors).fit(bundle.points).kneighbors(X)
    rows = np.repeat(np.arange(len(bundle)), np.diff(bundle.graph.indptr))
    reach = np.linalg.norm(bundle.points[rows] - bundle.points[bundle.graph.indices], axis=1).max()
    far = int((distance[:, 0] > reach).sum())
    if far:
        raise InvalidInputError(
            f"{far} of the points are farther from all nodes than any node is from its neighbours "
            f"({reach:.3g}): nothing is known of the manifold there"
        )
    # relative to the nearest, so that weights of points far away do not vanish together
    weights = np.exp(-0.5 * (distance**2 - distance[:, :1] ** 2) / bundle.length**2)
    nearby = bundle.frames[near]
    # of all tangent spaces the one nearest to those of the neighbours: the mean of their projections
    projection = np.einsum("nj,njda,njea->nde", weights, nearby, nearby)
    frames = np.linalg.eigh(projection)[1][:, :, -bundle.manifold_dim :]
    left, _, right = np.linalg.svd(np.einsum("nda,njdb->njab", frames, nearby))
    transported = np.einsum("nj,njab,njbk->nak", weights, left @ right, basis.local[near])
    scale = (weights * distance**2).sum(axis=1) / (2.0 * bundle.dimension)
    remaining = 1.0 - scale[:, None] / weights.sum(axis=1)[:, None] * basis.values
    enough = (remaining > _LEAST_SHARE).all(axis=0)
    if not enough.all():
        few = int(enough.argmin())
        raise InvalidInputError(
            f"the eigenfields from number {few} on change faster than the neighbours of the new points tell; "
            f"take at most {few}, or more nodes"
        )
    return frames, transported / (weights.sum(axis=1)[:, None] * remaining)[:, None, :]
