"""augury's decisions inside Optuna studies: what they learn from trials, and what others are told."""

from __future__ import annotations

import pickle
from typing import final

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from augury.errors import InvalidInputError
from augury.integrations.optuna import AugurySampler
from augury.integrations.optuna.evidence import goals_of, observations_of
from augury.models.registry import MODELS
from augury.space import Float, Space
from augury.strategies.base import Strategy
from augury.strategies.bayesian_optimization import BayesianOptimization
from augury.strategies.random_search import RandomSearch
from tests.quick_models import quick_models  # noqa: F401 (a fixture)

pytestmark = pytest.mark.filterwarnings("ignore::augury.inference.base.InferenceWarning")


@pytest.fixture(autouse=True)
def quiet():
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(level)


@final
class Recorder(Strategy):
    """Random search that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict] = []

    def propose(self, space, goals, observations, pending, n, *, seed, state=None):
        params = [space.decode(point[None])[0] for point in pending]
        status = observations.status.tolist()
        self.asked.append({"pending": params, "fixed": space.decode_fixed(), "status": status})
        return RandomSearch().propose(space, goals, observations, pending, n, seed=seed, state=state)


def study_of(sampler: AugurySampler, **options) -> optuna.Study:
    return optuna.create_study(sampler=sampler, **options)


def bowl(trial) -> float:
    return (trial.suggest_float("x", -5.0, 5.0) - 1.0) ** 2 + (trial.suggest_float("y", 0.0, 1.0) - 0.3) ** 2


def test_it_finds_the_minimum_and_the_maximum() -> None:
    study = study_of(AugurySampler(seed=0))
    study.optimize(bowl, n_trials=20)
    assert study.best_value < 1e-3
    upwards = study_of(AugurySampler(seed=0), direction="maximize")
    upwards.optimize(lambda trial: -bowl(trial), n_trials=20)
    assert upwards.best_value == -study.best_value  # the same decisions


def test_seeds_make_it_reproducible_and_pickles_go_on() -> None:
    first, second, other = (study_of(AugurySampler(seed=seed)) for seed in (3, 3, 4))
    for study in (first, second, other):
        study.optimize(bowl, n_trials=8)
    assert [trial.params for trial in first.trials] == [trial.params for trial in second.trials]
    assert first.trials[-1].params != other.trials[-1].params
    second.sampler = pickle.loads(pickle.dumps(second.sampler))
    second.optimize(bowl, n_trials=1)
    assert second.trials[-1].params.keys() == {"x", "y"}


@pytest.mark.usefixtures("quick_models")
@pytest.mark.parametrize("model", MODELS.names())
def test_every_surrogate_decides(model) -> None:
    study = study_of(AugurySampler(model=model, seed=0))
    distributions = {
        "x": optuna.distributions.FloatDistribution(0.0, 1.0),
        "kind": optuna.distributions.CategoricalDistribution(["a", "b", None]),
    }
    for i in range(6):
        params = {"x": i / 5, "kind": ["a", "b", None][i % 3]}
        study.add_trial(optuna.create_trial(params=params, distributions=distributions, value=i % 4))
    trial = study.ask(distributions)
    assert 0.0 <= trial.params["x"] <= 1.0
    assert trial.params["kind"] in ("a", "b", None)


@pytest.mark.parametrize("strategy", ["bayesian-optimization", "trust-region", "sobol", "random", "grid"])
def test_every_strategy_of_plain_spaces_decides(strategy) -> None:
    study = study_of(AugurySampler(strategy=strategy, seed=0))

    def objective(trial):
        return trial.suggest_int("x", 0, 30) + trial.suggest_float("y", 0.0, 1.0, step=0.25)

    study.optimize(objective, n_trials=12)
    assert len({tuple(trial.params.values()) for trial in study.trials}) > 8


def test_a_strategy_object_decides() -> None:
    study = study_of(AugurySampler(BayesianOptimization(n_initial=3), seed=0))
    study.optimize(bowl, n_trials=6)
    assert len(study.trials) == 6


@pytest.mark.parametrize(
    ("strategy", "acquisition"),
    [
        ("auto", "auto"),
        ("auto", "parego"),
        pytest.param("pareto-set-learning", "auto", marks=pytest.mark.slow),
    ],
)
def test_several_objectives_come_to_their_front(strategy, acquisition) -> None:
    study = study_of(
        AugurySampler(strategy, acquisition=acquisition, seed=0), directions=["minimize", "maximize"]
    )

    def objective(trial):
        x, y = trial.suggest_float("x", 0.0, 1.0), trial.suggest_float("y", 0.0, 1.0)
        return x**2 + y, -((x - 1.0) ** 2) - y

    study.optimize(objective, n_trials=14)
    front = [trial.params for trial in study.best_trials]
    assert len(front) >= 4
    assert np.mean([params["y"] for params in front]) < 0.15


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("way", ["set_constraint", "constraints_func"])
def test_constraints_are_met(way) -> None:
    def outside(trial) -> float:
        return trial.params["x"] + trial.params["y"] - 0.8

    function = (lambda trial: (outside(trial),)) if way == "constraints_func" else None
    study = study_of(AugurySampler(seed=1, constraints_func=function), direction="maximize")

    def objective(trial):
        x, y = trial.suggest_float("x", 0.0, 1.0), trial.suggest_float("y", 0.0, 1.0)
        if way == "set_constraint":
            trial.set_constraint("sum", outside(trial))
        return 2.0 * x + y

    study.optimize(objective, n_trials=22)
    assert study.best_trial.value == pytest.approx(1.6, abs=0.05)
    assert outside(study.best_trial) <= 0.0


def test_constraints_that_are_infinite_or_missing_do_not_stop_it() -> None:
    study = study_of(AugurySampler(seed=1))

    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        if trial.number % 3:
            trial.set_constraint("c", float("inf") if x > 0.5 else -1.0)
        return -x

    study.optimize(objective, n_trials=12)
    assert len(study.trials) == 12


def test_failures_are_failures_and_so_are_infinite_values() -> None:
    recorder = Recorder()
    study = study_of(AugurySampler(recorder, seed=0))

    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        if trial.number == 1:
            raise RuntimeError
        return float("inf") if trial.number == 2 else x

    study.optimize(objective, n_trials=5, catch=RuntimeError)
    assert recorder.asked[-1]["status"] == ["complete", "failed", "failed", "complete"]


def test_a_trial_that_was_stopped_early_teaches_by_its_reports() -> None:
    study = study_of(AugurySampler(seed=0))

    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        trial.report(2.0 * x, 0)
        if trial.number in (5, 6, 7):
            raise optuna.TrialPruned
        return x

    study.optimize(objective, n_trials=8)
    sampler, trials = study.sampler, study.get_trials(deepcopy=False)
    goals = goals_of(study.directions, trials)
    observed = observations_of(sampler._coding, goals, trials)
    complete = [trial.value for trial in trials[:5]]
    assert observed.n == 8
    assert (observed.status == "complete").all()
    assert min(complete) <= observed.Y[5:].min() <= observed.Y[5:].max() <= max(complete)


# --- spaces that are not known beforehand -----------------------------------------------------------


def branching(trial) -> float:
    if trial.suggest_categorical("kind", ["svm", "forest"]) == "svm":
        return (np.log10(trial.suggest_float("C", 1e-3, 1e3, log=True)) - 1.0) ** 2
    return 0.5 + abs(trial.suggest_int("depth", 1, 20) - 7)


def test_branches_of_an_objective_are_conditions_of_the_space() -> None:
    study = study_of(AugurySampler(seed=0))
    study.optimize(branching, n_trials=25)
    sampler = study.sampler
    structure = sampler._structure_of(study)
    assert structure.distributions.keys() == {"kind", "C", "depth"}
    assert structure.branches == {"C": ("kind", ("svm",)), "depth": ("kind", ("forest",))}
    space = sampler._coding.space
    assert [space.columns[column] for column in space.conditions.columns] == ["C", "depth"]
    assert study.best_value < 1e-2


def test_a_branch_in_a_branch_is_found_too() -> None:
    study = study_of(AugurySampler("random", seed=0))

    def objective(trial):
        value = float(trial.suggest_int("layers", 1, 2))
        value += trial.suggest_float("width1", 0.0, 1.0)
        if value >= 2.0 and trial.params["layers"] == 2:
            value += trial.suggest_float("width2", 0.0, 1.0)
            if trial.suggest_categorical("drop", [True, False]):
                value += trial.suggest_float("rate", 0.0, 1.0)
        return value

    study.optimize(objective, n_trials=20)
    branches = study.sampler._structure_of(study).branches
    assert branches == {"width2": ("layers", (2,)), "drop": ("layers", (2,)), "rate": ("drop", (True,))}


def test_a_space_that_grows_is_decided_together_again() -> None:
    study = study_of(AugurySampler(seed=0))
    study.optimize(bowl, n_trials=8)

    def wider(trial):
        return bowl(trial) + (trial.suggest_float("z", 0.0, 1.0) - 0.5) ** 2

    study.optimize(wider, n_trials=3)
    trial = study.ask()
    assert study.sampler.infer_relative_search_space(study, trial).keys() == {"x", "y"}
    study.tell(trial, wider(trial))
    study.optimize(wider, n_trials=14)
    assert study.sampler.infer_relative_search_space(study, trial).keys() == {"x", "y", "z"}
    assert study.best_value < 0.01


@pytest.mark.parametrize(("low", "high"), [(-5.0, 2.0), (-10.0, 10.0), (6.0, 9.0)])
def test_a_range_that_changes_is_the_latest(low, high) -> None:
    study = study_of(AugurySampler(seed=0))
    study.optimize(lambda trial: (trial.suggest_float("x", -5.0, 5.0) - 7.0) ** 2, n_trials=6)
    study.optimize(lambda trial: (trial.suggest_float("x", low, high) - 7.0) ** 2, n_trials=10)
    assert all(low <= trial.params["x"] <= high for trial in study.trials[6:])
    best = min(study.trials[6:], key=lambda trial: trial.value)
    assert best.params["x"] == pytest.approx(min(high, 7.0), abs=0.05)


def test_a_parameter_asked_for_now_and_then_is_drawn_at_random() -> None:
    study = study_of(AugurySampler(seed=0))

    def objective(trial):
        value = trial.suggest_float("x", 0.0, 1.0)
        return value + (trial.suggest_float("odd", 0.0, 1.0) if trial.number % 2 else 0.0)

    study.optimize(objective, n_trials=9)
    assert study.sampler._structure_of(study).distributions.keys() == {"x"}


def test_a_space_that_is_given_is_used_from_the_first_trial_on() -> None:
    space = Space(
        {"a": (0.0, 1.0), "b": (0.0, 1.0), "c": Float(1e-3, 1.0, log=True)}, constraints=["a + b <= 1"]
    )
    study = study_of(AugurySampler(seed=0, space=space), direction="maximize")
    # from the first trial on a scrambled Sobol design in the polytope, then the model
    study.optimize(
        lambda trial: (
            2 * trial.suggest_float("a", 0, 1)
            + trial.suggest_float("b", 0, 1)
            - trial.suggest_float("c", 1e-3, 1.0, log=True)
        ),
        n_trials=16,
    )
    assert all(trial.params["a"] + trial.params["b"] <= 1.0 + 1e-6 for trial in study.trials)
    assert study.best_value > 1.9


def test_distributions_that_are_given_are_used_from_the_first_trial_on() -> None:
    space = {
        "x": optuna.distributions.FloatDistribution(-5.0, 5.0),
        "y": optuna.distributions.FloatDistribution(0.0, 1.0),
    }
    study = study_of(AugurySampler("sobol", seed=0, space=space))
    study.optimize(bowl, n_trials=8)
    x = sorted((trial.params["x"] + 5.0) / 10.0 for trial in study.trials)
    assert all(i / 8 <= value <= (i + 1) / 8 for i, value in enumerate(x))  # stratified


# --- trials under evaluation ------------------------------------------------------------------------


def test_trials_under_evaluation_are_pending_points() -> None:
    study = study_of(AugurySampler(seed=0))
    study.optimize(bowl, n_trials=8)
    trials = [study.ask() for _ in range(4)]
    for trial in trials:
        bowl(trial)
    points = np.array([[trial.params["x"] / 10.0, trial.params["y"]] for trial in trials])
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)[np.triu_indices(4, 1)]
    assert distances.min() > 1e-3


def test_another_worker_knows_what_was_proposed_before_the_objective_asks_for_it(tmp_path) -> None:
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    first = study_of(AugurySampler("random", seed=0), storage=storage, study_name="s")
    first.optimize(bowl, n_trials=2)
    recorder = Recorder()
    second = optuna.load_study(study_name="s", storage=storage, sampler=AugurySampler(recorder, seed=0))
    trial = first.ask()
    x = trial.suggest_float("x", -5.0, 5.0)  # and has not asked for y yet
    bowl(second.ask())
    bowl(trial)
    known = pytest.approx({"x": x, "y": trial.params["y"]})
    assert recorder.asked == [{"pending": [known], "fixed": {}, "status": ["complete"] * 2}]


def test_threads_work_on_different_points() -> None:
    study = study_of(AugurySampler(seed=0))
    study.optimize(bowl, n_trials=16, n_jobs=4)
    assert len({tuple(trial.params.values()) for trial in study.trials}) == 16
    assert all(trial.state == TrialState.COMPLETE for trial in study.trials)


def test_what_is_enqueued_is_evaluated_and_the_rest_of_it_chosen() -> None:
    recorder = Recorder()
    study = study_of(AugurySampler(recorder, seed=0))
    study.optimize(bowl, n_trials=2)
    study.enqueue_trial({"x": -4.0})
    study.optimize(bowl, n_trials=2)
    assert study.trials[-2].params["x"] == -4.0
    assert [asked["fixed"] for asked in recorder.asked] == [{}, {"x": -4.0}, {}]
    assert [len(asked["status"]) for asked in recorder.asked] == [1, 2, 3]


def test_a_finite_space_that_is_exhausted_is_repeated() -> None:
    study = study_of(AugurySampler(seed=0))
    study.optimize(lambda trial: trial.suggest_int("x", 0, 3), n_trials=9)
    assert {trial.params["x"] for trial in study.trials} == {0, 1, 2, 3}


# --- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy": "tpe"}, "no strategy called 'tpe'"),
        ({"model": "gauss"}, "'gauss'"),
        ({"seed": -1}, "seed"),
        ({"space": {"x": (1.0, 0.0)}}, "low"),
        ({"space": 3}, "a space is"),
    ],
)
def test_bad_arguments_are_refused_at_once(options, message) -> None:
    with pytest.raises(InvalidInputError, match=message):
        AugurySampler(**options)
