"""The sides of a surface."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import breadth_first_order, connected_components

from augury.errors import NotSupportedError
from augury.geometry.tangent_bundle import TangentBundle


def sides(bundle: TangentBundle) -> np.ndarray:
    """`n` signs: by which frames must be turned over so that transport turns none of them over.

    One point of each component decides; the signs spread from it along the graph.

    Raises:
        NotSupportedError: there are none: the manifold has one side only, as far as its points tell.
    """
    graph = bundle.graph
    rows = np.repeat(np.arange(len(bundle)), np.diff(graph.indptr))
    turned = graph.copy()
    turned.data = np.sign(np.linalg.det(bundle.transport))
    signs = np.ones(len(bundle))
    _, labels = connected_components(graph, directed=False)
    for first in np.unique(labels, return_index=True)[1]:
        order, parents = breadth_first_order(graph, first, directed=False)
        for node in order[1:]:
            signs[node] = signs[parents[node]] * turned[parents[node], node]
    if (signs[rows] * signs[graph.indices] != turned.data).any():
        raise NotSupportedError("the surface has one side only, as far as its points tell")
    return signs


def normals(bundle: TangentBundle) -> np.ndarray:
    """`n x 3` unit normals of a surface in three dimensions, on one side within each component.

    Raises:
        NotSupportedError: it is no surface in three dimensions, or has one side only.
    """
    if (bundle.ambient_dim, bundle.manifold_dim) != (3, 2):
        raise NotSupportedError(
            "normals are of surfaces in three dimensions; this manifold has dimension "
            f"{bundle.manifold_dim} in {bundle.ambient_dim}"
        )
    return sides(bundle)[:, None] * np.cross(bundle.frames[:, :, 0], bundle.frames[:, :, 1])
