"""The demo: it tries what it says, and what it prints about the result is true."""

from __future__ import annotations

from io import StringIO
from itertools import combinations
from pathlib import Path

import pytest
from rich.console import Console

from augury.cli.demo import PER_ROUND, best_percent, budget_for, chance, random_ranks, run_demo
from augury.datasets import suzuki_table
from augury.errors import InvalidInputError

BUDGET = 12


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """A short demo on one coupling: its result, what it printed, its report."""
    report = tmp_path_factory.mktemp("demo") / "report.html"
    output = StringIO()
    result = run_demo(
        coupling=2, budget=BUDGET, report=report, seed=3, console=Console(file=output, width=120)
    )
    return result, output.getvalue(), report


def test_the_result_is_a_row_of_the_table_with_its_true_rank(demonstration: tuple) -> None:
    result, _, _ = demonstration
    table = suzuki_table(2)
    assert table.value(result.params) == result.value
    assert table.rank(result.value) == result.rank
    assert (result.n_candidates, result.n_experiments) == (384, BUDGET)


def test_each_round_and_the_result_are_printed(demonstration: tuple) -> None:
    result, output, report = demonstration
    assert output.count(" experiments: best yield") == -(-BUDGET // PER_ROUND)
    assert "Science 359" in output
    assert f"yield {result.value:.1f} %" in output
    assert f"Rank {result.rank} of 384" in output
    for value in result.params.values():
        assert value in output
    assert str(report.name) in output.replace("\n", "")


def test_the_report_is_written_as_one_html_file(demonstration: tuple) -> None:
    _, _, report = demonstration
    text = report.read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert "reactant" in text or "ligand" in text


def test_the_same_seed_finds_the_same(demonstration: tuple) -> None:
    result, _, _ = demonstration
    again = run_demo(coupling=2, budget=BUDGET, seed=3, console=Console(file=StringIO()))
    assert again == result


def test_a_terminal_sees_the_picks_of_the_round() -> None:
    output = StringIO()
    console = Console(file=output, force_terminal=True, width=140)
    run_demo(coupling=2, budget=PER_ROUND, seed=0, console=console)
    assert "best yield so far" in output.getvalue()
    assert f"{PER_ROUND}/{PER_ROUND}" in output.getvalue()


@pytest.mark.parametrize(("n", "good", "drawn"), [(6, 1, 2), (6, 2, 3), (7, 3, 5), (5, 5, 1)])
def test_chance_is_the_share_of_draws_with_a_good_one(n: int, good: int, drawn: int) -> None:
    draws = list(combinations(range(n), drawn))
    share = sum(min(draw) < good for draw in draws) / len(draws)
    assert chance(n, good, drawn) == pytest.approx(share)


def test_random_choice_is_as_good_as_chance_allows() -> None:
    table = suzuki_table()
    ranks = random_ranks(table, budget_for(None), seeds=400)
    expected = chance(len(table), best_percent(len(table)), budget_for(None))
    hits = sum(rank <= best_percent(len(table)) for rank in ranks) / len(ranks)
    assert hits == pytest.approx(expected, abs=4 * (expected * (1 - expected) / 400) ** 0.5)


def test_the_best_percent_of_the_tables() -> None:
    assert (best_percent(5760), best_percent(384)) == (58, 4)


@pytest.mark.parametrize("arguments", [{"coupling": 0}, {"coupling": 16}, {"budget": 0}, {"budget": 5761}])
def test_what_cannot_be_run_is_refused_before_it_starts(arguments: dict) -> None:
    output = StringIO()
    with pytest.raises(InvalidInputError, match="choose"):
        run_demo(**arguments, console=Console(file=output))
    assert output.getvalue() == ""


def test_a_report_that_cannot_be_written_is_refused_before_it_starts(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere" / "report.html", tmp_path):
        with pytest.raises(InvalidInputError, match="folder"):
            run_demo(coupling=1, report=path, console=Console(file=StringIO()))
