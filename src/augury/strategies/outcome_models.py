"""One fitted surrogate per outcome, each on the rows where that outcome was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from augury.models.build import build_model, fit_model, starts_warm
from augury.models.log_warping import LogWarping, choose_warping
from augury.models.portfolio.members import JUDGE
from augury.models.portfolio.record import part_of
from augury.models.registry import PORTFOLIO, UNIVERSAL_KRIGING

if TYPE_CHECKING:
    from augury.space.observations import Observations
    from augury.space.space import Space

ModelChoice = str | type | Callable[..., Any]

#: Of fewer numeric inputs a process learns the shape by itself; of more a trend made searches worse.
_NUMERIC_OF_A_TREND = range(3, 13)


@dataclass(frozen=True)
class OutcomeModels:
    """The surrogates of a study.

    Args:
        models: outcome column -> its fitted BoTorch model; outcomes that were never measured have none.
        warpings: outcome column -> what its model's outcomes were warped by, where they were.
    """

    models: dict[int, Any]
    warpings: dict[int, LogWarping] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        model: ModelChoice,
        space: Space,
        observations: Observations,
        *,
        seed: int,
        warm: Mapping[str, torch.Tensor],
        may_adapt: Mapping[int, float] = MappingProxyType({}),
    ) -> OutcomeModels:
        """Fit one model per measured outcome.

        Args:
            model: what `augury.models.build.build_model` takes.
            space: where the points live.
            observations: rows that failed or were not measured are left out; the variances of the errors are
                used where every row has one, otherwise a common one is inferred. Gradients are used by the
                models that take them.
            seed: for the restarts of the fit.
            warm: `hyperparameters` of an earlier fit of the same outcomes, or empty.
            may_adapt: outcome column -> +1 where larger outcomes are better, -1 where smaller ones are. The
                process of "auto" models these with a trend, of 3 to 12 numeric inputs, and it or the
                portfolio on a logarithmic scale, where they are likelier on it and their errors unknown.
        """
        models, warpings = {}, {}
        for column in range(observations.Y.shape[1]):
            measured = observations.complete & np.isfinite(observations.Y[:, column])
            if not measured.any():
                continue
            data, start = _Measured.of(observations, measured, column), _of_column(warm, column)
            adapted = _with_trend(model, space) if column in may_adapt else model
            if column not in may_adapt or data.Yvar is not None:
                models[column] = data.fitted(adapted, space, data.Y, start, seed)
                continue
            models[column], warping = data.fitted_on_likelier_scale(
                adapted, space, may_adapt[column], start, seed
            )
            if warping is not None:
                warpings[column] = warping
        return cls(models, warpings)

    def hyperparameters(self) -> dict[str, torch.Tensor]:
        """What `fit` takes as `warm` next time: "column:name" -> value."""
        return {
            f"{column}:{name}": value.detach()
            for column, model in self.models.items()
            if starts_warm(model)
            for name, value in model.hyperparameters().items()
        }

    def mean_variance(self, column: int, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance (each N) of the underlying function of one outcome at X (N x d), in its units."""
        moments = _moments(self.models[column], X)
        return self.warpings[column].moments(*moments) if column in self.warpings else moments

    def warped(self, column: int, y: np.ndarray) -> np.ndarray:
        """Outcomes of one column (any shape) as its model has them."""
        return self.warpings[column](y) if column in self.warpings else y

    def mean(self, column: int, X: np.ndarray) -> np.ndarray:
        """The mean alone (N) at X (N x d), cheaper than with the variance where the model has it in closed
        form."""
        model = self.models[column]
        moments: Any = model.cross_posterior() if hasattr(model, "cross_posterior") else None
        if column in self.warpings or not hasattr(moments, "mean"):
            return self.mean_variance(column, X)[0]
        mean: np.ndarray = moments.mean(X)
        return mean

    def given_violation(self, column: int, sign: float, offset: float, X: np.ndarray) -> Any:
        """The model of an outcome, given that it violates `sign * y + offset <= 0` at X (p x d).

        Each value is the predicted one, or one standard deviation beyond the limit where that is less bad: a
        "constant liar" (Ginsbourger, Le Riche and Carraro, 2010). A model that cannot be conditioned is
        returned as it is.
        """
        model = self.models[column]
        if "condition" not in getattr(model, "capabilities", ()):
            return model
        mean, variance = self.mean_variance(column, X)
        excess = np.maximum(sign * mean + offset, np.sqrt(np.maximum(variance, 0.0)))
        values = sign * (excess - offset)
        return model.condition_on_observations(torch.from_numpy(X), torch.from_numpy(values)[:, None])


