"""Space mapping: a coarse model at inputs that mean not quite the same, and what it still misses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import Kernel
from torch import Tensor

from augury.kernels.space_mapping import SpaceMappingKernel
from augury.models.exact.ascent import climb_from
from augury.models.exact.autograd import AutogradCovariance
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.regression import ExactRegression
from augury.models.multi_fidelity.joint_levels import JointLevels, levels_kernel, shifted_kernels
from augury.models.multi_fidelity.levels import Levels

#: Maps drawn from their prior, the most likely of which the search begins from beside the identity.
_DRAWN, _FOLLOWED = 24, 3
#: Up to so many inputs each may depend on all others.
_FULL_UP_TO = 5


@final
class SpaceMapping(JointLevels):
    r"""Levels of fidelity as one Gaussian process, in which each level sees its own inputs.

    .. math::
        f_t(x) = \rho_t\, f_{t-1}(P_t(x)) + \beta_t + \delta_t(x), \qquad P_t(x) = \tfrac12 + A_t (x -
        \tfrac12) + b_t

    on standardised outcomes, with the covariance `SpaceMappingKernel`: the coarse model is read at mapped
    inputs, and a process of its own corrects the rest. It is for simulators that are right about the shape of
    a response and wrong about where it is (a resonance that is shifted, a parasitic length). With the maps at
    the identity it is `CoKriging`. The maps are searched from several starts.

    Without `fidelity_features` all rows are of the truth, and this is the exact Gaussian process.

    Source: Bandler et al. (2004), "Space mapping: the state of the art"; the discrepancy of Kennedy and
    O'Hagan (2000).

    Args:
        train_X: `n x d` inputs in the unit cube, but for the column of levels: integers, 0 the cheapest.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred, one for all levels, when None.
        categorical_features: the integer-coded columns, which the maps leave alone.
        fidelity_features: the column of levels, `[j]`.
        input_transform: applied to inputs first; it must leave the levels alone.
        outcome_transform: BoTorch's `Standardize` unless given, over the rows of all levels; None for none.
        covar_module: a GPyTorch kernel of the inputs without the level, copied for each level, or one for
            each level; squared exponential with a free variance unless given.
        full: whether each input of the coarse model may depend on all inputs, or only on its own; up to 5
            inputs when None.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, levels that are not
            integers or have no rows.
    """

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        fidelity_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        covar_module: Kernel | Sequence[Kernel] | None = None,
        full: bool | None = None,
    ) -> None:

        def relation(X: np.ndarray, levels: Levels, own: Features) -> Covariance:
            assert levels.column is not None
            kernels, mapped = shifted_kernels(levels, own, covar_module), own.numeric
            each = len(mapped) <= _FULL_UP_TO if full is None else full
            return AutogradCovariance(X, SpaceMappingKernel(kernels, levels.column, mapped, each))

        super().__init__(
            train_X,
            train_Y,
            train_Yvar,
            categorical_features,
            fidelity_features,
            input_transform,
            outcome_transform,
            covar_module,
            relation,
        )

    @property
    def maps(self) -> list[tuple[Tensor, Tensor]]:
        """Per outcome the matrices `A` (`(T - 1) x m x m`) and shifts `b` (`(T - 1) x m`) that were found."""
        if self.levels.column is None:
            return []
        kernels = [levels_kernel(outcome) for outcome in self._outcomes]
        return [(kernel.matrices.detach(), kernel.shifts.detach()) for kernel in kernels]

    def _first(self, outcome: ExactRegression, seed: int) -> np.ndarray:
        """The best of the fits from the identity and from maps drawn from the prior."""
        identity = super()._first(outcome, seed)
        regression = outcome.unfitted()
        regression.theta = identity
        kernel = levels_kernel(regression)
        generator = torch.Generator().manual_seed(seed)
        drawn = []
        for _ in range(_DRAWN):
            kernel.draw_maps(generator)
            drawn.append(regression.theta)
        likelihood = regression.likelihood()
        likely = np.argsort([-likelihood.value(theta) for theta in drawn], kind="stable")[:_FOLLOWED]
        theta, _ = climb_from(likelihood, np.stack([identity, *(drawn[index] for index in likely)]))
        return theta
