"""A function of a mixed design and a mixed environment, and a process fitted to it."""

from __future__ import annotations

import numpy as np
import torch

from augury.models.environment.process import EnvironmentProcess
from augury.space.environment import FiniteMeasure, Measure, NormalMeasure, UniformMeasure

CATEGORY = FiniteMeasure(np.arange(3.0), np.array([0.5, 0.3, 0.2]))
LEVELS = FiniteMeasure(np.array([0.0, 0.5, 1.0]), np.array([0.2, 0.2, 0.6]))
MEASURES: dict[str, dict[int, Measure]] = {
    "uniform": {1: UniformMeasure()},
    "normal": {1: NormalMeasure(0.3, 0.25)},
    "levels": {1: LEVELS},
    "category": {2: CATEGORY},
    "all": {1: NormalMeasure(0.3, 0.25), 2: CATEGORY},
}


def points(n: int, seed: int = 0) -> np.ndarray:
    """`n x 4`: three numbers and in column 2 a category of three."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, 4))
    X[:, 2] = rng.integers(3, size=n)
    return X


def values(X: np.ndarray) -> np.ndarray:
    """A smooth function of all four columns."""
    wave = np.sin(4.0 * X[:, 0] + 3.0 * X[:, 1]) + 0.5 * np.cos(5.0 * X[:, 3] * X[:, 1])
    return 10.0 + 4.0 * wave + X[:, 2] * X[:, 0]


def process(environment: dict[int, Measure], n: int = 24, noise: float = 0.05) -> EnvironmentProcess:
    """Fitted to `n` noisy values."""
    X = points(n)
    y = values(X) + noise * np.random.default_rng(1).standard_normal(n)
    return EnvironmentProcess(
        torch.from_numpy(X),
        torch.from_numpy(y)[:, None],
        environment=environment,
        categorical_features=[2],
    ).fit()
