"""The tangent bundle of a manifold that is known by points: frames and the transport between them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, final

import numpy as np
from scipy.sparse import bsr_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components

from augury.errors import InvalidInputError
from augury.geometry.proximity_graph import neighbourhoods, proximity_graph

#: Below this ratio of the last singular value in the tangent space to the first out of it, frames are poor.
_CLEAR_GAP = 2.0
#: The share of such points that is warned of.
_MANY = 0.5


class GeometryWarning(UserWarning):
    """Points that say little about the manifold they are of."""


@final
@dataclass(frozen=True)
class TangentBundle:
    r"""Points with orthonormal frames of their tangent spaces, and parallel transport along a graph.

    .. math::
        R_{ij} = \arg\min_{R \in O(m)} \|T_i R - T_j\|_F = U V^T, \qquad T_i^T T_j = U S V^T

    A vector `v` in the frame of point `j` is `R_ij v` in that of its neighbour `i`. Frames are a choice of
    coordinates (a gauge): what is said of ambient vectors does not depend on it.

    Sources: Singer and Wu, "Vector diffusion maps and the connection Laplacian" (2012); Peach et al.,
    "Implicit Gaussian process representation of vector fields over arbitrary latent manifolds", ICLR 2024.

    Args:
        points: `n x d`.
        graph: `n x n` symmetric weights `A` of neighbours.
        frames: `n x d x m`, orthonormal columns.
        dimension: of the manifold, by which Laplacians are scaled (see `unit`).
        n_neighbors: number of nearest neighbours that the graph was made of.
        length: `h` of its weights, `exp(-|x_i - x_j|^2 / 2 h^2)`.
    """

    points: np.ndarray
    graph: csr_array
    frames: np.ndarray
    dimension: int
    n_neighbors: int
    length: float

    @classmethod
    def from_points(
        cls,
        points: Any,
        n_neighbors: int = 10,
        manifold_dim: int | None = None,
        explained_variance: float = 0.8,
        geodesic_factor: float = 1.5,
        bandwidth: float = 0.6,
    ) -> Self:
        """The bundle estimated from points alone.

        The frame of a point are the first left singular vectors of its neighbourhood, centred. The dimension
        is the smallest that explains the variance in nearly all neighbourhoods (mean less deviation over the
        points).

        Args:
            points: `n x d`, evenly spread (see `farthest_points`).
            n_neighbors: number of neighbours in the graph.
            manifold_dim: `m`; estimated when None.
            explained_variance: the share of it that the tangent space must hold, where `m` is estimated.
            geodesic_factor: neighbourhoods for the frames have so many times `n_neighbors` points.
            bandwidth: of the Gaussian weights of neighbours, in their mean distance; infinite for weights of
                1, as published.

        Raises:
            InvalidInputError: entries that are not finite, two points at one place, too few points, or
                options out of range.

        Warns:
            GeometryWarning: the graph has several components, or many points have no clear tangent space.
        """
        X = np.array(points, dtype=np.float64)
        size = int(geodesic_factor * n_neighbors)
        if X.ndim != 2 or not np.isfinite(X).all():
            raise InvalidInputError(f"points must be a finite n x d array; given shape {X.shape}")
        if n_neighbors < 2 or geodesic_factor < 1.0 or not (0.0 < explained_variance < 1.0 and bandwidth > 0):
            raise InvalidInputError(
                "n_neighbors must be at least 2, geodesic_factor at least 1, explained_variance between 0 "
                f"and 1, and bandwidth positive; given {n_neighbors}, {geodesic_factor:g}, "
                f"{explained_variance:g} and {bandwidth:g}"
            )
        if len(X) <= size + 1:
            raise InvalidInputError(
                f"neighbourhoods of {size + 1} points need more than as many; given {len(X)} points"
            )
        if manifold_dim is not None and not 1 <= manifold_dim <= X.shape[1]:
            raise InvalidInputError(f"manifold_dim must be 1 to {X.shape[1]}; given {manifold_dim}")
        graph, length = proximity_graph(X, n_neighbors, bandwidth)
        near = X[neighbourhoods(X, graph, size)]
        left, values, _ = np.linalg.svd((near - near.mean(axis=1, keepdims=True)).mT, full_matrices=False)
        m = manifold_dim or _dimension(values, explained_variance)
        _warn_of_poor_points(graph, values, m)
        return cls(X, graph, np.ascontiguousarray(left[:, :, :m]), m, n_neighbors, length)

    @classmethod
    def trivial(cls, points: Any, manifold_dim: int, n_neighbors: int = 10, bandwidth: float = 0.6) -> Self:
        """The ambient space itself at every point, without transport: vectors are compared coordinate by
        coordinate, and the connection Laplacian is the graph's, once for each of them.

        Args:
            points: `n x d`.
            manifold_dim: of the manifold that they are of.
            n_neighbors: as in `from_points`.
            bandwidth: as in `from_points`.
        """
        X = np.array(points, dtype=np.float64)
        frames = np.broadcast_to(np.eye(X.shape[1]), (len(X), X.shape[1], X.shape[1])).copy()
        graph, length = proximity_graph(X, n_neighbors, bandwidth)
        return cls(X, graph, frames, manifold_dim, n_neighbors, length)

    def __len__(self) -> int:
        return len(self.points)

    @property
    def ambient_dim(self) -> int:
        """`d`."""
        return self.frames.shape[1]

    @property
    def manifold_dim(self) -> int:
        """`m`: the number of coordinates of a vector in a frame."""
        return self.frames.shape[2]

    # -- vectors ---------------------------------------------------------------------------------------

    def to_local(self, vectors: np.ndarray) -> np.ndarray:
        """`n x m` coordinates in the frames of ambient vectors (`n x d`); what is normal is lost."""
        return np.einsum("ndm,nd->nm", self.frames, self._checked(vectors, self.ambient_dim))

    def to_ambient(self, local: np.ndarray) -> np.ndarray:
        """`n x d` ambient vectors of coordinates in the frames (`n x m`)."""
        return np.einsum("ndm,nm->nd", self.frames, self._checked(local, self.manifold_dim))

    def _checked(self, vectors: np.ndarray, dim: int) -> np.ndarray:
        vectors = np.asarray(vectors, dtype=np.float64)
        if vectors.shape != (len(self), dim):
            raise InvalidInputError(
                f"vectors must be one of {dim} numbers for each of {len(self)} points; "
                f"given shape {vectors.shape}"
            )
        return vectors

    # -- transport -------------------------------------------------------------------------------------

    @cached_property
    def transport(self) -> np.ndarray:
        """`edges x m x m`: `R_ij` of each pair `i, j` in the order of the graph's entries."""
        rows = np.repeat(np.arange(len(self)), np.diff(self.graph.indptr))
        products = np.einsum("eda,edb->eab", self.frames[rows], self.frames[self.graph.indices])
        left, _, right = np.linalg.svd(products)
        return left @ right

    @cached_property
    def connection(self) -> csr_array:
        """`nm x nm` sparse matrix of blocks `A_ij R_ij`."""
        m, n = self.manifold_dim, len(self)
        blocks = (self.graph.data[:, None, None] * self.transport, self.graph.indices, self.graph.indptr)
        return csr_array(bsr_array(blocks, shape=(n * m, n * m)))

    @cached_property
    def unit(self) -> float:
        r"""What turns the graph's Laplacians into the manifold's.

        .. math:: c = \frac{1}{2 D n} \sum_{ij} A_{ij} |x_i - x_j|^2

        with the manifold's dimension `D`. For neighbours spread evenly in all directions,
        `sum_j A_ij (f_j - f_i)` is `c` times the Laplacian of `f`, to second order in their distance. So
        eigenvalues are in units of 1 / length^2, whatever the number of points.
        """
        rows = np.repeat(np.arange(len(self)), np.diff(self.graph.indptr))
        squares = np.square(self.points[rows] - self.points[self.graph.indices]).sum(axis=1)
        return float(self.graph.data @ squares) / (2.0 * self.dimension * len(self))

    @cached_property
    def laplacian(self) -> csr_array:
        """`n x n` Laplacian of functions, `(D - A) / c`; positive semi-definite."""
        degrees = np.asarray(self.graph.sum(axis=1)).reshape(-1)
        return csr_array(diags_array(degrees) - self.graph) / self.unit

    @cached_property
    def connection_laplacian(self) -> csr_array:
        r"""`nm x nm` Laplacian of vector fields, blocks `(deg_i I - A_ij R_ij) / c`; positive semi-definite.

        Its quadratic form is `\sum |v_i - R_ij v_j|^2 / 2c` over neighbours.
        """
        degrees = np.repeat(np.asarray(self.graph.sum(axis=1)).reshape(-1), self.manifold_dim)
        return csr_array(diags_array(degrees) - self.connection) / self.unit


def _dimension(singular_values: np.ndarray, explained_variance: float) -> int:
    squares = singular_values**2
    shares = np.cumsum(squares, axis=1) / squares.sum(axis=1, keepdims=True)
    enough = shares.mean(axis=0) - shares.std(axis=0) >= explained_variance
    return int(np.argmax(enough)) + 1


def _warn_of_poor_points(graph: csr_array, singular_values: np.ndarray, m: int) -> None:
    components = connected_components(graph, directed=False)[0]
    if components > 1:
        warnings.warn(
            f"the graph of neighbours has {components} components, between which nothing is learnt; take "
            "more neighbours if the manifold is in one piece",
            GeometryWarning,
            stacklevel=3,
        )
    if m < singular_values.shape[1]:
        gap = singular_values[:, m - 1] / np.maximum(singular_values[:, m], 1e-300)
        poor = float((gap < _CLEAR_GAP).mean())
        if poor > _MANY:
            warnings.warn(
                f"{poor:.0%} of the points have no clear tangent space of dimension {m}; thin the points to "
                "an even spread (farthest_points), or take more of them",
                GeometryWarning,
                stacklevel=3,
            )
