"""The contest of a portfolio's members: who is trained, what its predictions are worth, who has weight."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from botorch.models.model import Model
from torch import Tensor

from augury.models.build import fit_model
from augury.models.folds import assign_folds
from augury.models.portfolio.held_out import by_refitting, closed_form
from augury.models.portfolio.members import member
from augury.models.portfolio.record import Record, part_of, record_from
from augury.models.portfolio.stacking import stacking_weights
from augury.models.prior_fitted.weights import PriorFittedWarning

logger = logging.getLogger(__name__)

#: With fewer rows scores say nothing, and the reference is all.
_FEWEST_ROWS = 6
#: The prior counts as so many rows that the reference alone explains, and each member some: none is ruled
#: out, so that no density is ever that of one surrogate which was too sure.
_PRIOR_ROWS, _GUARD_ROWS = 10.0, 0.5


class Contest:
    """One comparison of surrogates on one data set.

    After `hold`: `fitted` (member -> surrogate) and `weights` (member -> weight) of those that were looked
    at, `records` and `hyperparameters` of all.

    Args:
        names: of the members; the first that can be trained on the data is the reference: always looked at,
            and with all weight until others earn some.
        build: from a name and training data to a surrogate that is not fit yet.
        X: `n x d` inputs.
        Y: `n x m` outcomes.
        Yvar: `n x m` noise variances, or None.
        seed: of the fits.
    """

    def __init__(
        self,
        names: Sequence[str],
        build: Callable[[str, Tensor, Tensor, Tensor | None], Model],
        X: Tensor,
        Y: Tensor,
        Yvar: Tensor | None,
        seed: int,
    ) -> None:
        self._names, self._build, self._seed = list(names), build, seed
        self._data = X, Y, Yvar
        self._folds = assign_folds(len(X))
        self._densities: dict[str, np.ndarray] = {}
        self.fitted: dict[str, Any] = {}
        self.weights: dict[str, float] = {}
        self.records: dict[str, Record] = {}
        self.hyperparameters: dict[str, dict[str, Tensor]] = {}

    @property
    def _n(self) -> int:
        return len(self._folds)

    def hold(self, earlier: Mapping[str, Tensor]) -> None:
        """Train the members that are due, score them, and weigh them.

        Args:
            earlier: what `augury.models.portfolio.record.remembered` gave last time; without it every member
                is due.

        Raises:
            Exception: that of the last member, where none could be trained.
        """
        self.records = {name: record_from(earlier, name) for name in self._names}
        self.hyperparameters = {name: part_of(earlier, name) for name in self._names}
        failure: Exception | None = None
        for name in self._names:
            if self.fitted and (
                self._n < _FEWEST_ROWS or not self.records[name].is_due(self._n, member(name).rest)
            ):
                continue
            try:
                self._enter(name)
            except (ArithmeticError, ValueError, RuntimeError, PriorFittedWarning) as error:
                logger.warning("%s takes no part in the portfolio: %s", name, error)
                self.fitted.pop(name, None)
                self.records[name] = self.records[name].after(self._n, 0.0, float("nan"))
                failure = error
        if failure is not None and not self.fitted:
            raise failure
        self._weigh()

    def _enter(self, name: str) -> None:
        """Train a member and score it."""
        with warnings.catch_warnings():
            warnings.simplefilter("error", PriorFittedWarning)  # these data are none of its prior
            model = self._build(name, *self._data)
        model = self.fitted[name] = fit_model(model, self.hyperparameters[name], self._seed)
        if hasattr(model, "hyperparameters"):
            values = model.hyperparameters()
            self.hyperparameters[name] = {key: value.detach() for key, value in values.items()}
        if self._n >= _FEWEST_ROWS and len(self._names) > 1:
            closed = closed_form(model, self._data[1], self._folds)
            correction = self.records[name].correction
            self._densities[name] = self._refitted(name) if closed is None else closed - correction

    def _refitted(self, name: str) -> np.ndarray:
        """`n` log densities of rows left out, by training without them."""

        def build(X: Tensor, Y: Tensor, Yvar: Tensor | None) -> Model:
            return self._build(name, X, Y, Yvar)

        found = {} if member(name).purpose == "all" else self.hyperparameters[name]
        return by_refitting(build, *self._data, self._folds, self._seed, found)

    def _weigh(self) -> None:
        """Weights by the scores, once those of all that would have weight are corrected.

        A score that is not corrected is too good, so that who earns nothing by it need not be corrected.
        """
        self.weights = dict.fromkeys(list(self.fitted)[:1], 1.0)
        while len(self._densities) > 1:
            self.weights = self._stacked()
            doubtful = [name for name in self._earning() if self._wants_correction(name)]
            for name in doubtful:
                self._correct(name)
            if not doubtful:
                break
        earning = self._earning()
        for name, density in self._densities.items():
            weight = self.weights[name] if name in earning else 0.0
            self.records[name] = self.records[name].after(self._n, weight, float(density.mean()))
        self.fitted = {name: self.fitted[name] for name in self.weights}

    def _stacked(self) -> dict[str, float]:
        names = list(self._densities)
        prior = np.full(len(names), _GUARD_ROWS)
        prior[0] += _PRIOR_ROWS
        weights = stacking_weights(np.stack(list(self._densities.values()), axis=1), prior)
        return {name: float(weight) for name, weight in zip(names, weights, strict=True)}

    def _earning(self) -> list[str]:
        """The members whose weight is worth their time."""
        return [name for name, weight in self.weights.items() if weight >= member(name).least_weight]

    def _wants_correction(self, name: str) -> bool:
        """Whether the member has hyperparameters that have seen the rows left out, and what that is worth is
        not known at about so many rows."""
        return bool(self.hyperparameters[name]) and self.records[name].wants_correction(self._n)

    def _correct(self, name: str) -> None:
        record = self.records[name]
        uncorrected = self._densities[name] + record.correction
        correction = max(float(uncorrected.mean() - self._refitted(name).mean()), 0.0)
        self.records[name] = record.corrected(self._n, correction)
        self._densities[name] = uncorrected - correction
