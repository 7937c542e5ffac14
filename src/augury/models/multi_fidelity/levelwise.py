"""What the models have in common that are learnt level by level."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform, Standardize
from botorch.posteriors import GPyTorchPosterior, Posterior
from botorch.utils.types import _DefaultType
from gpytorch.distributions import MultivariateNormal
from linear_operator import to_linear_operator
from torch import Tensor

from augury.errors import NotSupportedError
from augury.models.multi_fidelity.level_data import LevelData
from augury.models.multi_fidelity.level_inputs import LevelInputs
from augury.models.multi_fidelity.levels import Levels, check_nested
from augury.models.outcome_surrogate import OutcomeSurrogate
from augury.models.posteriors.independent import independent
from augury.models.transformed_data import TransformedData, affine


class Chain(Protocol):
    """The levels of one outcome; nothing changes it."""

    @property
    def theta(self) -> np.ndarray:
        """All hyperparameters."""

    def at(self, theta: np.ndarray) -> Self:
        """The same data under other hyperparameters."""

    def fit(self, initial: np.ndarray | None, seed: int) -> Self:
        """The same data under the best hyperparameters."""

    @property
    def noise(self) -> Tensor:
        """`T` average noise variances."""


C = TypeVar("C", bound=Chain)


class LevelwiseModel(LevelInputs, OutcomeSurrogate, Generic[C]):
    """A BoTorch model of independent outcomes, each a chain of levels of fidelity; a member names the chain.

    One affine map standardises the outcomes of all levels, so that the relation between levels is kept.

    Args:
        train_X: `n x d` inputs, the column of levels among them.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred, one for each level, when None.
        chain: makes the chain of an outcome of its levels and the rows of each; called once per outcome.
        fidelity_features: the column of levels; None where all rows are of the truth.
        input_transform: applied to inputs first; it must leave the levels alone.
        outcome_transform: `Standardize` unless given, over the rows of all levels; None for none.
        parents: the levels that each is built on, where the designs must be nested along them; or None.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, levels that are
            none, designs that are not nested.
        NotSupportedError: an outcome transform that is not one shift and scale for all inputs.
    """

    theta: Tensor

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None,
        chain: Callable[[Levels, list[LevelData]], C],
        fidelity_features: Sequence[int] | None,
        input_transform: InputTransform | None,
        outcome_transform: OutcomeTransform | _DefaultType | None,
        parents: Callable[[int], Sequence[Sequence[int]]] | None = None,
    ) -> None:
        super().__init__()
        given = None if isinstance(outcome_transform, _DefaultType) else outcome_transform
        if given is not None and type(given) is not Standardize:
            raise NotSupportedError(
                f"{type(given).__name__} is not one shift and scale for all levels; use Standardize"
            )
        data = TransformedData.of(self, train_X, train_Y, train_Yvar, input_transform, outcome_transform)
        self._train_X = data.given
        self.levels = Levels.of(data.X, fidelity_features)
        X, rows = self.levels.split_rows(data.X)
        if parents is not None:
            check_nested(X, rows, parents(self.levels.count))
        self._chains = []
        for column in range(data.Y.shape[1]):
            whole = LevelData(X, *data.outcome(column))
            self._chains.append(chain(self.levels, [whole.subset(own) for own in rows]))
        self.register_buffer("theta", self._stacked())
        self.register_load_state_dict_post_hook(_use_loaded_theta)
        self.eval()

    # -- hyperparameters -------------------------------------------------------------------------------

    def fit(self, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Self:
        """Learn the levels of each outcome, from the cheapest upwards.

        Args:
            initial: `hyperparameters()` of an earlier fit on similar data, as a warm start; ignored where its
                shape does not match.
            seed: decides on the further starts.

        Returns:
            The model itself.
        """
        start = None if initial is None else initial.get("theta")
        if start is not None and (start.shape != self.theta.shape or not bool(torch.isfinite(start).all())):
            start = None
        rows = (
            [None] * len(self._chains) if start is None else [row.double().detach().numpy() for row in start]
        )
        self._chains = [chain.fit(row, seed) for chain, row in zip(self._chains, rows, strict=True)]
        self.theta.copy_(self._stacked())
        return self

    def hyperparameters(self) -> dict[str, Tensor]:
        """What `fit(initial=...)` takes: `theta`, one row per outcome."""
        return {"theta": self.theta.clone()}

    def _stacked(self) -> Tensor:
        return torch.from_numpy(np.stack([chain.theta for chain in self._chains]))

    def _use_theta(self) -> None:
        self._chains = [chain.at(row.numpy()) for chain, row in zip(self._chains, self.theta, strict=True)]

    @property
    def noise_variance(self) -> Tensor:
        """`m` average noise variances of the truth in the outcomes' own units."""
        return torch.stack([chain.noise[-1] for chain in self._chains]) * self._affine()[1].square()

    # -- shapes ----------------------------------------------------------------------------------------

    @property
    def num_outputs(self) -> int:
        return len(self._chains)

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return (self._train_X,)

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only, hyperparameters kept."""
        subset = self._copy_for(idcs)
        subset._chains = [self._chains[index] for index in idcs]
        subset._buffers["theta"] = subset._stacked()
        return subset

    # -- predictions -----------------------------------------------------------------------------------

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        """See `posterior`; observation noise is that of each point's level."""
        if isinstance(observation_noise, Tensor):
            raise NotSupportedError(
                "models of several fidelities add the noise of each level, not a given tensor"
            )
        inputs, levels = self.levels.split(self._transformed_points(X))
        noise = None
        if observation_noise:
            noise = torch.stack([chain.noise[levels] for chain in self._chains], dim=-1)
        posterior = self._posterior(inputs, levels, noise)
        return posterior if posterior_transform is None else self._transformed(posterior, posterior_transform)

    @abstractmethod
    def _posterior(self, X: Tensor, levels: Tensor, noise: Tensor | None) -> Posterior:
        """In the outcomes' units, at `X` (`... x q x d` without the level), `levels` (`... x q`), noise
        variances (`... x q x m`, standardised) added."""

    def _transformed(self, posterior: Posterior, transform: PosteriorTransform) -> Posterior:
        transformed: Posterior = transform(posterior)
        return transformed

    def _affine(self) -> tuple[Tensor, Tensor]:
        """`(shift, scale)`, `m` each, with outcome = shift + scale * transformed outcome."""
        return affine(self)


def gaussian_posterior(
    moments: Sequence[tuple[Tensor, Tensor]], noise: Tensor | None, outcome_transform: OutcomeTransform | None
) -> Posterior:
    """The posterior, in the outcomes' units, of independent outcomes by mean (`... x q`) and covariance.

    Args:
        moments: of each outcome, standardised.
        noise: `... x q x m` variances to be added, standardised; None for none.
        outcome_transform: what standardised them, or None.
    """
    normals = []
    for index, (mean, covariance) in enumerate(moments):
        if noise is not None:
            covariance = covariance + torch.diag_embed(noise[..., index])
        normals.append(MultivariateNormal(mean, to_linear_operator(covariance)))
    posterior: Posterior = GPyTorchPosterior(independent(normals))
    return posterior if outcome_transform is None else outcome_transform.untransform_posterior(posterior)


def _use_loaded_theta(model: LevelwiseModel[Any], _: Any) -> None:
    model._use_theta()
