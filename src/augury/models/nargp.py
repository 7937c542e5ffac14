"""Nonlinear autoregressive Gaussian processes: levels of fidelity that are functions of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from botorch.acquisition.objective import PosteriorTransform, ScalarizedPosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.posteriors import Posterior
from botorch.utils.types import DEFAULT, _DefaultType
from torch import Tensor

from augury.errors import InvalidInputError, NotSupportedError
from augury.kernels.ar1 import level_graph
from augury.models.multi_fidelity.level_covariances import level_covariances, level_features
from augury.models.multi_fidelity.level_data import LevelData
from augury.models.multi_fidelity.levels import Levels
from augury.models.multi_fidelity.levelwise import LevelwiseModel, gaussian_posterior
from augury.models.multi_fidelity.nonlinear_chain import NonlinearChain
from augury.models.posteriors.path_mixture import PathMixturePosterior


@final
class NARGP(LevelwiseModel[NonlinearChain]):
    r"""The nonlinear autoregressive Gaussian process of several fidelities.

    .. math::
        f_t(x) = g_t\big(x, f_{t-1}(x)\big), \qquad
        g_t \sim \mathcal{GP}\big(0,\; k_a(x, x')\, k_b(f, f') + k_c(x, x')\big)

    For levels whose relation is not linear, where co-kriging misleads. Each level is learnt from the
    posterior mean of the one below at its inputs, which is exact where designs are nested and free of noise.
    Predictions of the levels above the cheapest are not Gaussian: they are mixtures over sample paths of the
    levels below, a fixed set of functions, at a cost that is linear in their number. Far from data of the
    truth the model is surer than it should be.

    Without `fidelity_features` all rows are of the truth, and this is the exact Gaussian process.

    Source: Perdikaris, Raissi, Damianou, Lawrence and Karniadakis (2017), "Nonlinear information fusion
    algorithms for data-efficient multi-fidelity modelling".

    Args:
        train_X: `n x d` inputs in the unit cube, but for the column of levels: integers, 0 the cheapest.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred, one for each level, when None.
        categorical_features: the integer-coded columns; only without levels.
        fidelity_features: the column of levels, `[j]`.
        input_transform: applied to inputs first; it must leave the levels alone.
        outcome_transform: BoTorch's `Standardize` unless given, over the rows of all levels; None for none.
        nested: refuse designs that are not nested.
        num_samples: sample paths, an even number.
        num_restarts: random starts of the fit of each level above the cheapest.
        seed: of the sample paths.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, levels that are not
            integers or have no rows, designs that are not nested.
        NotSupportedError: an outcome transform other than `Standardize`; categories beside levels.
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
        nested: bool = False,
        num_samples: int = 128,
        num_restarts: int = 8,
        seed: int = 0,
    ) -> None:
        if num_samples < 2 or num_samples % 2:
            raise InvalidInputError(
                f"num_samples must be an even number (paths come in pairs); given {num_samples}"
            )
        if num_restarts < 0:
            raise InvalidInputError(f"num_restarts must not be negative; given {num_restarts}")

        def chain(levels: Levels, data: list[LevelData]) -> NonlinearChain:
            if levels.count > 1 and level_features(levels, categorical_features).categorical:
                raise NotSupportedError(
                    "NARGP takes no categories beside levels of fidelity; RecursiveCoKriging does"
                )
            lowest = level_covariances(levels, categorical_features, None, closed=False)[0]
            return NonlinearChain(data, lowest, num_restarts)

        super().__init__(
            train_X,
            train_Y,
            train_Yvar,
            chain,
            fidelity_features,
            input_transform,
            outcome_transform,
            level_graph_of_chain if nested else None,
        )
        self.num_samples = num_samples
        self._seed = seed

    @property
    def capabilities(self) -> frozenset[str]:
        """`gaussian` only where there is one level."""
        common = frozenset({"joint_samples", "train_inputs"})
        return common | {"gaussian"} if self.levels.count == 1 else common

    def _posterior(self, X: Tensor, levels: Tensor, noise: Tensor | None) -> Posterior:
        if self.levels.count == 1:
            return gaussian_posterior(
                [chain.lowest_mean_covariance(X) for chain in self._chains],
                noise,
                getattr(self, "outcome_transform", None),
            )
        shift, scale = self._affine()
        drawn = [
            chain.paths(X, levels, self.num_samples, self._seed + 7919 * index)
            for index, chain in enumerate(self._chains)
        ]
        values, means, variances = (
            torch.stack([part.expand(self.num_samples, *X.shape[:-1]) for part in parts], dim=-1).movedim(
                0, -3
            )
            for parts in zip(*drawn, strict=True)
        )
        if noise is not None:
            noise = (noise * scale.square()).unsqueeze(-3).expand(values.shape)
        return PathMixturePosterior(
            values * scale + shift, means * scale + shift, variances * scale.square(), noise
        )

    def _transformed(self, posterior: Posterior, transform: PosteriorTransform) -> Posterior:
        if isinstance(posterior, PathMixturePosterior) and isinstance(
            transform, ScalarizedPosteriorTransform
        ):
            weights = torch.as_tensor(transform.weights, dtype=torch.float64)
            return posterior.scalarized(weights, float(transform.offset))
        return super()._transformed(posterior, transform)


def level_graph_of_chain(count: int) -> tuple[tuple[int, ...], ...]:
    """Each level on the one below."""
    return level_graph(count, None)
