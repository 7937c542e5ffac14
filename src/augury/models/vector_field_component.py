"""A Gaussian process of one component of a vector field on a manifold known by points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import log
from typing import Any, Self, final

import numpy as np
import torch
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from torch import Tensor

from augury.errors import InvalidInputError
from augury.geometry.spectrum import Eigenmaps, eigenmaps
from augury.geometry.tangent_bundle import TangentBundle
from augury.kernels.connection_matern import ConnectionMaternKernel
from augury.kernels.encoded import EncodedKernel
from augury.kernels.node_encoding import NodeEncoding
from augury.models.exact.autograd import AutogradCovariance, with_categories
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.matern import MaternCovariance
from augury.models.exact.model import ExactModel

#: Neighbourhoods for the tangent spaces have half as many points again as the graph has neighbours.
_NEIGHBOURHOOD = 1.5
#: The noise where a fit begins, as a share of the variance of the outcomes.
_FIRST_NOISE = 0.3


@final
class VectorFieldComponent(ExactModel):
    r"""Gaussian-process regression of a component of a tangent vector field, at points of a manifold.

    .. math::
        y = c + e^T v(x) + \varepsilon, \qquad v(x) = \sum_{l=1}^k w_l \phi_l(x), \quad
        w \sim \mathcal N(0, S)

    with the eigenfields of the connection Laplacian of the `nodes`, and the spectrum of
    `ConnectionMaternKernel`: near in the field is what is near along the manifold, after parallel transport.
    A point stands for the nearest node. The direction `e` may be unknown: the covariance is then the mean
    over all of them. Each outcome is the component of a field of its own; `VectorFieldGP` has whole vectors.
    Without nodes it is the exact Gaussian process. In a `Study` over a table of points, its rows are the
    nodes.

    Source: Peach et al., "Implicit Gaussian process representation of vector fields over arbitrary latent
    manifolds", ICLR 2024.

    Args:
        train_X: `n x d` points in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns, which are no coordinates.
        input_transform: applied to inputs first (BoTorch's `Normalize(d, bounds=...)` outside a Study).
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        nodes: `N x d` points of the manifold, at least five, as `train_X` has them after its transform.
        coordinates: `N x d`: the same in one unit of length for all columns, in which the manifold is
            measured; the nodes themselves when None.
        directions: `m` vectors `e`, of as many numbers as there are coordinates; None where they are unknown.
        num_eigenfields: `k`.
        n_neighbors: of each node; fewer where there are few nodes.
        manifold_dim: of the manifold; estimated when None.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, too few nodes, or
            coordinates or directions without nodes.

    Warns:
        GeometryWarning: the nodes are in several parts, or have no clear tangent spaces.
    """

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        nodes: Tensor | None = None,
        coordinates: Tensor | None = None,
        directions: Any = None,
        num_eigenfields: int = 60,
        n_neighbors: int = 10,
        manifold_dim: int | None = None,
    ) -> None:
        features = Features.of(train_X.shape[-1], categorical_features, None)
        kernels: Iterator[EncodedKernel] | None = None
        if nodes is None and not (coordinates is None and directions is None):
            raise InvalidInputError(
                "coordinates and directions are those of a manifold's points; give these as nodes, or search "
                "a table of points"
            )
        if nodes is not None and features.numeric:
            seen = _checked(nodes, features, "nodes")
            lengths = seen if coordinates is None else _checked(coordinates, features, "coordinates")
            if len(lengths) != len(seen):
                raise InvalidInputError(
                    f"{len(seen)} nodes have {len(lengths)} coordinates; give one of each"
                )
            seen, first = np.unique(seen, axis=0, return_index=True)
            basis = _basis(lengths[first].tobytes(), len(seen), num_eigenfields, n_neighbors, manifold_dim)
            kernels = _kernels(torch.from_numpy(seen), basis, directions, train_Y.shape[-1])

        def covariance(X: np.ndarray) -> Covariance:
            features.check(X)
            if kernels is None:
                return MaternCovariance(X, features)
            return AutogradCovariance(X, with_categories(next(kernels), features))

        super().__init__(train_X, train_Y, train_Yvar, covariance, input_transform, outcome_transform)

    def fit(self, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Self:
        """See `ExactModel.fit`; the first of the starts has much noise, and a short step.

        Few eigenfields and little noise are a poor place to begin: a long step from there ends where bounded
        hyperparameters have no slope any more.
        """
        if initial is None and isinstance(self._outcomes[0].covariance, AutogradCovariance):
            theta = self.hyperparameters()["theta"].clone()
            if self._outcomes[0].noise is None:
                theta[:, -1] = log(_FIRST_NOISE)
            initial = {"theta": theta}
        return super().fit(initial, seed)


def _checked(points: Tensor, features: Features, name: str) -> np.ndarray:
    """The numeric columns (`N x D`) of points."""
    values = torch.as_tensor(points, dtype=torch.float64)
    if values.dim() != 2 or values.shape[1] != features.dim or not bool(torch.isfinite(values).all()):
        raise InvalidInputError(
            f"{name} must be finite N x {features.dim} numbers; given shape {tuple(values.shape)}"
        )
    return np.ascontiguousarray(values[:, features.numeric].numpy())


@lru_cache(maxsize=4)
def _basis(points: bytes, count: int, num_eigenfields: int, n_neighbors: int, dim: int | None) -> Eigenmaps:
    """The eigenfields of `N x D` points: a study asks for those of its table again and again."""
    nodes = np.frombuffer(points).reshape(count, -1)
    most = int((count - 2) / _NEIGHBOURHOOD)  # which leaves a node beyond each neighbourhood
    bundle = TangentBundle.from_points(
        nodes, max(min(n_neighbors, most), 2), dim, geodesic_factor=_NEIGHBOURHOOD
    )
    return eigenmaps(bundle, min(num_eigenfields, count * bundle.manifold_dim - 1))


def _kernels(nodes: Tensor, basis: Eigenmaps, directions: Any, count: int) -> Iterator[EncodedKernel]:
    """One kernel for each outcome, of points in the units of the nodes."""
    fields, values = torch.from_numpy(basis.ambient), torch.from_numpy(basis.values)
    if directions is None:
        # a mean over the axes is one over all directions
        given = torch.eye(fields.shape[1], dtype=torch.float64).unsqueeze(0).expand(count, -1, -1)
    else:
        given = torch.as_tensor(np.asarray(directions, dtype=np.float64)).unsqueeze(1)
        lengths = given.norm(dim=-1, keepdim=True)
        if given.shape != (count, 1, fields.shape[1]) or not bool(((lengths > 0) & lengths.isfinite()).all()):
            raise InvalidInputError(
                f"directions must be {count} vectors of {fields.shape[1]} numbers, none of them 0; given "
                f"shape {np.shape(directions)}"
            )
        given = given / lengths
    for vectors in given:
        rows = torch.einsum("ed,ndk->nek", vectors, fields).flatten(1)
        spectrum = ConnectionMaternKernel(values.repeat(len(vectors)), manifold_dim=basis.bundle.manifold_dim)
        yield EncodedKernel(NodeEncoding(nodes, rows), spectrum)
