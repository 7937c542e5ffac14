from __future__ import annotations

import numpy as np
import pytest

from augury.errors import InvalidInputError, NotSupportedError
from augury.space import Categorical, Float, Goals, Int, Minimize, Normal, Space
from augury.strategies import BayesianOptimization, build_strategy
from augury.strategies.environment.optimization import EnvironmentOptimization
from augury.strategies.environment.recommendation import recommend_design
from tests.strategies.cases import run, table_of

SPACE = Space(
    {
        "x": (0.0, 1.0),
        "y": (0.0, 1.0),
        "w": Float(0.0, 1.0, role="environment", distribution=Normal(0.5, 0.2)),
        "storm": Categorical(["calm", "storm"], role="environment", distribution=[0.8, 0.2]),
    }
)


def function(X: np.ndarray) -> np.ndarray:
    """Its mean over the environment is least at (0.2875, 0.55), its worst case at (0.4 - e, 0.5 - e)."""
    x, y, w, storm = X.T
    value = 4.0 * (x - 0.3 - 0.4 * (w - 0.5)) ** 2 + (y - 0.6) ** 2 + 0.5 * (x + y) * storm
    return value[:, None]


@pytest.mark.parametrize("acquisition", ["environmental-kg", "integrated-ei", "risk-ei"])
def test_the_best_mean_over_the_environment_is_found(acquisition: str) -> None:
    seen = run(EnvironmentOptimization(acquisition=acquisition), SPACE, function, 20)
    point, mean, std = recommend_design("posterior-mean", "auto", SPACE, Goals.of("min:y"), seen)
    assert np.abs(point[:2] - [0.2875, 0.55]).max() < 0.06
    exact = 4 * (point[0] - 0.3) ** 2 + 4 * 0.16 * 0.0391 + (point[1] - 0.6) ** 2 + 0.1 * point[:2].sum()
    assert mean == pytest.approx(exact, abs=0.01 + 3.0 * std)


@pytest.mark.parametrize("risk", ["worst-case", "cvar"])
def test_another_risk_has_another_optimum(risk: str) -> None:
    goals = Goals.of(Minimize("y", risk=risk, level=0.8 if risk == "cvar" else None))
    seen = run(EnvironmentOptimization(), SPACE, function, 16 if risk == "worst-case" else 20, goals=goals)
    point, value, std = recommend_design("evaluated", "auto", SPACE, goals, seen)
    u = SPACE.column_parameters[2].distribution
    assert u == Normal(0.5, 0.2)
    w = np.random.default_rng(0).normal(0.5, 0.2, 40_000)
    w = w[(w > 0.0) & (w < 1.0)]
    w = np.quantile(w, (np.arange(32) + 0.5) / 32) if risk == "worst-case" else w
    storm = np.ones_like(w) if risk == "worst-case" else np.random.default_rng(1).random(len(w)) < 0.2

    def at(x: np.ndarray) -> float:
        environments = np.stack(
            [np.full_like(w, x[0]), np.full_like(w, x[1]), w, storm.astype(float)], axis=1
        )
        values = np.sort(function(environments)[:, 0])
        return float(values[-1] if risk == "worst-case" else values[int(0.8 * len(values)) :].mean())

    best = min(at(np.array([x, y])) for x in np.linspace(0, 1, 21) for y in np.linspace(0, 1, 21))
    assert at(point[:2]) < best + 0.08
    assert value == pytest.approx(at(point[:2]), abs=0.05 + 3.0 * std)


def test_any_surrogate_serves_by_draws() -> None:
    seen = run(EnvironmentOptimization(model="gp"), SPACE, function, 10)
    assert len(seen.X) == 10
    found = recommend_design("posterior-mean", "gp", SPACE, Goals.of("min:y"), seen)
    assert found is not None
    with pytest.raises(NotSupportedError, match="risk-ei"):
        run(EnvironmentOptimization(model="gp", acquisition="environmental-kg"), SPACE, function, 8)


@pytest.mark.parametrize("goal", [Minimize("y"), Minimize("y", risk="worst-case")])
def test_batches_are_distinct_and_held_environments_kept(goal: Minimize) -> None:
    seen, goals = run(EnvironmentOptimization(), SPACE, function, 7), Goals.of(goal)
    held = SPACE.restrict({"storm": "storm"})
    pending = np.array([[0.3, 0.5, 0.5, 1.0]])
    proposal = EnvironmentOptimization().propose(held, goals, seen, pending, 3, seed=5)
    assert len(np.unique(proposal.points, axis=0)) == 3
    assert (proposal.points[:, 3] == 1.0).all()
    again = EnvironmentOptimization().propose(held, goals, seen, pending, 3, seed=5)
    np.testing.assert_array_equal(proposal.points, again.points)
    assert all(one.reason in ("exploit", "balance", "explore") for one in proposal.predictions)


def test_finite_spaces_are_exhausted() -> None:
    space = Space({"n": (1, 3), "w": Int(1, 2, role="environment")})
    for goal in (Minimize("y"), Minimize("y", risk="cvar", level=0.6)):
        seen = run(EnvironmentOptimization(), space, lambda X: X.sum(axis=1, keepdims=True), 6, goals=goal)
        assert len(np.unique(seen.X, axis=0)) == 6
        with pytest.raises(InvalidInputError, match="evaluated"):
            EnvironmentOptimization().propose(space, Goals.of(goal), seen, np.empty((0, 2)), 1, seed=0)


def test_failures_are_learnt() -> None:
    rng = np.random.default_rng(0)
    X = SPACE.snap(rng.random((16, 4)))
    Y = np.where(X[:, :1] > 0.5, np.nan, function(X))
    points = (
        EnvironmentOptimization()
        .propose(SPACE, Goals.of("min:y"), table_of(X, Y), np.empty((0, 4)), 2, seed=0)
        .points
    )
    assert (points[:, 0] < 0.6).all()


def test_auto_takes_it_and_others_refuse() -> None:
    assert isinstance(build_strategy("auto", space=SPACE), EnvironmentOptimization)
    with pytest.raises(NotSupportedError, match="role 'environment'"):
        run(BayesianOptimization(), SPACE, function, 1)
    with pytest.raises(InvalidInputError, match="environmental-kg"):
        EnvironmentOptimization(acquisition="log-ei")
    with pytest.raises(NotSupportedError, match="one objective"):
        run(EnvironmentOptimization(), SPACE, function, 1, goals=["min:y", "max:z"])
