from __future__ import annotations

import numpy as np
import pytest

import augury
from augury.space.pareto import hypervolume

GOALS = [augury.Minimize("cost"), augury.Maximize("yield"), augury.Constraint("heat", upper=1.0)]
RESULTS = [(1.0, 1.0, 0.0), (2.0, 3.0, 0.5), (3.0, 2.0, 0.5), (0.5, 9.0, 2.0), (4.0, 5.0, 1.0)]


@pytest.fixture
def study():
    study = augury.Study({"x": (0.0, 10.0)}, GOALS, store=None, seed=0)
    for x, result in enumerate(RESULTS):
        study.add({"x": float(x)}, result)
    return study


def test_the_front_holds_the_feasible_trials_that_nothing_beats(study):
    assert [trial.params["x"] for trial in study.pareto_front()] == [0.0, 1.0, 4.0]


def test_with_one_objective_the_front_is_the_best():
    study = augury.Study({"x": (0.0, 1.0)}, augury.Minimize("y"), store=None)
    assert study.pareto_front() == []
    for x in (0.2, 0.1, 0.7):
        study.add({"x": x}, x)
    assert study.pareto_front() == [study.best]


def test_the_hypervolume_grows_from_a_reference_in_the_units_of_the_outcomes(study):
    history = study.hypervolume()
    assert history.trials == [0, 1, 2, 4]
    assert history.reference == pytest.approx({"cost": 4.3, "yield": 0.6})
    values = np.array([[-cost, gain] for cost, gain, heat in RESULTS if heat <= 1.0])
    assert history.values[-1] == pytest.approx(hypervolume(values, np.array([-4.3, 0.6])))
    assert (np.diff(history.values) >= 0).all()


def test_a_threshold_is_the_reference():
    goals = [augury.Minimize("cost", threshold=3.5), augury.Maximize("yield")]
    study = augury.Study({"x": (0.0, 10.0)}, goals, store=None)
    assert study.hypervolume().reference == {}
    for cost, gain, _ in RESULTS:
        study.add({"x": cost}, (cost, gain))
    assert study.hypervolume().reference["cost"] == 3.5


def test_a_study_of_several_objectives_has_no_single_best(study):
    with pytest.raises(augury.NotSupportedError, match="pareto_front"):
        _ = study.best


def test_a_run_covers_the_front_and_can_be_continued(tmp_path):
    def evaluate(params):
        x = params["x"]
        return {"near": (x - 1.0) ** 2, "far": (x - 3.0) ** 2}

    goals = [augury.Minimize("near"), augury.Minimize("far", threshold=4.5)]
    for budget in (8, 14):
        study = augury.Study({"x": (-10.0, 10.0)}, goals, store=tmp_path / "two.db", seed=1)
        study.run(evaluate, budget)
    front = study.pareto_front()
    assert len(front) >= 5
    assert all(0.8 <= trial.params["x"] <= 3.2 for trial in front)
    assert augury.Study.load(tmp_path / "two.db").goals == study.goals
