"""Surrogates as scikit-learn regressors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from botorch.models.model import Model
from botorch.sampling.get_sampler import get_sampler
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array, check_is_fitted, validate_data
from torch import Tensor

from augury.errors import InvalidInputError
from augury.integrations.sklearn.columns import Array, Columns
from augury.models.build import ModelSpecification, build_model, fit_model
from augury.models.persistence.files import from_bytes, to_bytes
from augury.models.surrogate import Surrogate
from augury.study.execution.limits import check_count

#: Points whose joint covariance is computed at once where only marginals are asked for.
_BLOCK = 1024


@final
class SurrogateRegressor(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Any surrogate of augury as a scikit-learn regressor, which says how sure it is.

        regressor = SurrogateRegressor("gp").fit(X, y)
        mean, std = regressor.predict(X_new, return_std=True)

    Inputs are in the user's units: each column is scaled to [0, 1] by `bounds`, or by the range of the
    training inputs; outcomes are standardised by the model. Several outcomes (`n x m`) are modelled together.

    Args:
        model: a name in `augury.models.registry.MODELS`, "auto" (the Gaussian process), a Model class,
            the same with options (`functools.partial(InfiniteWidthGP, depth=5)`), or a callable
            `(train_X, train_Y, train_Yvar, space) -> Model`.
        bounds: `(low, high)` of each column, for a scale that does not depend on the training inputs.
        categorical_features: columns whose numbers only tell categories apart (or d truth values).
        random_state: of models that draw random numbers.

    Attributes:
        model_: the trained BoTorch model, on encoded inputs.
        n_features_in_, feature_names_in_: as everywhere in scikit-learn.

    Raises:
        InvalidInputError: (from `fit`) an unknown model, bounds or columns that do not fit; a ValueError, as
            all of augury's errors about input.
    """

    def __init__(
        self,
        model: ModelSpecification = "auto",
        bounds: Sequence[tuple[float, float]] | None = None,
        categorical_features: Sequence[int] | None = None,
        random_state: Any = 0,
    ) -> None:
        self.model = model
        self.bounds = bounds
        self.categorical_features = categorical_features
        self.random_state = random_state

    def fit(self, X: Any, y: Any, y_std: Any = None) -> Self:
        """Train the surrogate.

        Args:
            X: `n x d` inputs.
            y: `n` or `n x m` outcomes.
            y_std: their known standard errors, of the shape of `y`; inferred when None.

        Returns:
            The regressor itself.

        Raises:
            ValueError: inputs that scikit-learn or the model refuses.
        """
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=True, dtype=np.float64)
        Y = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
        self._columns = Columns.of(X, self.bounds, self.categorical_features)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        model = build_model(
            self.model,
            self._columns.encoded(X),
            torch.from_numpy(Y),
            None if y_std is None else _variances(y_std, y),
            self._columns.space,
        )
        self.model_: Model = fit_model(model, seed=seed)
        self._is_one = np.ndim(y) == 1
        return self

    def predict(
        self, X: Any, return_std: bool = False, return_cov: bool = False, observation_noise: bool = False
    ) -> Any:
        """The mean at points, and how sure it is.

        Args:
            X: `n x d` points.
            return_std: also the standard deviation, of the shape of the mean.
            return_cov: also the covariance of the points, `n x n`, or `n x n x m`.
            observation_noise: count the noise of a further measurement in, too.

        Returns:
            The mean (`n`, or `n x m`), or a pair.

        Raises:
            InvalidInputError: standard deviation and covariance at once.
        """
        if return_std and return_cov:
            raise InvalidInputError("return_std and return_cov exclude each other; ask for one")
        points = self._points(X)
        if return_cov:
            return self._joint(points, observation_noise)
        with torch.no_grad():
            parts: list[Any] = [
                self.model_.posterior(block.unsqueeze(-2), observation_noise=observation_noise)
                for block in points.split(_BLOCK)
            ]
            mean = self._shaped(torch.cat([part.mean.squeeze(-2) for part in parts]))
            if not return_std:
                return mean
            variance = torch.cat([part.variance.squeeze(-2) for part in parts])
        return mean, self._shaped(variance.clamp_min(0.0).sqrt())

    def sample_y(self, X: Any, n_samples: int = 1, random_state: Any = 0) -> Array:
        """Functions drawn from the posterior, at points.

        Args:
            X: `n x d` points, at which each function is drawn jointly.
            n_samples: how many functions.
            random_state: of the draws.

        Returns:
            `n x n_samples`, or `n x m x n_samples`.

        Raises:
            InvalidInputError: no number of functions.
        """
        check_count("n_samples", n_samples)
        seed = int(check_random_state(random_state).randint(2**31 - 1))
        with torch.no_grad():
            posterior: Any = self.model_.posterior(self._points(X))
            draws = get_sampler(posterior, torch.Size([n_samples]), seed=seed)(posterior)
        drawn = draws.movedim(0, -1).numpy()
        return np.ascontiguousarray(drawn[:, 0] if self._is_one else drawn)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if isinstance(state.get("model_"), Surrogate):
            state["model_"] = _Saved(*to_bytes(state["model_"]))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        saved = state.get("model_")
        super().__setstate__({**state, "model_": saved.load()} if isinstance(saved, _Saved) else state)

    def _points(self, X: Any) -> Tensor:
        check_is_fitted(self, "model_")
        return self._columns.encoded(validate_data(self, X, reset=False, dtype=np.float64))

    def _shaped(self, values: Tensor) -> Array:
        array = values.detach().numpy()
        return np.ascontiguousarray(array[:, 0] if self._is_one else array)

    def _joint(self, points: Tensor, observation_noise: bool) -> tuple[Array, Array]:
        """Mean and covariance of the points together, of each outcome."""
        means, covariances = [], []
        with torch.no_grad():
            for outcome in range(self.model_.num_outputs):
                posterior: Any = self.model_.posterior(
                    points, output_indices=[outcome], observation_noise=observation_noise
                )
                means.append(posterior.mean.squeeze(-1))
                covariances.append(_covariance(posterior))
        return self._shaped(torch.stack(means, dim=-1)), (
            covariances[0] if self._is_one else np.stack(covariances, axis=-1)
        )


@dataclass(frozen=True)
class _Saved:
    """A trained surrogate in a pickle: its file's content, and the user's objects that no file holds."""

    content: bytes
    supplied: dict[str, Any]

    def load(self) -> Model:
        return from_bytes(self.content, self.supplied, "the pickle")


def _covariance(posterior: Any) -> Array:
    """The `n x n` covariance of one outcome.

    Raises:
        InvalidInputError: a posterior that does not tell it.
    """
    if not hasattr(posterior, "distribution"):
        raise InvalidInputError(
            f"a {type(posterior).__name__} gives no covariance; use return_std=True, or sample_y"
        )
    matrix: Array = posterior.distribution.covariance_matrix.detach().numpy()
    return matrix


def _variances(y_std: Any, y: Any) -> Tensor:
    errors = check_array(y_std, ensure_2d=False, dtype=np.float64, input_name="y_std")
    if errors.shape != np.shape(y):
        raise InvalidInputError(f"y_std must have the shape of y, {np.shape(y)}; given {errors.shape}")
    if errors.min() < 0.0:
        raise InvalidInputError(f"y_std holds {errors.min():g}; standard errors must be 0 or more")
    return torch.from_numpy(errors.reshape(len(errors), -1) ** 2)
