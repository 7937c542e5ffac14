"""What a strategy learns of trials that were stopped."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import augury
from augury.space.goal import Constraint, Maximize, Minimize
from augury.space.goals import Goals
from augury.space.parameters import Categorical
from augury.space.space import Space
from augury.study import Study
from augury.study.pruning.evidence import with_estimates
from augury.study.trial import Trial

GOALS = Goals([Minimize("y")])
SPACE = Space({"x": (0.0, 1.0)})


def complete(number: int, report: float, final: float) -> Trial:
    return Trial(number, {}, "complete", values={"y": final}, intermediate_values={2: report, 9: final})


def pruned(report: float, step: int = 2) -> Trial:
    return Trial(9, {}, "pruned", intermediate_values={step: report})


DONE = [complete(0, 10.0, 1.0), complete(1, 20.0, 2.0), complete(2, 40.0, 5.0)]


@pytest.mark.parametrize(
    ("report", "estimate"),
    [(10.0, 1.0), (20.0, 2.0), (15.0, 1.5), (30.0, 3.5), (100.0, 5.0), (1.0, 1.0), (math.nan, 5.0)],
)
def test_the_rank_is_kept(report: float, estimate: float) -> None:
    found = with_estimates([*DONE, pruned(report)], GOALS, SPACE)
    assert found[:3] == DONE
    assert (found[3].status, found[3].values) == ("complete", {"y": pytest.approx(estimate)})


def test_the_unit_of_the_reports_does_not_matter() -> None:
    """Any increasing change of all reports leaves an estimate at one of them alone; maximising mirrors it."""
    rng = np.random.default_rng(0)
    reports, finals = rng.normal(size=(2, 12))
    done = [complete(i, r, f) for i, (r, f) in enumerate(zip(reports, finals, strict=True))]
    estimate = with_estimates([*done, pruned(reports[4])], GOALS, SPACE)[-1].values["y"]
    bent = [complete(i, math.exp(r), f) for i, (r, f) in enumerate(zip(reports, finals, strict=True))]
    assert with_estimates([*bent, pruned(math.exp(reports[4]))], GOALS, SPACE)[-1].values["y"] == estimate
    mirrored = [complete(i, -r, -f) for i, (r, f) in enumerate(zip(reports, finals, strict=True))]
    up = with_estimates([*mirrored, pruned(-reports[4])], Goals([Maximize("y")]), SPACE)[-1].values["y"]
    assert up == pytest.approx(-estimate)
    assert finals.min() <= estimate <= finals.max()


def test_without_comparison_nothing_is_claimed() -> None:
    for trials in (
        [pruned(1.0)],
        [*DONE, pruned(1.0, step=10)],
        [*DONE, replace(pruned(1.0), intermediate_values={})],
    ):
        assert with_estimates(trials, GOALS, SPACE) == trials
    told_late = replace(pruned(1.0), values={"y": 3.0})
    assert with_estimates([*DONE, told_late], GOALS, SPACE)[-1] == told_late


def test_other_outcomes_stay_unmeasured() -> None:
    goals = Goals([Minimize("y"), Constraint("size", upper=1.0)])
    assert set(with_estimates([*DONE, pruned(10.0)], goals, SPACE)[-1].values) == {"y"}


def test_a_study_does_not_come_back_to_what_was_stopped() -> None:
    """Without estimates, the same point is proposed each time, to four digits."""
    study = Study({"x": (0.0, 1.0)}, Minimize("y"), store=None, seed=0)
    for x in (0.0, 0.3, 0.6, 0.8, 1.0):
        study.enqueue({"x": x})
        trial = study.ask()[0]
        value = (x - 0.7) ** 2 + 0.1 * math.sin(20.0 * x)
        trial.report(0, 5.0 + value)
        study.tell(trial, value)
    asked = []
    for _ in range(3):
        trial = study.ask()[0]
        trial.report(0, 6.0)
        asked.append(trial.params["x"])
        study.tell(trial, augury.Pruned())
    assert min(abs(np.diff(sorted(asked)))) > 0.01, asked
    assert study.observations().n == 5, "an estimate was taken for an observation"


def test_versions_of_the_function_are_not_compared() -> None:
    space = Space({"x": (0.0, 1.0), "mesh": Categorical(["coarse", "fine"], role="task", target="fine")})
    coarse = [replace(one, params={"mesh": "coarse"}) for one in DONE]
    fine = [replace(complete(3, 15.0, 7.0), params={"mesh": "fine"})]
    stopped = replace(pruned(15.0), params={"mesh": "fine"})
    assert with_estimates([*coarse, *fine, stopped], GOALS, space)[-1].values == {"y": 7.0}
