from __future__ import annotations

import pytest

import augury
from augury.errors import InvalidInputError
from augury.space import Float, Minimize, Normal
from augury.study.recommendation import Recommendation

SPACE = {
    "x": (0.0, 1.0),
    "w": Float(-1.0, 1.0, role="environment", distribution=Normal(0.0, 0.5)),
}


def cost(x: float, w: float) -> float:
    return (x - 0.4) ** 2 + x * w


def test_a_study_speaks_of_the_design_alone(tmp_path) -> None:
    store = tmp_path / "study.db"
    goal = Minimize("cost", risk="cvar", level=0.9)
    study = augury.Study(SPACE, goal, store=store, seed=1)
    study.run(lambda params: cost(**params), budget=9)
    assert set(study.trials[-1].params) == {"x", "w"}
    best = study.best
    assert isinstance(best, Recommendation)
    assert set(best.params) == {"x"} == set(study.params)
    assert best.mean["cost"] == study.value
    assert best.std["cost"] >= 0.0
    again = augury.Study.load(store)
    assert again.goals.objectives == [goal]
    assert again.best == best
    (trial,) = again.ask(fixed={"w": 0.5})
    assert trial.params["w"] == 0.5


def test_minimize_takes_a_risk() -> None:
    study = augury.minimize(cost, SPACE, budget=7, seed=0, risk="worst-case")
    assert study.value is not None
    assert study.recommend("posterior-mean").params.keys() == {"x"}


def test_a_risk_without_an_environment_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="role='environment'"):
        augury.Study({"x": (0.0, 1.0)}, Minimize("cost", risk="worst-case"), store=None)
