"""Divergence and curl of vector fields on points."""

from __future__ import annotations

from functools import cached_property
from typing import final

import numpy as np
from scipy.sparse import bsr_array, csr_array

from augury.errors import NotSupportedError
from augury.geometry.orientation import sides
from augury.geometry.tangent_bundle import TangentBundle


@final
class Differentials:
    r"""First derivatives of fields, as sparse linear maps of their coordinates in the frames.

    .. math::
        J_i = \arg\min_J \sum_j A_{ij} \big| J\, T_i^T (x_j - x_i) - (R_{ij} v_j - v_i) \big|^2, \qquad
        \operatorname{div} v = \operatorname{tr} J, \quad
        \operatorname{curl} v = \pm (J_{21} - J_{12})

    Neighbours' vectors are transported into the frame of the point first. The sign of the curl is that of
    the normal it is seen from (`normals`); in the plane, the usual one. Linear maps of a Gaussian posterior
    are Gaussian, so `VectorFieldGP` gives both with their uncertainty.

    Args:
        bundle: the manifold.
    """

    def __init__(self, bundle: TangentBundle) -> None:
        self.bundle = bundle

    @cached_property
    def _slopes(self) -> np.ndarray:
        """`edges x m`: the weights of the differences in the least-squares slopes."""
        bundle, m = self.bundle, self.bundle.manifold_dim
        rows = np.repeat(np.arange(len(bundle)), np.diff(bundle.graph.indptr))
        steps = bundle.points[bundle.graph.indices] - bundle.points[rows]
        flat = np.einsum("edm,ed->em", bundle.frames[rows], steps)
        moments = np.zeros((len(bundle), m, m))
        weighted = bundle.graph.data[:, None] * flat
        np.add.at(moments, rows, weighted[:, :, None] * flat[:, None, :])
        return np.einsum("eab,eb->ea", np.linalg.pinv(moments, hermitian=True)[rows], weighted)

    def _operator(self, contraction: np.ndarray) -> csr_array:
        """`n x nm`: the sum over `a, b` of `C_iab J_ab`, with `C` of `n x m x m`."""
        bundle, m = self.bundle, self.bundle.manifold_dim
        graph = bundle.graph
        rows = np.repeat(np.arange(len(bundle)), np.diff(graph.indptr))
        weights = np.einsum("eab,eb->ea", contraction[rows], self._slopes)  # of the difference's coordinates
        others = np.einsum("ea,eab->eb", weights, bundle.transport)
        own = np.zeros((len(bundle), m))
        np.add.at(own, rows, weights)
        shape = (len(bundle), len(bundle) * m)
        neighbours = bsr_array((others[:, None, :], graph.indices, graph.indptr), shape=shape)
        nodes = np.arange(len(bundle))
        itself = bsr_array((own[:, None, :], nodes, np.arange(len(bundle) + 1)), shape=shape)
        return csr_array(csr_array(neighbours) - csr_array(itself))

    @cached_property
    def divergence_operator(self) -> csr_array:
        """`n x nm`."""
        m = self.bundle.manifold_dim
        return self._operator(np.broadcast_to(np.eye(m), (len(self.bundle), m, m)))

    @cached_property
    def curl_operator(self) -> csr_array:
        """`n x nm`, of a surface.

        Raises:
            NotSupportedError: it is none, or has one side only.
        """
        bundle = self.bundle
        if bundle.manifold_dim != 2:
            raise NotSupportedError(f"the curl is of surfaces; this manifold has {bundle.manifold_dim}")
        if bundle.ambient_dim == 2:
            side = np.sign(np.linalg.det(bundle.frames))
        else:
            side = sides(bundle)
        turn = np.array([[0.0, -1.0], [1.0, 0.0]])
        return self._operator(side[:, None, None] * turn)

    def divergence(self, vectors: np.ndarray) -> np.ndarray:
        """`n` values of ambient vectors (`n x d`)."""
        result: np.ndarray = self.divergence_operator @ self.bundle.to_local(vectors).reshape(-1)
        return result

    def curl(self, vectors: np.ndarray) -> np.ndarray:
        """`n` values of ambient vectors (`n x d`), seen from the side of the normals."""
        result: np.ndarray = self.curl_operator @ self.bundle.to_local(vectors).reshape(-1)
        return result
