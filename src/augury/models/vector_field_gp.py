"""A Gaussian process of tangent vector fields on a manifold known by points."""

from __future__ import annotations

import math
import warnings
from typing import Any, Self, final

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.posteriors import GPyTorchPosterior, Posterior
from gpytorch.distributions import MultitaskMultivariateNormal
from linear_operator.operators import RootLinearOperator
from scipy.sparse import csr_array
from torch import Tensor

from augury.errors import InvalidInputError
from augury.geometry.differentials import Differentials
from augury.geometry.extension import extend
from augury.geometry.spectrum import Eigenmaps
from augury.geometry.tangent_bundle import GeometryWarning, TangentBundle
from augury.inference.spectral_weights import SpectralWeights
from augury.kernels.connection_matern import ConnectionMaternKernel
from augury.models.surrogate import Surrogate

#: A larger share of normal components in the vectors given is warned of.
_NORMAL_SHARE = 0.05


@final
class VectorFieldGP(Surrogate):
    r"""The posterior of a vector field at all points of a manifold, from its vectors at some.

    .. math::
        v(i) = \sum_{l=1}^k w_l \phi_l(i), \quad w \sim \mathcal N(0, S), \qquad
        T_i^T y_i = T_i^T v(i) + \varepsilon_i, \quad \varepsilon_i \sim \mathcal N(0, \sigma^2 I_m)

    with the eigenfields of the connection Laplacian and the spectrum of `ConnectionMaternKernel`: smooth is
    what changes little under parallel transport. Super-resolution is prediction between measured points,
    in-painting prediction in a hole. Predictions are tangent by construction. All is algebra of `k x k`
    matrices after one pass over the measured points; smoothness, lengthscale, variance and noise are those of
    the highest marginal likelihood, in bounds.

    Only the tangent parts of the vectors are data: the published code also counts their normal parts, which
    are 0, as measurements, and so takes the noise for smaller than it is.

    As a BoTorch model, inputs are numbers of points (`... x q x 1`) and outcomes the `d` ambient coordinates.

    Source: Peach et al., "Implicit Gaussian process representation of vector fields over arbitrary latent
    manifolds", ICLR 2024.

    Args:
        basis: the eigenfields (`augury.geometry.eigenmaps(bundle, k)`).
        train_indices: `n` numbers of measured points; repeated ones are repeated measurements.
        train_vectors: `n x d` ambient vectors.
        kernel: of the basis's eigenvalues; `ConnectionMaternKernel` unless given. It is trained.

    Raises:
        InvalidInputError: points that do not exist, shapes that do not agree, entries that are not finite.

    Warns:
        GeometryWarning: the vectors have large components normal to the manifold.
    """

    capabilities = frozenset({"gaussian", "joint_samples"})

    def __init__(
        self,
        basis: Eigenmaps,
        train_indices: Any,
        train_vectors: Any,
        kernel: ConnectionMaternKernel | None = None,
    ) -> None:
        super().__init__()
        bundle = basis.bundle
        self.basis = basis
        self.train_indices = self._nodes(train_indices).reshape(-1)
        vectors = torch.as_tensor(np.asarray(train_vectors, dtype=np.float64))
        if vectors.shape != (len(self.train_indices), bundle.ambient_dim) or not len(vectors):
            raise InvalidInputError(
                f"needs one vector of {bundle.ambient_dim} numbers for each of {len(self.train_indices)} "
                f"points; given shape {tuple(vectors.shape)}"
            )
        if not bool(torch.isfinite(vectors).all()):
            raise InvalidInputError("every entry of train_vectors must be finite")
        frames = torch.from_numpy(bundle.frames)[self.train_indices]
        measured = torch.einsum("ndm,nd->nm", frames, vectors)
        _warn_of_normal_parts(vectors, measured)
        self._fields = torch.from_numpy(basis.local)
        features, y = self._fields[self.train_indices].flatten(0, 1), measured.reshape(-1)
        if kernel is None:
            kernel = ConnectionMaternKernel(
                torch.from_numpy(basis.values),
                variance=min(max(float(y.square().mean()), 1e-5), 1e5),
                manifold_dim=bundle.dimension,
            )
        self.weights = SpectralWeights(kernel, features, y)
        self.eval()

    # -- inference -------------------------------------------------------------------------------------

    def fit(self) -> Self:
        """Find the hyperparameters of the highest marginal likelihood."""
        self.weights.fit()
        return self

    @property
    def kernel(self) -> ConnectionMaternKernel:
        """Of the field, with its hyperparameters."""
        kernel = self.weights.kernel
        assert isinstance(kernel, ConnectionMaternKernel)
        return kernel

    def log_likelihood(self) -> float:
        """The log marginal likelihood of the measured tangent vectors."""
        return self.weights.log_likelihood()

    @property
    def noise_variance(self) -> float:
        """Of each tangent coordinate of a measurement."""
        return self.weights.noise_variance

    # -- predictions -----------------------------------------------------------------------------------

    @property
    def bundle(self) -> TangentBundle:
        """The manifold."""
        return self.basis.bundle

    @property
    def num_outputs(self) -> int:
        return self.bundle.ambient_dim

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: PosteriorTransform | None = None,
    ) -> Posterior:
        """The joint posterior of the vectors at points (`batch_shape x q x 1` numbers of them).

        Args:
            X: numbers of points.
            output_indices: the ambient coordinates wanted; all when None.
            observation_noise: add the noise of measurements, in the tangent spaces.
            posterior_transform: applied last.

        Raises:
            InvalidInputError: points that do not exist, or a tensor of noise variances.
        """
        if isinstance(observation_noise, Tensor):
            raise InvalidInputError("observation_noise must be True or False: the noise is that of the fit")
        nodes = self._nodes(X)
        if nodes.dim() < 2 or nodes.shape[-1] != 1:
            raise InvalidInputError(f"points must be of shape ... x q x 1; given {tuple(nodes.shape)}")
        nodes = nodes.squeeze(-1)
        fields, frames = self._fields[nodes], torch.from_numpy(self.bundle.frames)[nodes]
        q, m = fields.shape[-3:-1]
        mean_weights, root_weights = self.weights.moments()
        root = fields.flatten(-3, -2) @ root_weights  # batch x qm x k
        if observation_noise or q * m < root.shape[-1]:
            covariance = root @ root.mT
            if observation_noise:
                covariance = covariance + self.noise_variance * torch.eye(q * m, dtype=root.dtype)
            values, vectors = torch.linalg.eigh(covariance)
            root = vectors * values.clamp_min(0.0).sqrt().unsqueeze(-2)
        lifted = torch.einsum("...qdm,...qmr->...qdr", frames, root.unflatten(-2, (q, m)))
        mean = torch.einsum("...qdm,...qm->...qd", frames, fields @ mean_weights)
        if output_indices is not None:
            lifted, mean = lifted[..., output_indices, :], mean[..., output_indices]
        root = lifted.flatten(-3, -2)
        # GPyTorch takes as many base samples as there are coordinates for as many columns
        root = torch.nn.functional.pad(root, (0, root.shape[-2] - root.shape[-1]))
        normal = MultitaskMultivariateNormal(mean, RootLinearOperator(root))
        posterior: Posterior = GPyTorchPosterior(normal)
        return posterior if posterior_transform is None else posterior_transform(posterior)

    def predict(self, indices: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Mean (`N x d`) and covariance (`N x d x d`) of the vector at each point for itself.

        Args:
            indices: `N` numbers of points; all when None.
        """
        nodes = slice(None) if indices is None else self._nodes(indices).reshape(-1)
        return self._moments(torch.from_numpy(self.bundle.frames)[nodes], self._fields[nodes])

    def predict_at(self, points: Any) -> tuple[np.ndarray, np.ndarray]:
        """The same at new points of the manifold (`N x d`), by `augury.geometry.extend`.

        Raises:
            InvalidInputError: as `extend` does.
        """
        frames, fields = (torch.from_numpy(part) for part in extend(self.basis, points))
        return self._moments(frames, fields)

    def _moments(self, frames: Tensor, fields: Tensor) -> tuple[np.ndarray, np.ndarray]:
        mean, root = self.weights.moments()
        lifted = frames @ (fields @ root)
        return (frames @ (fields @ mean).unsqueeze(-1)).squeeze(-1).numpy(), (lifted @ lifted.mT).numpy()

    def divergence(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the field's divergence at all points (`n` each)."""
        return self._linear(Differentials(self.bundle).divergence_operator)

    def curl(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the field's curl at all points (`n` each), of a surface.

        Raises:
            NotSupportedError: the manifold is no surface, or has one side only.
        """
        return self._linear(Differentials(self.bundle).curl_operator)

    def _linear(self, operator: csr_array) -> tuple[np.ndarray, np.ndarray]:
        features = operator @ self.basis.local.reshape(-1, len(self.basis.values))
        mean, root = self.weights.moments()
        return features @ mean.numpy(), np.linalg.norm(features @ root.numpy(), axis=1)

    def _nodes(self, given: Any) -> Tensor:
        """Numbers of points as integers."""
        values = torch.as_tensor(given)
        nodes = values.round().long()
        count = len(self.basis.bundle)
        if not bool((nodes == values).all()) or not bool(((nodes >= 0) & (nodes < count)).all()):
            raise InvalidInputError(f"points are told by their numbers, integers from 0 to {count - 1}")
        return nodes


def _warn_of_normal_parts(vectors: Tensor, measured: Tensor) -> None:
    total = float(vectors.square().sum())
    normal = max(total - float(measured.square().sum()), 0.0)
    if normal > _NORMAL_SHARE**2 * total:
        warnings.warn(
            f"the vectors have normal components of {math.sqrt(normal / total):.0%} of their size, which are "
            "left out: are they vectors at these points?",
            GeometryWarning,
            stacklevel=3,
        )
