"""`Study.trade_off`: a design for any preference, whatever made the results."""

from __future__ import annotations

import numpy as np
import pytest

from augury import Float, Maximize, Minimize, Study
from augury.errors import InvalidInputError, NotSupportedError
from augury.strategies import ParetoSetLearning


def _told(strategy, n, goals=("min:near", "max:profit")):
    """n results of two objectives that pull a parameter to 2 and to 8."""
    study = Study({"x": (0.0, 10.0), "n": (1, 4)}, list(goals), strategy=strategy, store=None, seed=0)
    for _ in range(n):
        (trial,) = study.ask()
        x, extra = trial.params["x"], 0.5 * (trial.params["n"] - 1)
        study.tell(trial, {"near": abs(x - 2.0) + extra, "profit": 50.0 - (x - 8.0) ** 2 - extra})
    return study


@pytest.fixture(scope="module")
def study():
    return _told("sobol", 24)


def test_the_answer_follows_the_weights(study):
    by_weight = [study.trade_off({"near": w, "profit": 1.0 - w}) for w in (0.0, 0.5, 1.0)]
    found = [one.params["x"] for one in by_weight]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(8.0, abs=0.7)
    assert found[2] == pytest.approx(2.0, abs=0.7)
    assert {one.params["n"] for one in by_weight} == {1}
    assert all(1 <= one.params["n"] <= 4 and isinstance(one.params["n"], int) for one in by_weight)


def test_it_says_what_to_expect(study):
    found = study.trade_off([1.0, 3.0])
    assert found.weights == {"near": 0.25, "profit": 0.75}
    assert set(found.mean) == set(found.std) == {"near", "profit"}
    assert found.mean["profit"] == pytest.approx(50.0 - (found.params["x"] - 8.0) ** 2, abs=2.0)
    assert all(np.isfinite(std) and std >= 0.0 for std in found.std.values())


def test_only_ratios_count(study):
    assert study.trade_off([1, 3]) == study.trade_off({"profit": 30, "near": 10})


def test_further_results_are_learnt():
    other = _told("random", 12)
    before = other.trade_off([1, 1])
    other.add({"x": 5.0, "n": 1}, {"near": -100.0, "profit": 500.0})
    after = other.trade_off([1, 1])
    assert after.params["x"] == pytest.approx(5.0, abs=0.5)
    assert after != before


def test_bad_weights_and_one_objective_are_refused(study):
    with pytest.raises(InvalidInputError, match="'near', 'profit'"):
        study.trade_off({"near": 1.0})
    with pytest.raises(InvalidInputError, match="not negative"):
        study.trade_off([-1.0, 2.0])
    with pytest.raises(NotSupportedError, match="one objective"):
        Study({"x": (0.0, 1.0)}, Maximize("y"), store=None).trade_off([1.0])


def test_a_parameter_that_is_no_choice_is_refused():
    space = {"x": (0.0, 1.0), "mesh": Float(0.0, 1.0, role="fidelity", cost=[1, 10])}
    study = Study(space, ["min:a", "min:b"], store=None, seed=0)
    with pytest.raises(NotSupportedError, match="'mesh'"):
        study.trade_off([1, 1])


def test_nothing_measured_has_no_trade_off():
    assert Study({"x": (0.0, 1.0)}, [Minimize("a"), Minimize("b")], store=None).trade_off([1, 1]) is None


def test_a_study_decides_by_pareto_set_learning_and_goes_on_from_its_store(tmp_path):
    strategy = ParetoSetLearning(steps=30, hidden=(8,), n_candidates=50, n_initial=4)
    study = _told(strategy, 6)
    reasons = [trial.prediction.reason for trial in study.trials]
    assert reasons[:4] == ["initial design"] * 4
    assert reasons[4] in ("exploit", "balance", "explore")
    named = Study(
        {"x": (0.0, 1.0)}, ["min:a", "min:b"], strategy="pareto-set-learning", store=tmp_path / "s.db", seed=0
    )
    assert named.ask()[0].params
    assert Study.load(tmp_path / "s.db").ask()[0].number == 1
