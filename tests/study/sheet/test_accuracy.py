"""Columns of standard errors and costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from augury.space.goal import Constraint, Maximize
from augury.space.goals import Goals
from augury.study.sheet.accuracy import Accuracy
from augury.study.sheet.table import read_table


def test_variances_are_those_of_their_outcome(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,y,z,sd,cost\n1,2,3,0.5,7\n2,3,4,,\n3,4,5,0,1\n")
    table = read_table(tmp_path / "t.csv")
    goals = Goals([Maximize("y"), Constraint("z", upper=4.0)])
    accuracy = Accuracy({"z": "sd"}, "cost")
    accuracy.check(table, goals)
    nan = np.nan
    np.testing.assert_array_equal(accuracy.variances(table, goals), [[nan, 0.25], [nan, nan], [nan, 0.0]])
    np.testing.assert_array_equal(accuracy.costs(table), [7.0, nan, 1.0])
    assert list(accuracy.columns) == ["sd", "cost"]
    assert np.isnan(Accuracy().variances(table, goals)).all()
    assert np.isnan(Accuracy().costs(table)).all()
