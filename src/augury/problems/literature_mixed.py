"""Mixed problems of the literature: categories, whole numbers and continuous parameters together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from augury.problems.problem import Problem
from augury.problems.test_functions import OUTCOME, synthetic
from augury.space.goal import Minimize
from augury.space.goals import Goals
from augury.space.parameters import Categorical, Float, Int
from augury.space.space import Space

_VALLEYS = ("rosenbrock", "camel", "beale")
_CAMEL_MINIMUM = -1.031628453489877 / 10.0
_ACKLEY_CATEGORIES = 17


def func_2c(name: str) -> Problem:
    """Func2C: two categories (of 3 and 5) choose which two of three valleys over the plane are added up.

    Source: Ru, Alvi, Nguyen, Osborne and Roberts, "Bayesian optimisation over multiple continuous and
    categorical inputs", ICML 2020, appendix.
    """
    space = Space(_categories(3, 5) | {"x1": Float(-1.0, 1.0), "x2": Float(-1.0, 1.0)})

    def evaluate(params: Mapping[str, Any]) -> float:
        first, second = _codes(params, 2)
        point = 2.0 * params["x1"], 2.0 * params["x2"]
        return _valley(_VALLEYS[first], *point) + _valley(_VALLEYS[min(second, 2)], *point)

    return Problem(name, space, Goals.of(Minimize(OUTCOME)), evaluate, 2.0 * _CAMEL_MINIMUM)


def func_3c(name: str) -> Problem:
    """Func3C: Func2C, to which a third category (of 4) adds a multiple of one of the valleys.

    Source: Ru et al. (2020), appendix.
    """
    space = Space(_categories(3, 5, 4) | {"x1": Float(-1.0, 1.0), "x2": Float(-1.0, 1.0)})
    thirds = ((5.0, "camel"), (2.0, "rosenbrock"), (2.0, "beale"), (3.0, "beale"))

    def evaluate(params: Mapping[str, Any]) -> float:
        first, second, third = _codes(params, 3)
        point = 2.0 * params["x1"], 2.0 * params["x2"]
        factor, valley = thirds[third]
        both = _valley(_VALLEYS[first], *point) + _valley(_VALLEYS[min(second, 2)], *point)
        return both + factor * _valley(valley, *point)

    return Problem(name, space, Goals.of(Minimize(OUTCOME)), evaluate, 7.0 * _CAMEL_MINIMUM)


def ackley_5c(name: str) -> Problem:
    """Ackley's function of one continuous coordinate and five categories of 17 levels in [-1, 1] each.

    Source: Ru et al. (2020), section 5.
    """
    inner = synthetic(name, "Ackley", 6)
    levels = {f"level-{i}": 2.0 * i / (_ACKLEY_CATEGORIES - 1) - 1.0 for i in range(_ACKLEY_CATEGORIES)}
    categories = {f"c{i}": Categorical(list(levels)) for i in range(1, 6)}
    space = Space(categories | {"x": Float(-1.0, 1.0)})

    def evaluate(params: Mapping[str, Any]) -> float:
        numbers = {f"x{i}": levels[params[f"c{i}"]] for i in range(1, 6)}
        return inner.function(numbers | {"x6": params["x"]})

    return Problem(name, space, Goals.of(Minimize(OUTCOME)), evaluate, 0.0)


def pressure_vessel(name: str) -> Problem:
    """Cost of a pressure vessel; plates come in multiples of 1/16 inch. Violated limits raise the cost.

    To the cost is added 50,000 s / (1 + s), where s is the sum of the relative violations: more than a
    violation can save.

    Sources: Sandgren, "Nonlinear integer and discrete programming in mechanical design optimization", Journal
    of Mechanical Design 112 (1990); the best known design is that of Yang et al., "True global optimality of
    the pressure vessel design problem", International Journal of Bio-Inspired Computation 5 (2013).
    """
    space = Space(
        {
            "shell": Int(1, 99),
            "head": Int(1, 99),
            "radius": Float(10.0, 200.0),
            "length": Float(10.0, 200.0),
        }
    )

    def evaluate(params: Mapping[str, Any]) -> float:
        shell, head = params["shell"] / 16.0, params["head"] / 16.0
        radius, length = params["radius"], params["length"]
        cost = (
            0.6224 * shell * radius * length
            + 1.7781 * head * radius**2
            + 3.1661 * shell**2 * length
            + 19.84 * shell**2 * radius
        )
        volume = math.pi * radius**2 * length + 4.0 / 3.0 * math.pi * radius**3
        violations = (
            0.0193 * radius / shell - 1.0,
            0.00954 * radius / head - 1.0,
            1.0 - volume / 1_296_000.0,
        )
        violation = sum(max(one, 0.0) for one in violations)
        return cost + 5e4 * violation / (1.0 + violation)

    return Problem(name, space, Goals.of(Minimize(OUTCOME)), evaluate, 6059.714335)


def support_vectors(name: str) -> Problem:
    """Error of support vector regression on scikit-learn's table of diabetes progression, to be tuned.

    The root mean squared error in three-fold cross-validation, over the kernel, the scaling of the inputs,
    the degree of a polynomial and four numbers on logarithmic scales. The optimum is not known: 53 is less
    than any value found.
    """
    import numpy as np
    from sklearn.datasets import load_diabetes
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler
    from sklearn.svm import SVR

    scalers = {
        "none": "passthrough",
        "standard": StandardScaler(),
        "range": MinMaxScaler(),
        "quantile": QuantileTransformer(n_quantiles=50, output_distribution="normal"),
    }
    space = Space(
        {
            "kernel": Categorical(["linear", "poly", "rbf", "sigmoid"]),
            "scaling": Categorical(list(scalers)),
            "degree": Int(2, 5),
            "C": Float(1e-2, 1e3, log=True),
            "gamma": Float(1e-4, 1e1, log=True),
            "epsilon": Float(1e-2, 1e2, log=True),
            "offset": Float(1e-2, 1e1, log=True),
        }
    )
    X, y = load_diabetes(return_X_y=True)
    folds = KFold(3, shuffle=True, random_state=0)
    most = float(2.0 * np.std(y))  # a regression that diverges is no worse than a useless one

    def evaluate(params: Mapping[str, Any]) -> float:
        machine = SVR(
            kernel=params["kernel"],
            degree=params["degree"],
            C=params["C"],
            gamma=params["gamma"],
            epsilon=params["epsilon"],
            coef0=params["offset"],
            max_iter=20_000,
        )
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the iterations
            predicted = cross_val_predict(make_pipeline(scalers[params["scaling"]], machine), X, y, cv=folds)
        return min(float(np.sqrt(np.mean((predicted - y) ** 2))), most)

    return Problem(name, space, Goals.of(Minimize(OUTCOME)), evaluate, 53.0)


def _categories(*counts: int) -> dict[str, Any]:
    return {f"c{i}": Categorical([str(code) for code in range(k)]) for i, k in enumerate(counts, start=1)}


def _codes(params: Mapping[str, Any], count: int) -> Sequence[int]:
    return [int(params[f"c{i}"]) for i in range(1, count + 1)]


def _valley(which: str, x: float, y: float) -> float:
    """Rosenbrock's, the six-hump camel's or Beale's function, brought to similar heights."""
    if which == "rosenbrock":
        return (100.0 * (y - x**2) ** 2 + (x - 1.0) ** 2) / 300.0
    if which == "camel":
        return ((4.0 - 2.1 * x**2 + x**4 / 3.0) * x**2 + x * y + (4.0 * y**2 - 4.0) * y**2) / 10.0
    return sum((a - x + x * y**k) ** 2 for k, a in ((1, 1.5), (2, 2.25), (3, 2.625))) / 50.0
