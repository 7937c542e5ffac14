"""Advice: proposals lie in the space, avoid what was done, and come with predictions."""

from pathlib import Path

import numpy as np

from augury.space.goals import Goals
from augury.study.sheet.advice import Experiments, advise, read_experiments
from augury.study.sheet.cells import Cell, parse_cell
from augury.study.sheet.definition import Definition, from_table
from augury.study.sheet.table import Table

GOALS = Goals.of("max:yield")


def sheet(n: int, mixture: bool = False) -> Table:
    rng = np.random.default_rng(3)
    rows = []
    for i in range(n):
        a = int(rng.integers(0, 11))
        b = 10 - a if mixture else int(rng.integers(0, 11))
        result = "n.d." if i == 3 else "" if i == n - 1 else f"{20 - (a - 4) ** 2 - 0.1 * b:.1f}"
        rows.append([str(a), str(b), ["x", "y"][i % 2], result])
    cells: dict[str, list[Cell]] = {
        name: [parse_cell(row[j]) for row in rows] for j, name in enumerate(["a", "b", "s", "yield"])
    }
    return Table(Path("t.csv"), cells, list(range(2, n + 2)))


def understood(table: Table, *constraints: str) -> tuple[Experiments, Definition]:
    definition = from_table(table, ["yield"], Path("t.space.toml"), constraints=constraints)
    return read_experiments(table, definition, GOALS, ["n.d."]), definition


def test_rows_are_counted_by_what_became_of_them() -> None:
    experiments, _ = understood(sheet(12))
    assert [experiments.count(status) for status in ("complete", "failed", "pending")] == [10, 1, 1]
    assert experiments.observations.n == 11
    assert experiments.measured(0).sum() == 10


def test_proposals_are_valid_new_and_predicted() -> None:
    table = sheet(12)
    experiments, definition = understood(table, "a + b <= 12")
    advice = advise(experiments, definition, GOALS, table, 3, seed=1)
    points = definition.space.encode([definition.space.validate(one.params) for one in advice.suggestions])
    assert not (points[:, None] == experiments.X[None]).all(axis=2).any()
    assert len(np.unique(points, axis=0)) == 3
    assert all(one.prediction.std["yield"] >= 0 for one in advice.suggestions)
    assert advice.best == [int(np.nanargmax(experiments.Y[:, 0]))]
    assert advice.quality["yield"] is not None


def test_the_seed_decides() -> None:
    table = sheet(10)
    experiments, definition = understood(table)
    once, again = (advise(experiments, definition, GOALS, table, 2, seed=5).suggestions for _ in range(2))
    assert once == again


def test_a_mixture_is_completed() -> None:
    table = sheet(14, mixture=True)
    experiments, definition = understood(table)
    for one in advise(experiments, definition, GOALS, table, 2, seed=0).suggestions:
        assert one.params["a"] + one.params["b"] == 10


def test_few_results_are_followed_by_an_initial_design() -> None:
    table = sheet(6)
    experiments, definition = understood(table)
    advice = advise(experiments, definition, GOALS, table, 4, seed=0)
    assert [one.prediction.reason for one in advice.suggestions] == ["initial design"] * 4
    assert advice.quality == {"yield": None}


def test_several_objectives_have_a_front_and_a_judged_model_each() -> None:
    table, goals = sheet(14), Goals.of(["max:yield", "min:b"])
    definition = from_table(table, ["yield", "b"], Path("t.space.toml"))
    experiments = read_experiments(table, definition, goals, ["n.d."])
    advice = advise(experiments, definition, goals, table, 2, seed=0)
    assert set(advice.quality) == {"yield", "b"}
    assert all(set(one.prediction.mean) == {"yield", "b"} for one in advice.suggestions)
    best = experiments.Y[advice.best] * [1.0, -1.0]
    done = experiments.Y[experiments.status == "complete"] * [1.0, -1.0]
    assert not any(((done >= row).all(axis=1) & (done > row).any(axis=1)).any() for row in best)
