"""Intervals that hold what they promise whatever the surrogate is: conformal prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.build import ModelSpecification, build_model, fit_model
from augury.models.calibration import folds_of_settings
from augury.models.training_data import check_one_outcome
from augury.space.space import Space


@dataclass(frozen=True)
class SplitConformal:
    r"""Intervals of one surrogate, stretched so that rows it was not trained on are covered.

    .. math::
        \mu(x) \pm q\, \sigma(x), \qquad
        q = \text{the } \lceil (m + 1)\, \ell \rceil\text{-th smallest of } |y_i - \mu(x_i)| / \sigma(x_i)

    over `m` rows set apart. A further outcome of the same distribution lies inside with a probability of at
    least the level `l`, whatever the surrogate and the distribution are; on average over the rows, not at
    each point.

    Source: Lei et al., "Distribution-free predictive inference for regression", JASA 113 (2018), section 2.2
    and 5.2.

    Args:
        model: trained on the other rows.
        errors: `m` sorted errors in predicted standard deviations.
    """

    model: Any
    errors: np.ndarray

    @classmethod
    def fit(
        cls,
        model: ModelSpecification,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None,
        space: Space,
        *,
        share: float = 0.3,
        seed: int = 0,
    ) -> SplitConformal:
        """Train on a part of the rows and measure errors on the rest.

        Args:
            model: what `augury.models.build.build_model` takes.
            train_X: `n x d` encoded inputs.
            train_Y: `n x 1` outcomes.
            train_Yvar: `n x 1` noise variances, or None.
            space: what the points are encoded by.
            share: of the rows, those that are set apart.
            seed: decides which these are.

        Raises:
            InvalidInputError: a share outside (0, 1), or too few rows for one in each part.
        """
        train_X, train_Y, train_Yvar = check_one_outcome(train_X, train_Y, train_Yvar)
        n = len(train_Y)
        apart = round(share * n)
        if not 0.0 < share < 1.0 or not 1 <= apart < n:
            raise InvalidInputError(
                f"share={share} of {n} rows leaves a part without rows; give 0 < share < 1"
            )
        out = torch.zeros(n, dtype=torch.bool)
        out[torch.from_numpy(np.random.default_rng(seed).permutation(n)[:apart])] = True
        fitted = _trained(model, train_X, train_Y, train_Yvar, space, ~out, seed)
        mean, deviation = _moments(fitted, train_X[out])
        return cls(fitted, np.sort(np.abs(train_Y[out, 0].numpy() - mean) / deviation))

    def interval(self, X: Tensor, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends, `N` each, at `X` (`N x d`); infinite where rows are too few for the level.

        Raises:
            InvalidInputError: a level outside (0, 1).
        """
        _check(level)
        rank = int(np.ceil((len(self.errors) + 1) * level))
        stretch = np.inf if rank > len(self.errors) else self.errors[rank - 1]
        mean, deviation = _moments(self.model, X)
        return mean - stretch * deviation, mean + stretch * deviation


@dataclass(frozen=True)
class CrossConformal:
    r"""Intervals from surrogates that were trained without a part of the rows each: CV+, or jackknife+.

    .. math::
        \big[\text{the } \lfloor (n + 1)(1 - \ell) \rfloor\text{-th smallest of } \mu_{-i}(x) - r_i\,
        \sigma_{-i}(x), \;\; \text{the } \lceil (n + 1)\,\ell \rceil\text{-th smallest of }
        \mu_{-i}(x) + r_i\, \sigma_{-i}(x)\big]

    with the error `r_i` of row `i` in the standard deviations predicted for it without its part. All rows
    serve for both training and errors. A further outcome lies inside with a probability of at least
    `2 l - 1` in the worst case (a little less with few parts), and of about `l` in practice.

    Source: Barber, Candès, Ramdas and Tibshirani, "Predictive inference with the jackknife+", Annals of
    Statistics 49 (2021), eq. 1.5 and section 3.

    Args:
        models: one for each part.
        errors: `n` errors in predicted standard deviations.
        parts: `n`, the part of each row.
    """

    models: list[Any]
    errors: np.ndarray
    parts: np.ndarray

    @classmethod
    def fit(
        cls,
        model: ModelSpecification,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None,
        space: Space,
        *,
        folds: int | None = None,
        seed: int = 0,
    ) -> CrossConformal:
        """Train without each part in turn.

        Args:
            model: what `augury.models.build.build_model` takes.
            train_X: `n x d` encoded inputs, n >= 2.
            train_Y: `n x 1` outcomes.
            train_Yvar: `n x 1` noise variances, or None.
            space: what the points are encoded by.
            folds: number of parts; None to leave one setting out at a time.
            seed: decides which rows go together.
        """
        train_X, train_Y, train_Yvar = check_one_outcome(train_X, train_Y, train_Yvar)
        parts = folds_of_settings(train_X, len(train_X) if folds is None else folds, seed)
        models, errors = [], np.empty(len(train_Y))
        for part in range(int(parts.max()) + 1):
            out = torch.from_numpy(parts == part)
            models.append(_trained(model, train_X, train_Y, train_Yvar, space, ~out, seed))
            mean, deviation = _moments(models[-1], train_X[out])
            errors[parts == part] = np.abs(train_Y[out, 0].numpy() - mean) / deviation
        return cls(models, errors, parts)

    def interval(self, X: Tensor, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends, `N` each, at `X` (`N x d`); infinite where rows are too few for the level.

        Raises:
            InvalidInputError: a level outside (0, 1).
        """
        _check(level)
        n = len(self.errors)
        moments = [_moments(model, X) for model in self.models]
        mean = np.stack([pair[0] for pair in moments])[self.parts]
        reach = np.stack([pair[1] for pair in moments])[self.parts] * self.errors[:, None]
        rank = int(np.ceil((n + 1) * level))
        if rank > n:
            return np.full(len(X), -np.inf), np.full(len(X), np.inf)
        low, high = np.sort(mean - reach, axis=0), np.sort(mean + reach, axis=0)
        return low[n - rank], high[rank - 1]


def _trained(
    model: ModelSpecification,
    X: Tensor,
    Y: Tensor,
    Yvar: Tensor | None,
    space: Space,
    rows: Tensor,
    seed: int,
) -> Any:
    noise = None if Yvar is None else Yvar[rows]
    return fit_model(build_model(model, X[rows], Y[rows], noise, space), seed=seed)


def _moments(model: Any, X: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of an outcome, noise included, `N` each."""
    X = torch.as_tensor(X, dtype=torch.float64)
    with torch.no_grad():
        posterior = model.posterior(X.unsqueeze(-2), observation_noise=True)
        deviation = posterior.variance.clamp_min(1e-300).sqrt()
    return posterior.mean.reshape(-1).numpy(), deviation.reshape(-1).numpy()


def _check(level: float) -> None:
    if not 0.0 < level < 1.0:
        raise InvalidInputError(f"the level of an interval is a probability between 0 and 1; given {level}")
