"""The problems of `benchmarks.field`: the 24 BBOB functions and two tasks of tuning a learner.

BBOB: Hansen, Finck, Ros and Auger, "Real-parameter black-box optimization benchmarking 2009: noiseless
functions definitions", INRIA RR-6829, first instance of each, as the package `ioh` has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from augury.problems import Problem, load_problem
from augury.space import Float, Goals, Int, Minimize, Space

#: The functions' dimensions, in turn.
DIMENSIONS = (4, 6, 8, 10)
BBOB = [f"bbob-{number:02d}-{DIMENSIONS[(number - 1) % len(DIMENSIONS)]}" for number in range(1, 25)]
#: Their optimum is not known: it is below any value found.
TUNING = ["support-vectors", "boosted-trees"]
FIELD = [*BBOB, *TUNING]


def field_problem(name: str) -> Problem:
    """The problem called `name`: `bbob-FUNCTION-DIMENSION`, or a task."""
    if match := re.fullmatch(r"bbob-(\d+)-(\d+)", name):
        return _bbob(name, int(match[1]), int(match[2]))
    return _boosted_trees(name) if name == "boosted-trees" else load_problem(name)


def _bbob(name: str, number: int, dim: int) -> Problem:
    import ioh

    function = ioh.get_problem(number, instance=1, dimension=dim, problem_class=ioh.ProblemClass.BBOB)
    names = [f"x{i}" for i in range(1, dim + 1)]
    space = Space(dict.fromkeys(names, (-5.0, 5.0)))

    def evaluate(params: Mapping[str, Any]) -> float:
        return float(function([params[one] for one in names]))

    return Problem(name, space, Goals.of(Minimize("value")), evaluate, float(function.optimum.y))


def _boosted_trees(name: str) -> Problem:
    """Log loss of boosted trees on scikit-learn's table of breast cancers, in three-fold cross-validation."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    space = Space(
        {
            "learning_rate": Float(1e-3, 1.0, log=True),
            "iterations": Int(5, 100, log=True),
            "leaves": Int(2, 64, log=True),
            "rows_in_leaf": Int(1, 100, log=True),
            "regularisation": Float(1e-4, 1e3, log=True),
        }
    )
    X, y = load_breast_cancer(return_X_y=True)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)

    def evaluate(params: Mapping[str, Any]) -> float:
        trees = HistGradientBoostingClassifier(
            learning_rate=params["learning_rate"],
            max_iter=params["iterations"],
            max_leaf_nodes=params["leaves"],
            min_samples_leaf=params["rows_in_leaf"],
            l2_regularization=params["regularisation"],
            early_stopping=False,
            random_state=0,
        )
        predicted = cross_val_predict(trees, X, y, cv=folds, method="predict_proba")
        return -float(np.log(np.maximum(predicted[np.arange(len(y)), y], 1e-6)).mean())

    return Problem(name, space, Goals.of(Minimize("loss")), evaluate, 0.0)
