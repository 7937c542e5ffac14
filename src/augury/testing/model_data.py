"""Checks that a model takes whatever data a study holds, and refuses what is none."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from botorch.utils.datasets import SupervisedDataset
from torch import Tensor

from augury.errors import InvalidInputError, NotSupportedError
from augury.testing.model_cases import (
    ModelFactory,
    fit,
    moments,
    outcomes,
    points,
    require,
    require_close,
    require_sound,
)


def takes_categories(factory: ModelFactory) -> None:
    """Integer-coded columns are told apart, and a category never seen is no reason to fail."""
    X = points(24)
    X[:, 1] = torch.arange(24) % 3
    effect = torch.tensor([0.0, 4.0, 1.0], dtype=torch.float64)
    Y = X[:, :1] + effect[X[:, 1].long()].unsqueeze(-1)
    model = fit(factory(X, Y, categorical_features=[1]))
    new = torch.tensor([[0.5, 0.0], [0.5, 1.0], [0.5, 2.0]], dtype=torch.float64)
    mean, _ = require_sound(model, new, "known categories")
    order = mean.reshape(-1).argsort().tolist()
    require(order == [0, 2, 1], f"three categories of rising mean 0, 2, 1 are ranked {order}")
    unseen = fit(factory(X[X[:, 1] < 2], Y[X[:, 1] < 2], categorical_features=[1]))
    require_sound(unseen, new, "a category without training rows")


def copes_with_one_row(factory: ModelFactory) -> None:
    """One row is no reason to fail."""
    X = points(1)
    model = fit(factory(X, outcomes(X)))
    mean, _ = require_sound(model, points(5, seed=1), "one row")
    require_close(mean, outcomes(X).expand(5, 1, 1), 10.0, "one row is not what is predicted")


def copes_with_duplicates(factory: ModelFactory) -> None:
    """Replicates, equal or not in their result, are ordinary data."""
    X = points(4)[[0, 0, 0, 0, 1, 1, 2, 3]]
    Y = outcomes(X)
    for case in (Y, Y + torch.arange(8.0).double().unsqueeze(-1), torch.full_like(Y, 2.0)):
        require_sound(fit(factory(X, case)), points(5, seed=1), "duplicates")
    same = points(1).expand(6, 2)
    require_sound(fit(factory(same, Y[:6])), points(5, seed=1), "one point only")


def copes_with_constant_outcomes(factory: ModelFactory) -> None:
    """A function that has always returned the same number is expected to go on."""
    X = points(8)
    for level in (0.0, 3.0, -1e12):
        mean, _ = require_sound(fit(factory(X, torch.full((8, 1), level))), X, f"constant {level:g}")
        tolerance = 1e-3 * max(1.0, abs(level))
        require_close(
            mean, torch.full((8, 1, 1), level, dtype=torch.float64), tolerance, "a constant is lost"
        )


def copes_with_extreme_outcomes(factory: ModelFactory) -> None:
    """Outcomes of any magnitude, or with an outlier, are ordinary data."""
    X = points(10)
    Y = outcomes(X)
    outlier = Y.clone()
    outlier[3] = 1e8
    for case in (Y * 1e-12, Y * 1e12, Y + 1e9, outlier):
        require_sound(fit(factory(X, case)), points(5, seed=1), f"outcomes around {float(case.mean()):.3g}")


def copes_with_known_noise(factory: ModelFactory) -> None:
    """Known variances may be zero, equal, or of very different size."""
    X = points(10)
    Y = outcomes(X)
    spread = torch.logspace(-12, 6, 10, dtype=torch.float64).unsqueeze(-1)
    for noise in (torch.zeros_like(Y), torch.full_like(Y, 0.01), spread):
        require_sound(fit(factory(X, Y, noise)), points(5, seed=1), "known noise")
    twice = torch.cat([X, X])
    require_sound(fit(factory(twice, outcomes(twice), torch.zeros(20, 1))), X, "no noise, duplicates")


def copes_with_points_outside_the_cube(factory: ModelFactory) -> None:
    """Predictions outside the unit cube are numbers."""
    X = points(10)
    model = fit(factory(X, outcomes(X)))
    require_sound(model, 1e3 * (points(5, seed=1) - 0.5), "outside the cube")


def converts_to_double_precision(factory: ModelFactory) -> None:
    """Training data and points in single precision give predictions in double precision."""
    X, new = points(10).float(), points(5, seed=1).float()
    model = fit(factory(X, outcomes(X.double()).float()))
    mean, variance = require_sound(model, new, "single precision")
    require(mean.dtype == variance.dtype == torch.float64, f"predictions are in {mean.dtype}")


def starts_from_earlier_hyperparameters(factory: ModelFactory) -> None:
    """`fit(initial=hyperparameters())`, where offered, is safe for whatever hyperparameters come."""
    X = points(10)
    model: Any = fit(factory(X, outcomes(X)))
    if not hasattr(model, "hyperparameters"):
        return
    earlier = model.hyperparameters()
    require(all(isinstance(value, Tensor) for value in earlier.values()), "hyperparameters must be tensors")
    foreign = {name: torch.zeros(7, 5, dtype=torch.float64) for name in earlier}
    broken = {name: torch.full_like(value, torch.nan) for name, value in earlier.items()}
    for initial in (earlier, foreign, broken, {}, None):
        again: Any = factory(X, outcomes(X))
        again.fit(initial=initial)
        require_sound(again, points(5, seed=1), "fit from earlier hyperparameters")


def is_constructed_from_a_dataset(factory: ModelFactory) -> None:
    """A Model class builds its arguments from BoTorch's datasets, as Ax asks it to."""
    if not inspect.isclass(factory):
        return
    X = points(10)
    data = SupervisedDataset(X, outcomes(X), feature_names=["a", "b"], outcome_names=["y"])
    model_class: Any = factory
    direct, through = model_class(X, outcomes(X)), model_class(**model_class.construct_inputs(data))
    expected, _ = moments(fit(direct).posterior(X))
    require_close(moments(fit(through).posterior(X))[0], expected, 1e-6, "construct_inputs changes the data")


def refuses_bad_training_data(factory: ModelFactory) -> None:
    """Gaps, shapes that disagree and negative variances are refused where they enter."""
    X = points(6)
    Y = outcomes(X)
    gap, negative, codes = Y.clone(), torch.full_like(Y, 0.1), X.clone()
    gap[2], negative[1] = torch.nan, -0.1
    cases: dict[str, tuple[Any, ...]] = {
        "an outcome that is NaN": (X, gap),
        "an infinite input": (X / 0.0, Y),
        "fewer outcomes than rows": (X, Y[:4]),
        "outcomes that are a vector": (X, Y.squeeze(-1)),
        "no rows": (X[:0], Y[:0]),
        "a negative variance": (X, Y, negative),
        "variances of another shape": (X, Y, negative.abs()[:3]),
        "category codes that are not integers": (codes, Y, None, [1]),
        "a categorical column that does not exist": (X, Y, None, [2]),
        "a batch of training sets": (X.expand(2, 6, 2), Y.expand(2, 6, 1)),
    }
    for what, arguments in cases.items():
        try:
            factory(*arguments)
        except (InvalidInputError, NotSupportedError):
            continue
        raise AssertionError(f"{what} was accepted")
