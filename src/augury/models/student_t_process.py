"""The Student-t process: Gaussian-process regression that learns the scale of the function with its tails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import Kernel
from torch import Tensor

from augury.models.gaussian_process import GaussianProcess
from augury.models.scale_mixture.inverse_gamma import InverseGamma
from augury.models.scale_mixture.model import ScaleMixtureModel, relative_variances


@final
class StudentTProcess(ScaleMixtureModel):
    r"""A Gaussian process whose scale has an inverse-gamma prior, integrated out in closed form.

    .. math::
        y_j \mid s \sim \mathcal N\big(c_j, s\,(K_j + \text{noise}_j)\big), \quad
        s \sim \mathrm{InvGamma}(\alpha, \beta)

    Predictions are Student-t with `2 alpha + n m` degrees of freedom: the mean is that of the Gaussian
    process, the scale is learnt from how surprising the data are under it. Known noise variances are taken to
    belong to the typical scale `beta / alpha`.

    Sources: Shah, Wilson and Ghahramani, "Student-t processes as alternatives to Gaussian processes", AISTATS
    2014; Lee et al., "Scale mixtures of neural network Gaussian processes", ICLR 2022, for the mixture over a
    network's kernel.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units; all share the scale.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first (BoTorch's `Normalize(d, bounds=...)` outside a Study).
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        covar_module: any GPyTorch kernel instead of the Gaussian process's default.
        descriptors: categorical column -> `k x p` properties of its categories.
        alpha: shape of the scale's prior.
        beta: its rate.
        learn_scale_prior: whether `alpha` and `beta` are fitted too, from the values given. When None, where
            outcomes are taken as they are: standardised ones have the scale that the values given expect.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, a prior whose
            parameters are not positive.
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
        alpha: float = 2.0,
        beta: float = 2.0,
        learn_scale_prior: bool | None = None,
    ) -> None:
        learned = outcome_transform is None if learn_scale_prior is None else learn_scale_prior
        prior = InverseGamma(float(alpha), float(beta), learned=learned)
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
