"""A Gaussian process of sources of information that are points of a latent space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import Kernel
from torch import Tensor

from augury.kernels.latent_source import LatentSourceKernel
from augury.models.exact.autograd import with_categories
from augury.models.exact.features import Features
from augury.models.multi_fidelity.level_kernel import scaled_rbf
from augury.models.multi_fidelity.levels import Levels
from augury.models.multi_fidelity.task_model import TaskModel


@final
class LatentSourceGaussianProcess(TaskModel):
    r"""A Gaussian process over inputs and sources of information, each a learnt point of a latent space.

    .. math::
        \operatorname{cov}(f_s(x), f_t(x')) = k(x, x')\, e^{-\|z_s - z_t\|^2 / 2} + v\, [s = t], \qquad
        z_0 = 0

    on standardised outcomes, one affine map for all sources. Sources that agree lie close to each other,
    whatever their number, and no order is needed; `latents` shows which do. All have the same shape `k`, so
    that none can be the reverse of another. Given `latents`, this is the fidelity as one more input. Without
    `source_feature` it is the exact Gaussian process.

    Source: Zhang, Tao, Chen and Apley (2020), "A latent variable approach to Gaussian process modeling with
    qualitative and quantitative factors"; Eweis-Labolle, Oune and Bostanabad (2022), "Data fusion with latent
    map Gaussian processes".

    Args:
        train_X: `n x d` inputs in the unit cube, but for the column of sources: integers, 0 the truth.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred, one for all sources, when None.
        categorical_features: the integer-coded columns.
        source_feature: the column of sources.
        input_transform: applied to inputs first; it must leave the sources alone.
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        covar_module: a GPyTorch kernel of the inputs without the source; squared exponential with a free
            variance unless given.
        latent_dim: coordinates of the latent space.
        latents: `sources x q` positions, in place of learnt ones.
        shift_variance: the `v` above, of a constant of each source; 0 for none.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, sources that are
            not integers or have no rows, positions that are not theirs.
    """

    column_argument = "source_feature"

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        source_feature: int | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        covar_module: Kernel | None = None,
        latent_dim: int = 2,
        latents: Tensor | None = None,
        shift_variance: float = 0.0,
    ) -> None:

        def build(sources: Levels, features: Features) -> Kernel:
            inner = scaled_rbf(max(len(features.numeric), 1)) if covar_module is None else covar_module
            assert sources.column is not None
            return LatentSourceKernel(
                with_categories(inner, features),
                sources.count,
                latent_dim,
                sources.column,
                shift_variance,
                latents,
            )

        super().__init__(
            train_X,
            train_Y,
            train_Yvar,
            categorical_features,
            source_feature,
            input_transform,
            outcome_transform,
            covar_module,
            build,
        )

    @property
    def latents(self) -> Tensor | None:
        """`m x sources x q`: the positions, per outcome; None without sources."""
        kernels = [getattr(outcome.covariance, "kernel", None) for outcome in self._outcomes]
        found = [k.latents.detach() for k in kernels if isinstance(k, LatentSourceKernel)]
        return torch.stack(found) if found else None
