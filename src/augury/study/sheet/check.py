"""How well surrogates predict the results in a table of experiments."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from augury.errors import AuguryError, InvalidInputError
from augury.models.registry import PORTFOLIO
from augury.space.space import Space
from augury.study.sheet.advice import Experiments, evenly

if TYPE_CHECKING:
    from augury.models.calibration import LeftOutScores

FEWEST = 5
"""With fewer results there is nothing to judge a surrogate by."""


@dataclass(frozen=True)
class Results:
    """The measured results of one column.

    Args:
        outcome: its name.
        space: what the points are encoded by.
        X: n x dim encoded settings.
        y: n results.
        variances: n squared standard errors, or None where not all are known.
        measured: how many results there are; n, or more.
    """

    outcome: str
    space: Space
    X: np.ndarray
    y: np.ndarray
    variances: np.ndarray | None
    measured: int


@dataclass(frozen=True)
class ModelCheck:
    """One surrogate's scores.

    Args:
        model: its name.
        scores: of its predictions of results left out.
    """

    model: str
    scores: LeftOutScores


@dataclass(frozen=True)
class Check:
    """What was found.

    Args:
        results: what was predicted.
        checks: one for each surrogate that could be trained, best log density first.
        weights: surrogate -> its weight in a portfolio of all results; empty where none was asked for.
        failures: surrogate -> why it could not be trained.
    """

    results: Results
    checks: list[ModelCheck]
    weights: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def headline(self) -> str:
        """What was done, in a line."""
        folds = {one.scores.folds for one in self.checks}
        parts = f"one in {folds.pop()} settings" if folds else "a part"
        n, name = len(self.results.y), self.results.outcome
        some = f"{n}" if n == self.results.measured else f"{n} of {self.results.measured}"
        return f"{some} results of {name}, predicted by surrogates trained without {parts} in turn"

    @property
    def notes(self) -> list[str]:
        """What has to be said beside the table."""
        lines = [f"{name} could not be trained: {why}" for name, why in self.failures.items()]
        if self.weights:
            lines.append(
                "The weights are those of the portfolio of all results: by predictive score on left-out "
                "results, with a prior that keeps it near its first member while results are few."
            )
        return lines

    def to_dict(self) -> dict[str, Any]:
        """The scores as strict JSON."""
        from augury.models.calibration import LEVELS

        return {
            "result": self.results.outcome,
            "n": len(self.results.y),
            "models": {
                one.model: {
                    "nll": one.scores.nll,
                    "rmse": one.scores.rmse,
                    "coverage": {f"{level:g}": one.scores.coverage(level) for level in LEVELS},
                    "calibration_error": one.scores.calibration_error,
                    "folds": one.scores.folds,
                    "weight": self.weights.get(one.model),
                }
                for one in self.checks
            },
            "failures": self.failures,
        }


def results_of(experiments: Experiments, outcome: str, space: Space) -> Results:
    """The first outcome of a table's experiments, where it was measured; of very many results some.

    Raises:
        InvalidInputError: too few results, or all the same.
    """
    measured = np.flatnonzero(experiments.measured(0))
    rows = evenly(measured)
    y, variances = experiments.Y[rows, 0], experiments.Yvar[rows, 0]
    settings = len(np.unique(experiments.X[rows], axis=0))
    if settings < FEWEST or np.ptp(y) == 0.0:
        what = "all are the same" if settings >= FEWEST else f"there are {settings}"
        raise InvalidInputError(
            f"checking a surrogate takes results of at least {FEWEST} different settings that are not all "
            f"the same; of {outcome!r} {what}"
        )
    known = variances if np.isfinite(variances).all() else None
    return Results(outcome, space, experiments.X[rows], y, known, len(measured))


def models_for(wanted: Sequence[str], results: Results) -> list[str]:
    """The surrogates to check: of "auto", the portfolio for predictions and the members that serve."""
    from augury.models.portfolio.members import names_of

    n, d = results.X.shape
    names: list[str] = []
    for name in wanted:
        if name == "auto":
            names += [*names_of("predictions", n, d), "portfolio-predictions"]
        else:
            names.append(name)
    return list(dict.fromkeys(names))


def check_table(
    results: Results,
    names: Sequence[str],
    folds: int | None,
    seed: int,
    note: Callable[[int, int, str], None] | None = None,
) -> Check:
    """Score each surrogate on the same folds.

    Args:
        results: what is to be predicted.
        names: of the surrogates.
        folds: number of parts; None to leave one setting out at a time.
        seed: of the parts and the fits.
        note: told how many parts are done, of how many, and the surrogate at work.

    Raises:
        InvalidInputError: no surrogate could be trained.
    """
    import torch

    from augury.models.build import build_model, fit_model
    from augury.models.calibration import folds_of_settings, score_left_out

    X, Y = torch.from_numpy(results.X.copy()), torch.from_numpy(results.y[:, None].copy())
    Yvar = None if results.variances is None else torch.from_numpy(results.variances[:, None].copy())
    parts = len(X) if folds is None else folds
    total, done = len(names) * (int(folds_of_settings(X, parts, seed).max()) + 1), 0
    checks, weights, failures = [], {}, {}
    for name in names:

        def after_fold(name: str = name) -> None:
            nonlocal done
            done += 1
            if note is not None:
                note(done, total, name)

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # each surrogate's doubts show in its scores
                scores = score_left_out(
                    name, X, Y, Yvar, results.space, folds=parts, seed=seed, after_fold=after_fold
                )
                if name.startswith(PORTFOLIO):
                    weights = fit_model(build_model(name, X, Y, Yvar, results.space), seed=seed).weights
        except (AuguryError, ArithmeticError, RuntimeError, ValueError) as error:
            failures[name] = " ".join(str(error).split())
            continue
        checks.append(ModelCheck(name, scores))
    if not checks:
        raise InvalidInputError("; ".join(f"{name}: {why}" for name, why in failures.items()))
    return Check(results, sorted(checks, key=lambda one: one.scores.nll), weights, failures)
