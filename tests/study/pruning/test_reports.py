"""Trials that report, in this process, in workers, by ask and tell; what becomes of those that are pruned."""

from __future__ import annotations

import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import augury
from augury.errors import InvalidInputError, NotSupportedError
from augury.space.goal import Constraint, Maximize, Minimize
from augury.study import Study
from augury.study.trial import Trial

SPACE = {"x": (0.0, 1.0)}
MEDIAN = {"name": "median", "n_startup_trials": 2}


def study_of(store: Any = None, **options: Any) -> Study:
    arguments = {
        "space": SPACE,
        "goals": Minimize("loss"),
        "strategy": "random",
        "seed": 1,
        "pruner": MEDIAN,
    } | options
    return Study(store=store, **arguments)


def learn(x: float, trial: Trial) -> float:
    for step in range(4):
        trial.report(step, x + 1.0 / (step + 1))
        if trial.should_prune():
            raise augury.Pruned
    return x


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_prunes(workers: int, tmp_path: Path) -> None:
    study = study_of(tmp_path / "study.db")
    for x in (0.2, 0.4, 0.9, 0.1):
        study.enqueue({"x": x})
    study.run(learn, 4, workers=workers)
    trials = study.trials
    if workers == 1:
        assert [trial.status for trial in trials] == ["complete", "complete", "pruned", "complete"]
        assert trials[2].intermediate_values == {0: 1.9}
    for trial in trials:
        expected = {step: trial.params["x"] + 1.0 / (step + 1) for step in range(4)}
        assert trial.intermediate_values.items() <= expected.items()
        assert trial.status == "pruned" or len(trial.intermediate_values) == 4
    assert study.evaluated == 4, "a pruned trial is not paid for"
    assert study.value == min(trial.values["loss"] for trial in trials if trial.values)
    again = Study.load(tmp_path / "study.db")
    assert [one.intermediate_values for one in again.trials] == [one.intermediate_values for one in trials]


def test_workers_prune_too(tmp_path: Path) -> None:
    """Whatever the order, a third trial that is the worst from the start does not get to its end."""
    study = study_of(tmp_path / "study.db")
    study.enqueue({"x": 0.2})
    study.enqueue({"x": 0.4})
    study.run(learn, 2, workers=2)
    study.enqueue({"x": 0.9})
    study.run(learn, 3, workers=2)
    assert (study.trials[2].status, study.trials[2].last_step) == ("pruned", 0)


def test_the_trial_comes_as_the_function_wants_it() -> None:
    def with_dict(params: dict[str, Any], trial: Trial) -> float:
        assert params == trial.params
        return params["x"]

    def alone(trial: Trial) -> float:
        trial.params.clear()
        return float(trial.number)

    def keyword(x: float, *, trial: Trial | None = None) -> float:
        assert trial is not None
        return x

    for function in (with_dict, alone, keyword):
        study = study_of()
        study.run(function, 2)
        assert [trial.status for trial in study.trials] == ["complete"] * 2, study.trials[0].traceback
        assert set(study.trials[0].params) == {"x"}


def test_a_parameter_called_trial_stays_one() -> None:
    study = study_of(space={"trial": (0.0, 1.0), "x": (0.0, 1.0)})
    study.run(lambda trial, x: trial + x, 1)
    assert study.value == sum(study.trials[0].params.values())


def test_ask_and_tell(tmp_path: Path) -> None:
    study = study_of(tmp_path / "study.db")
    for x in (0.1, 0.2):
        trial = study.ask()[0]
        trial.report(0, x)
        assert not trial.should_prune()
        study.tell(trial, x)
    trial = study.ask()[0]
    trial.report(0, 9.0)
    trial.report(0, 0.0)  # the first report of a step stands
    assert trial.should_prune()
    assert Study.load(tmp_path / "study.db").resume(trial.number).should_prune(), "the pruner was not stored"
    assert study.tell(trial, augury.Pruned("too slow")).status == "pruned"
    pruned = study.trials[2]
    assert (pruned.values, pruned.last_step, pruned.last_value, pruned.reason) == ({}, 0, 9.0, "too slow")
    assert study.tell(pruned, 3.0).replicates[0].values == {"loss": 3.0}, "a late result was lost"
    with pytest.raises(InvalidInputError, match="already"):
        study.resume(pruned)


def test_the_direction_counts() -> None:
    study = study_of(goals=Maximize("score"))
    study.run(lambda x, trial: trial.report(0, x) or x, 2)
    trial = study.ask()[0]
    trial.report(0, 2.0)
    assert not trial.should_prune()
    trial.report(1, math.nan)
    assert math.isnan(study.trials[2].intermediate_values[1])


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ((0.5, 3), "report\\(step, value\\)"),
        ((-1, 0.5), "0 or more"),
        ((True, 1.0), "step"),
        ((1, "a"), "number"),
    ],
)
def test_bad_reports_are_refused(report: Any, said: str) -> None:
    trial = study_of().ask()[0]
    with pytest.raises(InvalidInputError, match=said):
        trial.report(*report)


def test_only_a_trial_under_way_reports() -> None:
    study = study_of()
    trial = study.ask()[0]
    for other in (study.trials[0], pickle.loads(pickle.dumps(trial))):
        assert other == trial
        with pytest.raises(InvalidInputError, match="only a trial that `ask` returned"):
            other.report(0, 1.0)
    study.tell(trial, 1.0)
    trial.report(0, 1.0)
    assert study.trials[0].intermediate_values == {}, "a closed trial was changed"


def test_several_objectives_have_no_reports() -> None:
    study = study_of(goals=[Minimize("a"), Minimize("b")])
    trial = study.ask()[0]
    for use in (lambda: trial.report(0, 1.0), trial.should_prune):
        with pytest.raises(NotSupportedError, match="single objective"):
            use()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_report_is_the_function_s(workers: int, tmp_path: Path) -> None:
    def function(x: float, trial: Trial) -> dict[str, float]:
        try:
            trial.report(0, x)
        except NotSupportedError:
            return {"a": x, "b": x}
        return {"a": 0.0, "b": 0.0}

    study = study_of(tmp_path / "study.db", goals=[Minimize("a"), Minimize("b")])
    study.run(function, 1, workers=workers)
    assert study.trials[0].values["a"] == study.trials[0].params["x"]


def test_executors_cannot_report() -> None:
    with ThreadPoolExecutor(1) as threads, pytest.raises(NotSupportedError, match="executor"):
        study_of().run(learn, 1, executor=threads)


def test_constraints_go_with_reports() -> None:
    study = study_of(goals=[Minimize("loss"), Constraint("size", upper=1.0)])
    study.run(lambda x, trial: trial.report(0, x) or {"loss": x, "size": 0.5}, 2)
    trial = study.ask()[0]
    trial.report(0, 7.0)
    assert trial.should_prune()


def test_what_is_evaluated_again_reports_anew(tmp_path: Path) -> None:
    attempts = iter([True, False])

    def function(x: float, trial: Trial) -> float:
        trial.report(0 if next(attempts) else 1, x)
        if trial.last_step is None and len(study.trials[0].intermediate_values) == 1 and not seen:
            seen.append(dict(study.trials[0].intermediate_values))
            raise augury.TransientFailure("licence")
        return x

    seen: list[dict[int, float]] = []
    study = study_of(tmp_path / "study.db")
    study.run(function, 1, backoff=0.0)
    assert list(seen[0]) == [0]
    assert list(study.trials[0].intermediate_values) == [1], "reports of a lost attempt are still there"
    assert (study.trials[0].status, study.trials[0].attempts) == ("complete", 1)
