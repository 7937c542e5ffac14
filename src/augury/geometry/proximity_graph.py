"""The graph of nearest neighbours of points on a manifold."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array
from sklearn.neighbors import NearestNeighbors

from augury.errors import InvalidInputError


def proximity_graph(points: np.ndarray, n_neighbors: int, bandwidth: float) -> tuple[csr_array, float]:
    r"""The symmetric weights (`n x n`) of pairs of which one is among the nearest of the other, and `h`.

    .. math:: A_{ij} = \exp\big(-|x_i - x_j|^2 / 2 h^2\big)

    with `h` as a multiple of the mean distance of such pairs. Without weights, the outline of the
    neighbourhoods, which is that of the sampling, makes some directions count more than others.

    Args:
        points: `n x d`, no two alike.
        n_neighbors: number of nearest others of each.
        bandwidth: that multiple; infinite for weights of 1.

    Raises:
        InvalidInputError: two points at one place.
    """
    distances, neighbours = NearestNeighbors(n_neighbors=n_neighbors).fit(points).kneighbors()
    if not distances[:, 0].all():
        row = int(np.argmin(distances[:, 0]))
        raise InvalidInputError(
            f"points {row} and {neighbours[row, 0]} are at the same place; leave one of them out"
        )
    n = len(points)
    rows = np.repeat(np.arange(n), n_neighbors)
    one_sided = coo_array((np.ones(rows.size), (rows, neighbours.reshape(-1))), shape=(n, n)).tocsr()
    graph = csr_array(one_sided.maximum(one_sided.T))
    graph.sort_indices()
    rows = np.repeat(np.arange(n), np.diff(graph.indptr))
    distance = np.linalg.norm(points[rows] - points[graph.indices], axis=1)
    length = bandwidth * float(distance.mean())
    graph.data = np.exp(-0.5 * (distance / length) ** 2)
    return graph, length


def neighbourhoods(points: np.ndarray, graph: csr_array, size: int) -> np.ndarray:
    """`n x (size + 1)`: of each point, itself and the nearest others within two steps of the graph.

    Two sheets that are near in space are far in the graph. Where there are fewer, the point itself stands for
    those that are missing.

    Args:
        points: `n x d`.
        graph: symmetric, `n x n`.
        size: number of others.
    """
    n = len(points)
    within = (graph @ graph + graph).tocoo()
    rows, columns = within.coords
    others = rows != columns
    rows, columns = rows[others], columns[others]
    distance = np.linalg.norm(points[rows] - points[columns], axis=1)
    order = np.lexsort((distance, rows))
    rows, columns = rows[order], columns[order]
    counts = np.bincount(rows, minlength=n)
    rank = np.arange(rows.size) - np.repeat(np.cumsum(counts) - counts, counts)
    nearest = np.tile(np.arange(n)[:, None], (1, size + 1))
    kept = rank < size
    nearest[rows[kept], rank[kept] + 1] = columns[kept]
    return nearest