@dataclass(frozen=True)
class _Measured:
    """What was measured of one outcome.

    Args:
        X: `n x d` points.
        Y: `n x 1` outcomes.
        Yvar: `n x 1` variances of their errors, or None.
        gradients: `n x 1 x d`, or None.
    """

    X: np.ndarray
    Y: np.ndarray
    Yvar: torch.Tensor | None
    gradients: torch.Tensor | None

    @classmethod
    def of(cls, observations: Observations, rows: np.ndarray, column: int) -> _Measured:
        Yvar = observations.Yvar[rows, column : column + 1]
        return cls(
            observations.X[rows],
            observations.Y[rows, column : column + 1],
            torch.from_numpy(Yvar) if np.isfinite(Yvar).all() else None,
            _gradients(observations, rows, column),
        )

    def fitted(
        self, model: ModelChoice, space: Space, Y: np.ndarray, initial: Mapping[str, torch.Tensor], seed: int
    ) -> Any:
        """The model of these outcomes, or of others (`Y`, `n x 1`) in their place."""
        return fit_model(self._built(model, space, Y), initial, seed)

    def _built(self, model: ModelChoice, space: Space, Y: np.ndarray) -> Any:
        given = torch.from_numpy(self.X), torch.from_numpy(Y), self.Yvar
        return build_model(model, *given, space, self.gradients)

    def fitted_on_likelier_scale(
        self, model: ModelChoice, space: Space, sign: float, initial: Mapping[str, torch.Tensor], seed: int
    ) -> tuple[Any, LogWarping | None]:
        """The model of the outcomes, or of their logarithms, with the warping that makes these of them.

        The scale is that on which they are likelier to a Gaussian process: to the model itself, or for the
        portfolio to its judge, so that all its members predict on one scale.
        """
        is_portfolio = model == PORTFOLIO
        judge = JUDGE if is_portfolio else model
        start = part_of(initial, JUDGE) if is_portfolio else initial
        plain = self.fitted(judge, space, self.Y, start, seed)
        warping = choose_warping(plain, self.Y[:, 0], sign)
        if warping is None and not is_portfolio:
            return plain, None
        Y = self.Y if warping is None else warping(self.Y)
        start = plain.hyperparameters()
        if is_portfolio:
            start = {**initial, **{f"{JUDGE}.{name}": value for name, value in start.items()}}
            return self.fitted(model, space, Y, start, seed), warping
        return self._built(model, space, Y).fit_nearby(start), warping


def _with_trend(model: ModelChoice, space: Space) -> ModelChoice:
    """What "auto" stands for where an outcome may have a trend."""
    numeric = space.dim - len(space.categorical_features)
    return UNIVERSAL_KRIGING if model == "auto" and numeric in _NUMERIC_OF_A_TREND else model


def _moments(model: Any, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (each N) of a model of one outcome at X (N x d)."""
    if hasattr(model, "cross_posterior"):
        mean, variance, _ = model.cross_posterior()(X)
        return mean, variance
    points = torch.from_numpy(X)
    with torch.no_grad():
        if hasattr(model, "mean_variance"):
            moments = model.mean_variance(points)
        else:
            posterior = model.posterior(points.unsqueeze(-2))
            moments = posterior.mean.reshape(-1), posterior.variance.reshape(-1)
    return moments[0].numpy(), moments[1].numpy()


def _gradients(observations: Observations, rows: np.ndarray, column: int) -> torch.Tensor | None:
    """The derivatives of one outcome (`n x 1 x d`) at some rows; None where none was measured."""
    if observations.gradient is None:
        return None
    gradients = observations.gradient[rows, column : column + 1]
    return torch.from_numpy(gradients) if np.isfinite(gradients).any() else None


def _of_column(warm: Mapping[str, torch.Tensor], column: int) -> dict[str, torch.Tensor]:
    prefix = f"{column}:"
    return {name.removeprefix(prefix): value for name, value in warm.items() if name.startswith(prefix)}
