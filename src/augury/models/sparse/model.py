"""The BoTorch model of a Gaussian process that is summarised by its values at inducing points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Self

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.posteriors import Posterior
from botorch.utils.types import _DefaultType
from gpytorch.distributions import MultivariateNormal
from torch import Tensor

from augury.errors import NotSupportedError
from augury.inference.base import Progress
from augury.inference.sparse.base import InducingPosterior, SparseInference
from augury.inference.sparse.covariance import InducingCovariance, whiten
from augury.inference.sparse.likelihoods import GaussianNoise
from augury.inference.sparse.rows import Rows
from augury.models.outcome_surrogate import OutcomeSurrogate
from augury.models.posteriors.independent import independent
from augury.models.sparse.data import SparseData
from augury.models.transformed_data import affine

_BLOCK = 4096
#: Added to the variances of standardised outcomes: rounding leaves no more of a covariance than this.
JITTER = 1e-8


class SparseModel(OutcomeSurrogate):
    """A sparse Gaussian process; a member says which covariance.

    Several outcomes share the covariance and the inducing points, and have a noise variance each. Numbers
    are seen scaled to variance 1 over the cube, categories one-hot. The prior mean is that of the training
    outcomes (0 where they are taken as they are).

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes. A NumPy array (`numpy.memmap`)
            is neither copied nor held, but read in chunks; `train_Y` must be one too.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first.
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        covariance: makes the covariance from the rows.
        inference: how it is trained.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite.
    """

    inducing_mean: Tensor
    inducing_root: Tensor
    is_trained: Tensor
    capabilities = frozenset({"gaussian", "joint_samples", "train_inputs"})

    def __init__(
        self,
        train_X: Tensor | np.ndarray,
        train_Y: Tensor | np.ndarray,
        train_Yvar: Tensor | np.ndarray | None,
        categorical_features: Sequence[int] | None,
        input_transform: InputTransform | None,
        outcome_transform: OutcomeTransform | _DefaultType | None,
        covariance: Callable[[Rows], InducingCovariance],
        inference: SparseInference,
    ) -> None:
        super().__init__()
        self._data = SparseData.prepare(
            self, train_X, train_Y, train_Yvar, categorical_features, input_transform, outcome_transform
        )
        m = train_Y.shape[-1]
        self.inference = inference
        self.covariance = covariance(self._data.rows)
        self.likelihood = GaussianNoise(m, known=self._data.mean_noise is not None)
        M = len(self.covariance.inducing)
        self._outputs = list(range(m))
        #: Of the training: the `bound` of the log marginal likelihood, and what else the inference tells.
        self.diagnostics: dict[str, float] = {}
        self.register_buffer("inducing_mean", torch.zeros(m, M, dtype=torch.float64))
        self.register_buffer("inducing_root", torch.eye(M, dtype=torch.float64).repeat(m, 1, 1))
        self.register_buffer("is_trained", torch.tensor(False))
        self._learnt = [one for one in self.parameters() if one.requires_grad]
        self.requires_grad_(False)  # but for training, so that predictions have no graph of their own
        self.eval()

    # -- training --------------------------------------------------------------------------------------

    def fit(
        self,
        initial: Mapping[str, Tensor] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        """Train the covariance, the inducing points and the noise.

        Args:
            initial: `hyperparameters()` of an earlier fit on similar data, as a warm start; what does not
                match in shape, or is not finite, is ignored.
            seed: of the minibatches.
            progress: called now and then with `(steps done, steps in all, what is being done)`.

        Returns:
            The model itself.
        """
        self._start_from(initial or {})
        for parameter in self._learnt:
            parameter.requires_grad_(True)
        try:
            posterior, diagnostics = self.inference.run(
                self.covariance,
                self.likelihood,
                self._data.rows,
                len(self._outputs),
                seed=seed,
                progress=progress,
            )
        finally:
            self.requires_grad_(False)
        self.inducing_mean.copy_(posterior.mean)
        self.inducing_root.copy_(posterior.root)
        self.is_trained.fill_(True)
        self.diagnostics = dict(diagnostics)
        return self

    def hyperparameters(self) -> dict[str, Tensor]:
        """What `fit(initial=...)` takes: everything trained but the inducing values."""
        return {name: parameter.detach().clone() for name, parameter in self.named_parameters()}

    def _start_from(self, initial: Mapping[str, Tensor]) -> None:
        for name, parameter in self.named_parameters():
            value = initial.get(name)
            if value is not None and value.shape == parameter.shape and bool(torch.isfinite(value).all()):
                parameter.data.copy_(value)

    @property
    def posterior_of_inducing_values(self) -> InducingPosterior:
        """That of the whitened inducing values.

        Raises:
            NotSupportedError: before `fit`.
        """
        if not bool(self.is_trained):
            raise NotSupportedError("the inducing values have no posterior yet; call fit() first")
        return InducingPosterior(self.inducing_mean, self.inducing_root)

    # -- shapes ----------------------------------------------------------------------------------------

    @property
    def num_outputs(self) -> int:
        return len(self._outputs)

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`.

        Raises:
            NotSupportedError: they were given as an array, and stay in it.
        """
        if self._data.given is None:
            raise NotSupportedError("the training inputs stay in the array that they were given in")
        return (self._data.given,)

    @property
    def _num_inputs(self) -> int:
        return self._data.num_inputs

    @property
    def inducing_points(self) -> Tensor:
        """`M x D`, as the covariance sees them."""
        return self.covariance.inducing.detach()

    @property
    def noise_variance(self) -> Tensor:
        """`m` (average) noise variances in the outcomes' own units."""
        return self._noise * affine(self)[1].square()

    @property
    def _noise(self) -> Tensor:
        known = self._data.mean_noise
        noise = self.likelihood.noise if known is None else known
        return noise.detach()[self._outputs]

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only."""
        subset = self._copy_for(idcs)
        subset._outputs = [self._outputs[index] for index in idcs]
        for name in ("inducing_mean", "inducing_root"):
            subset._buffers[name] = getattr(self, name)[idcs]
        return subset

    # -- predictions -----------------------------------------------------------------------------------

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        q = self.posterior_of_inducing_values
        whitened = whiten(self.covariance.blocks(self._seen(X), full=True))
        identity = torch.eye(X.shape[-2], dtype=torch.float64)
        noise = self._noise.expand(*X.shape[:-1], -1) if observation_noise is True else None
        if isinstance(observation_noise, Tensor):
            noise = observation_noise.expand(*X.shape[:-1], self.num_outputs)
        normals = []
        for index in range(self.num_outputs):
            mean, covariance = q.joint(whitened, index)
            lacking = (-covariance.diagonal(dim1=-2, dim2=-1)).clamp_min(
                0.0
            )  # by rounding, at inducing points
            added = lacking + (JITTER if noise is None else noise[..., index] + JITTER)
            normals.append(MultivariateNormal(mean, covariance + added.unsqueeze(-1) * identity))
        return self._gaussian_posterior(independent(normals), X, posterior_transform)

    def mean_variance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noise-free outcome at `X` (`N x d`): `N` numbers each, in blocks.

        Raises:
            NotSupportedError: several outcomes, or an outcome transform that is not affine.
        """
        self._require_one_outcome()
        (shift,), (scale,) = affine(self)
        q = self.posterior_of_inducing_values
        with torch.no_grad():
            parts = [
                q.marginals(whiten(self.covariance.blocks(self._seen(block))))
                for block in X.detach().split(_BLOCK)
            ]
        mean, variance = (torch.cat(part).squeeze(-1) for part in zip(*parts, strict=True))
        return shift + scale * mean, scale.square() * (variance + JITTER)

    def _seen(self, X: Tensor) -> Tensor:
        """What the covariance sees of points (`... x d`)."""
        return self._data.inputs(self._transformed_points(X))
