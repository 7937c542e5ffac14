"""The smoothest vector fields of a manifold: eigenvectors of its connection Laplacian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import eye_array
from scipy.sparse.linalg import eigsh

from augury.errors import InvalidInputError
from augury.geometry.tangent_bundle import TangentBundle

#: Up to this size all eigenvalues of a dense matrix take less time than some of a sparse one.
_DENSE = 300
#: The shift of the sparse factorisation, relative to the mean of the diagonal.
_SHIFT = 1e-7


@final
@dataclass(frozen=True)
class Eigenmaps:
    r"""Eigenvalues and eigenfields of the connection Laplacian, `L_c u_l = \lambda_l u_l`.

    Fields have mean squared coordinate 1. Within an eigenspace they are defined up to rotation.

    Args:
        bundle: the manifold.
        values: `k` eigenvalues, smallest first, in 1 / length^2.
        local: `n x m x k` coordinates of the fields in the frames.
    """

    bundle: TangentBundle
    values: np.ndarray
    local: np.ndarray

    @property
    def ambient(self) -> np.ndarray:
        """`n x d x k`: the fields as ambient vectors, the positional encoding of each point."""
        return np.einsum("ndm,nmk->ndk", self.bundle.frames, self.local)


def eigenmaps(bundle: TangentBundle, k: int) -> Eigenmaps:
    """The `k` smoothest fields of a bundle; by shift-invert Lanczos where the matrix is large.

    Raises:
        InvalidInputError: `k` is not between 1 and the number of coordinates, `n m`, less one.
    """
    size = len(bundle) * bundle.manifold_dim
    if not 1 <= k < size:
        raise InvalidInputError(f"k must be 1 to {size - 1}; given {k}")
    matrix = bundle.connection_laplacian
    if size <= _DENSE or k > size // 2:
        values, vectors = eigh(matrix.toarray(), subset_by_index=(0, k - 1))
    else:
        scale = matrix.diagonal().mean()
        start = np.random.default_rng(0).normal(size=size)
        shifted = (matrix + _SHIFT * scale * eye_array(size)).tocsc()
        values, vectors = eigsh(shifted, k, sigma=0.0, v0=start)
        values = values - _SHIFT * scale
        order = np.argsort(values)
        values, vectors = values[order], vectors[:, order]
    local = vectors.reshape(len(bundle), bundle.manifold_dim, k) * np.sqrt(size)
    return Eigenmaps(bundle, np.maximum(values, 0.0), local)
