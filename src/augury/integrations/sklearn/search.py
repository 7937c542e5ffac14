"""Search for hyperparameters by cross-validation, each candidate chosen with all scores so far in mind."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, final

import numpy as np
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import check_random_state

from augury.errors import InvalidInputError
from augury.integrations.sklearn.hyperparameters import Hyperparameters
from augury.space.goal import Maximize
from augury.strategies.base import ExhaustedError
from augury.study.execution.limits import check_count
from augury.study.result import Failure
from augury.study.study import Study

#: In the error that scikit-learn raises where no fit of the candidates that are evaluated together succeeds.
_NO_FIT = "fits failed"


@final
class AugurySearchCV(BaseSearchCV):
    """Hyperparameter search like `RandomizedSearchCV`, with Bayesian optimisation instead of chance.

        search = AugurySearchCV(SVC(), {"C": Float(1e-3, 1e3, log=True), "kernel": ["rbf", "linear"]})
        search.fit(X, y).best_params_

    Every candidate that is evaluated is in `cv_results_`, in the order in which they were chosen. Where none
    of those that are evaluated together can be fitted, they are left out; a `FitFailedWarning` tells of them,
    and the search goes on. With several metrics the search maximises the one that `refit` names; the others
    are recorded.

    Args:
        estimator: what is tuned; any scikit-learn estimator or pipeline.
        space: a `Space` (constraints and conditional parameters included) or a mapping from parameter names
            to parameters or their short forms; the choices in a list may be any objects.
        n_iter: how many candidates; fewer where a finite space has fewer.
        n_points: how many are chosen at a time, to be evaluated together by `n_jobs`.
        strategy, model, acquisition: as in `augury.Study`.
        scoring, n_jobs, refit, cv, verbose, pre_dispatch, error_score, return_train_score: as in
            `RandomizedSearchCV`.
        random_state: of the candidates.

    Attributes:
        cv_results_, best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_: as in
            `RandomizedSearchCV`.

    Raises:
        InvalidInputError: (from `fit`) a space or options that are none, or several metrics of which `refit`
            names none.
    """

    _parameter_constraints: dict[str, Any] = {**BaseSearchCV._parameter_constraints}  # noqa: RUF012

    def __init__(
        self,
        estimator: Any,
        space: Any,
        *,
        n_iter: int = 50,
        n_points: int = 1,
        strategy: Any = "auto",
        model: Any = "auto",
        acquisition: Any = "auto",
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        random_state: Any = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
    ) -> None:
        self.space = space
        self.n_iter = n_iter
        self.n_points = n_points
        self.strategy = strategy
        self.model = model
        self.acquisition = acquisition
        self.random_state = random_state
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )

    def _run_search(self, evaluate_candidates: Callable[[list[dict[str, Any]]], dict[str, Any]]) -> None:
        """Choose candidates, have them evaluated, and learn from their mean scores."""
        check_count("n_iter", self.n_iter)
        check_count("n_points", self.n_points)
        hyperparameters = Hyperparameters(self.space)
        study = Study(
            hyperparameters.space,
            Maximize("score"),
            strategy=self.strategy,
            model=self.model,
            acquisition=self.acquisition,
            store=None,
            seed=int(check_random_state(self.random_state).randint(2**31 - 1)),
        )
        done, results, error = 0, None, None
        while done < self.n_iter:
            try:
                trials = study.ask(min(self.n_points, self.n_iter - done))
            except ExhaustedError:
                break
            done += len(trials)
            try:
                results = evaluate_candidates([hyperparameters.values(trial.params) for trial in trials])
            except ValueError as raised:
                if _NO_FIT not in str(raised):
                    raise
                error = raised
                warnings.warn(
                    f"{[trial.params for trial in trials]}: {error}", FitFailedWarning, stacklevel=3
                )
                for trial in trials:
                    study.tell(trial, Failure("every fit failed"))
                continue
            scores = results[f"mean_test_{self._metric(results)}"][-len(trials) :]
            for trial, score in zip(trials, scores, strict=True):
                study.tell(trial, float(score) if np.isfinite(score) else Failure("no finite score"))
        if error is not None and results is None:
            raise error

    def _metric(self, results: dict[str, Any]) -> str:
        """The name of the metric that is maximised."""
        if "mean_test_score" in results:
            return "score"
        if isinstance(self.refit, str) and f"mean_test_{self.refit}" in results:
            return self.refit
        found = [name.removeprefix("mean_test_") for name in results if name.startswith("mean_test_")]
        raise InvalidInputError(
            f"there are several metrics; name the one that the search maximises by refit=..., one of "
            f"{', '.join(map(repr, found))}; given {self.refit!r}"
        )
