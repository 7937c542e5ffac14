"""What every surrogate with exact Gaussian inference has in common, whatever its covariance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.posteriors import Posterior
from botorch.utils.types import _DefaultType
from torch import Tensor

from augury.errors import NotSupportedError
from augury.models.conditionable_surrogate import ConditionableSurrogate
from augury.models.exact.covariance import Covariance
from augury.models.exact.cross_posterior import CrossPosterior
from augury.models.exact.pointwise import PointwiseMoments
from augury.models.exact.priors import NOISE_PRIOR, LogNormal
from augury.models.exact.regression import ExactRegression
from augury.models.exact.regressions import Regressions
from augury.models.standardization import Standardization
from augury.models.transformed_data import TransformedData, affine

#: What a torch module has, beside names that begin with an underscore.
_OF_A_MODULE = frozenset({"training", "theta", "outcome_transform"})


class ExactModel(PointwiseMoments, ConditionableSurrogate):
    """A BoTorch model of independent outcomes with exact inference; a member names the covariance.

    It stands between users' units and `Regressions`: it transforms inputs and outcomes, keeps `theta` (one
    row of hyperparameters per outcome) in its state, and gives BoTorch posteriors, conditioned models and
    fantasies.

    Args:
        train_X: `n x d` inputs.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        covariance: gives the covariance function bound to the transformed training inputs (`n x d` array);
            called once per outcome.
        input_transform: applied to inputs first.
        outcome_transform: `Standardize` unless given; None to take outcomes as they are.
        noise_prior: of the noise variance of each standardised outcome, where it is inferred.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite.
    """

    theta: Tensor
    capabilities = frozenset({"gaussian", "joint_samples", "condition", "fantasize", "train_inputs"})

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None,
        covariance: Callable[[np.ndarray], Covariance],
        input_transform: InputTransform | None,
        outcome_transform: OutcomeTransform | _DefaultType | None,
        noise_prior: LogNormal = NOISE_PRIOR,
    ) -> None:
        self._standardization: Standardization | None = None
        if input_transform is None and isinstance(outcome_transform, _DefaultType):
            data, self._standardization = TransformedData.standardised(train_X, train_Y, train_Yvar)
        else:
            super().__init__()
            data = TransformedData.of(self, train_X, train_Y, train_Yvar, input_transform, outcome_transform)
        self._train_X = data.given
        outcomes = []
        for column in range(data.Y.shape[1]):
            y, noise = data.outcome(column)
            outcomes.append(ExactRegression(data.X, y, noise, covariance(data.X), noise_prior))
        self._regressions = Regressions(outcomes)
        if self._is_module:
            self._complete_module()

    # -- the torch module ------------------------------------------------------------------------------

    @property
    def _is_module(self) -> bool:
        return "_parameters" in self.__dict__

    def _complete_module(self) -> None:
        self.register_buffer("theta", self._regressions.theta)
        self.eval()

    def __getattr__(self, name: str) -> Any:
        """Without transforms given, the model becomes a torch module when something of one is asked for.

        Most models of a study never are: to construct their modules would take as long as half the fit.
        """
        is_torchs = name in _OF_A_MODULE or (name.startswith("_") and not name.startswith("__"))
        if self._is_module or not is_torchs or "_regressions" not in self.__dict__:
            return super().__getattr__(name)
        super().__init__()
        if self._standardization is not None:
            self.outcome_transform = self._standardization.transform()
        self._complete_module()
        return getattr(self, name)

    def __getstate__(self) -> dict[str, Any]:
        _ = self.training  # a copy is that of a module
        return self.__dict__

    # -- hyperparameters -------------------------------------------------------------------------------

    def fit(self, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Self:
        """Find the maximum a posteriori hyperparameters of each outcome.

        Args:
            initial: `hyperparameters()` of an earlier fit on similar data, as a warm start; ignored where its
                shape does not match.
            seed: decides on the further starts, where there are any.

        Returns:
            The model itself.

        Raises:
            NotSupportedError: a batch of conditioned models.
        """
        return self._fit(initial, seed, nearby=False)

    def fit_nearby(self, initial: Mapping[str, Tensor]) -> Self:
        """As `fit`, but only to the mode that `initial` leads to, for data whose other modes are known."""
        return self._fit(initial, 0, nearby=True)

    def _fit(self, initial: Mapping[str, Tensor] | None, seed: int, *, nearby: bool) -> Self:
        self._refuse_batch("cannot be fit")
        start = None if initial is None else initial.get("theta")
        rows = None if start is None else torch.as_tensor(start, dtype=torch.float64).detach()
        self._regressions = self._regressions.fit(rows, seed, nearby=nearby)
        if self._is_module:
            self.theta.copy_(self._regressions.theta)
        return self

    def hyperparameters(self) -> dict[str, Tensor]:
        """What `fit(initial=...)` takes: `theta`, one row per outcome."""
        return {"theta": self._regressions.theta}

    def log_posterior(self) -> float:
        """The log marginal likelihood plus log prior of the current hyperparameters, over all outcomes."""
        return sum(outcome.log_posterior() for outcome in self._outcomes)

    @property
    def noise_variance(self) -> Tensor:
        """`m` average noise variances in the outcomes' own units."""
        scale = self._affine()[1].numpy()
        return torch.from_numpy(np.array(self._regressions.mean_noise) * scale**2)

    @property
    def lengthscales(self) -> np.ndarray | None:
        """`d` lengthscales, NaN for categorical columns; None where inputs are transformed, outcomes are
        several or the kernel has none of each input."""
        if self.num_outputs != 1 or hasattr(self, "input_transform"):
            return None
        return self._outcomes[0].covariance.lengthscales

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._use_theta()

    def _use_theta(self) -> None:
        self._refuse_batch("cannot load other hyperparameters")
        self._regressions = self._regressions.at(self.theta)

    # -- shapes ----------------------------------------------------------------------------------------

    @property
    def num_outputs(self) -> int:
        return len(self._regressions)

    @property
    def batch_shape(self) -> torch.Size:
        return self._regressions.batch_shape

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return (self._train_X,)

    @property
    def train_targets(self) -> Tensor:
        """The transformed outcomes: `n`, or `m x n` for several; a batch of them when conditioned."""
        targets = self._regressions.targets
        return targets[0] if self.num_outputs == 1 else torch.stack(targets, dim=-2)

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only, hyperparameters kept."""
        subset = self._copy_for(idcs)
        subset._regressions = self._regressions[idcs]
        subset._buffers["theta"] = subset._regressions.theta
        return subset

    # -- predictions -----------------------------------------------------------------------------------

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        inputs = self._inputs(X)
        noise = observation_noise if isinstance(observation_noise, Tensor) else None
        if noise is None and observation_noise:
            noise = torch.tensor(self._regressions.mean_noise, dtype=torch.float64)
        return self._gaussian_posterior(self._regressions.normal(inputs, noise), X, posterior_transform)

    def cross_posterior(self, Z: np.ndarray | None = None) -> CrossPosterior:
        self._require_one_outcome()
        self._refuse_batch("has no single mean; use posterior(X)")
        shift, scale = self._affine_floats()
        return CrossPosterior(self._outcomes[0], Z, shift, scale, getattr(self, "input_transform", None))

    def leave_one_out(self) -> tuple[Tensor, Tensor]:
        """Mean and variance (noise included) of each training outcome given the others, `n x m` each.

        The hyperparameters are those of the fit to all rows (Rasmussen and Williams 2006, section 5.4.2).
        """
        self._refuse_batch("has no single training set to leave rows out of")
        pairs = [outcome.leave_one_out() for outcome in self._outcomes]
        shift, scale = self._affine()
        mean = torch.from_numpy(np.stack([pair[0] for pair in pairs], axis=-1))
        variance = torch.from_numpy(np.stack([pair[1] for pair in pairs], axis=-1))
        return mean * scale + shift, variance * scale.square()

    @property
    def regressions(self) -> Regressions:
        """The outcomes in the kernel's inputs and standardised units."""
        return self._regressions

    @property
    def _outcomes(self) -> list[ExactRegression]:
        return self._regressions.outcomes

    def _refuse_batch(self, what: str) -> None:
        if len(self.batch_shape):
            raise NotSupportedError(f"a batch of conditioned models {what}")

    def _inputs(self, X: Tensor) -> Tensor:
        """The points (`... x d`) as the kernel sees them."""
        return self._transformed_points(X)

    def _affine_floats(self) -> tuple[float, float]:
        """Those of a single outcome."""
        if self._is_module or self._standardization is None:
            shift, scale = self._affine()
            return float(shift), float(scale)
        return float(self._standardization.shift[0]), float(self._standardization.scale[0])

    def _affine(self) -> tuple[Tensor, Tensor]:
        """`(shift, scale)`, `m` each, with outcome = shift + scale * transformed outcome."""
        if self._is_module or self._standardization is None:
            return affine(self)
        return torch.from_numpy(self._standardization.shift), torch.from_numpy(self._standardization.scale)

    # -- conditioning ----------------------------------------------------------------------------------

    def condition_on_observations(
        self, X: Tensor, Y: Tensor, noise: Tensor | None = None, **kwargs: Any
    ) -> Self:
        """See `ConditionableSurrogate`; a rank-`q` update of the factor."""
        X, Y = self._told(X, Y)
        inputs = self._inputs(X)
        if hasattr(self, "outcome_transform"):
            Y, _ = self.outcome_transform(Y, X=X)
        model = self._copy()
        model._regressions = self._regressions.condition(inputs, Y, noise)
        batch = model._regressions.dense[0].X.shape[:-2]
        model._train_X = torch.cat([self._train_X.expand(*batch, *self._train_X.shape[-2:]), X], dim=-2)
        return model

    def _copy(self) -> Self:
        """A copy that shares what was computed; changing its hyperparameters leaves this model alone."""
        other = self._shallow_copy()
        other._buffers["theta"] = self.theta.clone()
        return other
