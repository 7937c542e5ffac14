"""Scale mixtures of Gaussian processes with any prior of the scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import Kernel
from torch import Tensor
from torch.distributions import Distribution

from augury.models.gaussian_process import GaussianProcess
from augury.models.scale_mixture.burr import BurrXII
from augury.models.scale_mixture.model import ScaleMixtureModel, relative_variances
from augury.models.scale_mixture.quadrature import Quadrature


@final
class ScaleMixtureProcess(ScaleMixtureModel):
    r"""A Gaussian process whose scale has any prior on the positive numbers, integrated out by quadrature.

    .. math::
        y_j \mid s \sim \mathcal N\big(c_j, s\,(K_j + \text{noise}_j)\big), \quad s \sim H

    Predictions are mixtures of Gaussians with one mean: `sum_k w_k N(m, s_k C)`. One factorisation serves all
    scales. For the inverse gamma, `StudentTProcess` is the closed form.

    Source: Lee et al., "Scale mixtures of neural network Gaussian processes", ICLR 2022.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units; all share the scale.
        train_Yvar: `n x m` known noise variances, taken to belong to the harmonic mean of the prior; inferred
            when None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first (BoTorch's `Normalize(d, bounds=...)` outside a Study).
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        covar_module: any GPyTorch kernel instead of the Gaussian process's default.
        descriptors: categorical column -> `k x p` properties of its categories.
        scale_prior: a torch distribution of one positive number; `BurrXII(2, 1)`, of median one, by default.
        num_nodes: of the quadrature.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, a `scale_prior`
            that is none.
        NotSupportedError: an outcome transform that is not affine.
    """

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        covar_module: Kernel | None = None,
        descriptors: Mapping[int, Tensor] | None = None,
        scale_prior: Distribution | None = None,
        num_nodes: int = 64,
    ) -> None:
        prior = Quadrature(BurrXII(2.0, 1.0) if scale_prior is None else scale_prior, num_nodes)
        gaussian = GaussianProcess(
            train_X,
            train_Y,
            relative_variances(train_Yvar, prior),
            categorical_features,
            input_transform,
            outcome_transform,
            covar_module,
            descriptors,
        )
        super().__init__(gaussian, prior, known_noise=train_Yvar is not None)
