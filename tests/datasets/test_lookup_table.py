"""A table answers with its measurements and refuses what it does not hold."""

from __future__ import annotations

import pandas as pd
import pytest

from augury.datasets import LookupTable
from augury.errors import InvalidInputError


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "solvent": ["A", "A", "B", "B", "B"],
            "temperature": [20.0, 40.0, 20.0, 40.0, 40.0],
            "cost": [4.0, 3.0, 2.0, 0.0, 2.0],
        }
    )


def test_replicates_are_one_experiment_with_their_mean(frame: pd.DataFrame) -> None:
    table = LookupTable(frame, "cost", maximize=False)
    assert len(table) == 4
    assert table.value({"solvent": "B", "temperature": 40.0}) == 1.0
    assert table.value({"temperature": 20.0, "solvent": "A", "other": 1}) == 4.0


@pytest.mark.parametrize("maximize", [True, False])
def test_rank_counts_the_strictly_better_rows(frame: pd.DataFrame, maximize: bool) -> None:
    table = LookupTable(frame, "cost", maximize=maximize)
    ranks = [table.rank(value) for value in sorted(table.frame["cost"], reverse=maximize)]
    assert ranks == [1, 2, 3, 4]
    assert table.rank(table.best) == 1
    assert table.best == (4.0 if maximize else 1.0)


def test_every_candidate_of_the_space_has_an_answer(frame: pd.DataFrame) -> None:
    table = LookupTable(frame, "cost", maximize=False)
    assert table.space.candidates is not None
    params = table.space.decode(table.space.candidates)
    assert [table.value(choice) for choice in params] == table.frame["cost"].to_list()


def test_what_the_table_does_not_hold_is_refused(frame: pd.DataFrame) -> None:
    table = LookupTable(frame, "cost", maximize=False)
    with pytest.raises(InvalidInputError, match="no row with solvent = 'C'"):
        table.value({"solvent": "C", "temperature": 20.0})
    with pytest.raises(InvalidInputError, match="'temperature' is missing"):
        table.value({"solvent": "A"})
    with pytest.raises(InvalidInputError, match="no column 'yield'"):
        LookupTable(frame, "yield", maximize=True)
    frame.loc[0, "cost"] = float("nan")
    with pytest.raises(InvalidInputError, match="missing cells"):
        LookupTable(frame, "cost", maximize=False)
