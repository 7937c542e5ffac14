"""`augury suggest`: from a table to the next experiments, and every bad input in one line."""

import json
import math
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from augury.cli.app import app
from augury.study.sheet.cells import Number
from augury.study.sheet.dialect import Dialect
from augury.study.sheet.table import read_table
from augury.study.sheet.writing import render

Run = Callable[..., Result]
HEADER = ["run", "date", "T", "solvent", "cat", "yield", "impurity", "note µ"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["suggest", *map(str, args)])


def experiments(n: int = 12, pending: int = 1) -> list[list[Any]]:
    rng = np.random.default_rng(0)
    rows = []
    for i in range(n):
        T, cat = int(rng.choice([60, 80, 100, 120])), float(rng.choice([0.5, 1.0, 2.0]))
        solvent = str(rng.choice(["DMF", "THF"]))
        value = 70 * math.exp(-(((T - 95) / 30) ** 2)) * (1.3 if solvent == "DMF" else 1.0) * cat**0.2
        done = i < n - pending
        outcome = [round(value, 1), round(T / 200 * cat, 2)] if done else [None, None]
        rows.append([f"exp-{i + 1}", f"2026-03-{i + 1:02d}", T, solvent, cat, *outcome, None])
    return rows


def write(path: Path, dialect: Dialect | None = None, rows: list[list[Any]] | None = None) -> Path:
    path.write_bytes(render(path, HEADER, experiments() if rows is None else rows, dialect or Dialect()))
    return path


def listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


GOAL = ("--goal", "max:yield", "--limit", "impurity <= 1")


@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        ("t.csv", Dialect()),
        ("t.csv", Dialect(";", ",", "cp1252")),
        ("t.tsv", Dialect("\t", ",", "utf-8-sig")),
        ("t.xlsx", Dialect()),
        ("t.parquet", Dialect()),
    ],
)
def test_the_next_experiments_are_written_in_the_format_of_the_table(
    run: Run, tmp_path: Path, name: str, dialect: Dialect
) -> None:
    sheet = write(tmp_path / name, dialect)
    before = sheet.read_bytes()
    result = run(name, *GOAL, "-n", 2)
    assert result.exit_code == 0, result.output
    assert sheet.read_bytes() == before
    written = read_table(tmp_path / name.replace("t.", "t.next."))
    assert written.dialect == dialect
    expected = ["predicted yield", "std of yield", "predicted impurity", "std of impurity", "why"]
    assert list(written.columns) == [*HEADER, *expected]
    assert written.n == 2
    for cells in (written.columns["T"], written.columns["predicted yield"]):
        assert all(isinstance(cell, Number) for cell in cells)
    for row in range(2):
        temperature = written.columns["T"][row]
        assert isinstance(temperature, Number)
        assert temperature.value % 10 == 0
    assert written.columns["yield"] == [None, None]
    assert set(written.columns["why"]) <= {"exploit", "explore", "balance"}


def test_the_first_run_says_what_the_columns_were_taken_for(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "t.csv")
    output = " ".join(run("t.csv", *GOAL).stdout.split())
    assert "run set aside differs in every row" in output
    assert "date set aside a date" in output
    assert "T setting, number 60 to 120 10" in output
    assert "11 with a result, 1 under way" in output
    assert "written to t.space.toml" in output
    assert "typical error" in output
    assert 'columns = ["run", "date", "note µ"]' in (tmp_path / "t.space.toml").read_text(encoding="utf-8")


def test_later_runs_follow_the_space_file_and_replace_nothing(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "t.csv")
    assert run("t.csv", *GOAL).exit_code == 0
    space = tmp_path / "t.space.toml"
    text = space.read_text(encoding="utf-8").replace("low = 60, high = 120", "low = 60, high = 200")
    space.write_text(text, encoding="utf-8")
    before = listing(tmp_path)
    result = run("t.csv", *GOAL, "--json")
    assert json.loads(result.stdout)["space"]["T"]["high"] == 200
    after = listing(tmp_path)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"t.next-2.csv"}


def test_json_is_all_that_is_printed_and_the_seed_decides(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "t.csv")
    first, second = (json.loads(run("t.csv", *GOAL, "--json", "--seed", 3).stdout) for _ in range(2))
    assert first["suggestions"] == second["suggestions"]
    assert first["experiments"] == {"complete": 11, "failed": 0, "pending": 1}
    assert first["leave_one_out"]["yield"]["error"] > 0
    prediction = first["suggestions"][0]["prediction"]
    assert set(prediction["mean"]) == set(prediction["std"]) == {"yield", "impurity"}


def test_several_goals_give_a_front_and_a_verdict_on_each_model(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "t.csv")
    goals = ["--goal", "max:yield", "--goal", "min:impurity"]
    found = json.loads(run("t.csv", *goals, "--json").stdout)
    assert set(found["leave_one_out"]) == set(found["model"]) == {"yield", "impurity"}
    front = [(row["values"]["yield"], -row["values"]["impurity"]) for row in found["best"]]
    assert front == sorted(front, reverse=True)
    assert all(second[1] > first[1] for first, second in pairwise(sorted(set(front), reverse=True)))
    text = run("t.csv", *goals).stdout
    assert f"No experiment beats these {len(front)} in all goals" in text
    assert "predicted impurity" in " ".join(text.split())


def test_rows_under_way_and_candidates_done_are_not_proposed_again(run: Run, tmp_path: Path) -> None:
    rows = experiments(8, pending=2)
    write(tmp_path / "t.csv", rows=rows)
    done = {(row[2], row[3], row[4]) for row in rows}
    choices = [(T, s, c) for T in (60, 80, 100, 120) for s in ("DMF", "THF") for c in (0.5, 1.0, 2.0)]
    content = render(
        tmp_path / "all.csv", ["number", "T", "solvent", "cat"], _numbered(choices), Dialect(";", ",")
    )
    (tmp_path / "all.csv").write_bytes(content)
    n = len(choices) - len(done)
    result = json.loads(
        run(
            "t.csv",
            "--goal",
            "max:yield",
            "--ignore",
            "impurity",
            "--candidates",
            "all.csv",
            "-n",
            n,
            "--json",
        ).stdout
    )
    proposed = {(p["T"], p["solvent"], p["cat"]) for p in (one["params"] for one in result["suggestions"])}
    assert proposed == set(choices) - done
    written = read_table(tmp_path / "t.next.csv")
    assert all(cell is not None for cell in written.columns["number"])
    assert not (tmp_path / "t.space.toml").exists()
    more = [*rows, *([None, None, T, s, c, 1.0, 0.1, None] for T, s, c in set(choices) - done)]
    write(tmp_path / "u.csv", rows=more)
    _refused(run("u.csv", "--goal", "max:yield", "--ignore", "impurity", "--candidates", "all.csv"))


def test_candidates_alone_are_enough_to_begin(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("T,solvent,yield\n", encoding="utf-8")
    (tmp_path / "all.csv").write_text("T,solvent,yield\n60,DMF,3\n60,THF,4\n80,DMF,5\n", encoding="utf-8")
    result = run("t.csv", "--goal", "max:yield", "--candidates", "all.csv", "-n", 5)
    assert result.exit_code == 0, result.output
    assert "only 3 are left" in " ".join(result.stdout.split())
    assert read_table(tmp_path / "t.next.csv").columns["yield"] == [None] * 3


def _numbered(choices: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [[f"c{i}", *choice] for i, choice in enumerate(choices)]


def test_rules_between_settings_hold(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "t.csv")
    result = json.loads(run("t.csv", *GOAL, "-n", 3, "--constraint", "T + 20*cat <= 100", "--json").stdout)
    assert all(one["params"]["T"] + 20 * one["params"]["cat"] <= 100 for one in result["suggestions"])
    assert result["constraints"] == ["T + 20*cat <= 100"]


def test_failure_words_and_descriptors(run: Run, tmp_path: Path) -> None:
    rows = experiments()
    rows[3][5] = rows[5][5] = "n.d."
    write(tmp_path / "t.csv", rows=rows)
    (tmp_path / "solvents.csv").write_text("solvent,polarity\nDMF,36.7\nTHF,7.6\n", encoding="utf-8")
    result = run("t.csv", *GOAL, "--failed", "trace,N.D.", "--descriptors", "solvent=solvents.csv", "--json")
    assert json.loads(result.stdout)["experiments"]["failed"] == 2
    assert 'solvent = "solvents.csv"' in (tmp_path / "t.space.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("n", [1, 2, 4])
def test_few_experiments_are_followed_by_an_initial_design(run: Run, tmp_path: Path, n: int) -> None:
    write(tmp_path / "t.csv", rows=experiments(n, pending=0))
    result = run("t.csv", "--goal", "max:yield", "-n", 3, "--json")
    assert {one["prediction"]["reason"] for one in json.loads(result.stdout)["suggestions"]} == {
        "initial design"
    }


def test_nothing_that_varies_is_said_and_works(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "t.csv", rows=[[None, None, 80, "DMF", 1, 50, 0.1, None]] * 6)
    result = run("t.csv", *GOAL)
    assert result.exit_code == 0, result.output
    output = " ".join(result.stdout.split())
    assert "nothing varies in this table" in output
    assert "the same" in output or "too few different settings" in output


def test_a_constant_result_is_said_and_works(run: Run, tmp_path: Path) -> None:
    rows = experiments()
    for row in rows:
        row[5] = 50
    write(tmp_path / "t.csv", rows=rows)
    assert "nothing to learn from yet" in " ".join(run("t.csv", *GOAL).stdout.split())


def test_an_existing_output_is_replaced_only_by_force(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "t.csv")
    (tmp_path / "out.csv").write_text("mine", encoding="utf-8")
    _refused(run("t.csv", *GOAL, "-o", "out.csv"), "out.csv", "--force")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "mine"
    assert run("t.csv", *GOAL, "-o", "out.csv", "--force").exit_code == 0
    assert read_table(tmp_path / "out.csv").n == 1


def _refused(result: Result, *words: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


def test_unwritable_folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "t.csv")
    opened = Path.open

    def read_only(path: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        if mode == "xb":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, mode, *args, **options)

    monkeypatch.setattr(Path, "open", read_only)
    _refused(run("t.csv", *GOAL), "t.next.csv", "Permission denied")
    assert list(listing(tmp_path)) == ["t.csv"]


SHEETS = {
    "t.csv": None,
    "empty.csv": "",
    "header.csv": "T,yield\n",
    "twice.csv": "T,T,yield\n1,2,3\n",
    "text.csv": "T,yield\n60,1\n70,low\n",
    "slip.csv": "T,yield\n60,1\n7O,2\n80,3\n",
    "gap.csv": "T,yield\n60,1\n,2\n80,3\n",
    "alone.csv": "yield\n1\n2\n",
    "book.xlsx": "no workbook",
    "old.xls": "x",
    "all.csv": "solvent,cat\nDMF,1\nTHF,2\n",
    "holes.csv": "T,solvent,cat\n60,DMF,1\n80,,2\n",
    "broken.toml": "[space]\nT = {low = 60,, high = 120}\n",
    "narrow.toml": '[space]\nT = {low = 60, high = 100, step = 10}\nsolvent = ["DMF", "THF"]\n'
    'cat = {low = 0.5, high = 2.0}\n[ignore]\ncolumns = ["run", "date", "note µ", "impurity"]\n',
}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.csv", "--goal", "max:yield"], ["none.csv", "no such file"]),
        (["book.xlsx", "--goal", "max:yield"], ["book.xlsx", "not an Excel workbook"]),
        (["old.xls", "--goal", "max:yield"], ["old.xls", ".xlsx"]),
        (["empty.csv", "--goal", "max:yield"], ["empty.csv", "empty"]),
        (["header.csv", "--goal", "max:yield"], ["header.csv", "no rows"]),
        (["twice.csv", "--goal", "max:yield"], ["twice.csv", "'T'"]),
        (["alone.csv", "--goal", "max:yield"], ["alone.csv", "setting"]),
        (["t.csv", "--goal", "max:Yeld"], ["'Yeld'", "'yield'"]),
        (["t.csv", "--goal", "yield"], ["'yield'", "max:"]),
        (["t.csv", "--goal", "best:yield"], ["best:yield"]),
        (["t.csv", "--goal", "yield<=3"], ["--limit"]),
        (["t.csv"], ["goal"]),
        (["t.csv", "--goal", "max:yield", "--limit", "impurity"], ["--limit 'impurity'"]),
        (["text.csv", "--goal", "max:yield"], ["text.csv, row 3, column 'yield'", "'low'", "--failed"]),
        (["slip.csv", "--goal", "max:yield"], ["slip.csv, row 3, column 'T'", "'7O'"]),
        (["gap.csv", "--goal", "max:yield"], ["gap.csv, row 3, column 'T'", "empty"]),
        (["t.csv", "--goal", "max:yield", "-n", "0"], ["-n 0"]),
        (["t.csv", "--goal", "max:yield", "-n", "two"], ["-n"]),
        (["t.csv", "--goal", "max:yield", "--constraint", "T + x <= 3"], ["'x' is not a setting"]),
        (["t.csv", "--goal", "max:yield", "--constraint", "yield <= 3"], ["'yield' is a result", "--limit"]),
        (["t.csv", "--goal", "max:yield", "--constraint", "T <= 3"], ["no point", "T <= 3"]),
        (["t.csv", "--goal", "max:yield", "--constraint", "T <"], ["'T <'"]),
        (["t.csv", "--goal", "max:yield", "--descriptors", "solvent"], ["COLUMN=TABLE"]),
        (
            ["t.csv", "--goal", "max:yield", "--descriptors", "T=all.csv"],
            ["'T' is a setting of numbers", "'solvent'"],
        ),
        (["t.csv", "--goal", "max:yield", "--candidates", "all.csv"], ["all.csv has no column 'T'"]),
        (["t.csv", "--goal", "max:yield", "--candidates", "holes.csv"], ["row 3, column 'solvent'", "empty"]),
        (["t.csv", "--goal", "max:yield", "--candidates", "none.csv"], ["none.csv", "no such file"]),
        (["t.csv", "--goal", "max:yield", "--space", "broken.toml"], ["broken.toml", "line 2"]),
        (
            ["t.csv", "--goal", "max:yield", "--space", "narrow.toml"],
            ["t.csv, row", "'T'", "120", "narrow.toml"],
        ),
        (["t.csv", "--goal", "max:yield", "--ignore", "foo"], ["'foo'"]),
        (["t.csv", "--goal", "max:yield", "-o", "t.csv"], ["-o t.csv", "choose another name"]),
        (["t.csv", "--goal", "max:yield", "-o", "next.doc"], ["next.doc", ".xlsx"]),
        (["t.csv", "--goal", "max:yield", "-o", "no/next.csv"], ["next.csv", "there is no folder no"]),
        (["none.csv", "--goal", "max:yield", "--space", "no/x.toml"], ["--space no/x.toml", "no folder no"]),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(
    run: Run, tmp_path: Path, arguments: list[str], words: list[str]
) -> None:
    for name, content in SHEETS.items():
        write(tmp_path / name) if content is None else (tmp_path / name).write_text(content, encoding="utf-8")
    before = listing(tmp_path)
    _refused(run(*arguments), *words)
    assert listing(tmp_path) == before


def test_a_conditional_setting_of_the_space_file_leaves_its_cell_empty(run: Run, tmp_path: Path) -> None:
    rows = [f"{'DMF' if i % 2 else 'none'},{1 + i / 4 if i % 2 else ''},{20 + i},{i}" for i in range(8)]
    (tmp_path / "t.csv").write_text("solvent,amount,T,yield\n" + "\n".join(rows) + "\n")
    (tmp_path / "t.space.toml").write_text(
        '[space]\nsolvent = ["none", "DMF"]\nT = {low = 20, high = 60}\n'
        'amount = {low = 1.0, high = 5.0, active_if = {solvent = ["DMF"]}}\n'
    )
    result = run("t.csv", "--goal", "max:yield", "-n", 4)
    assert result.exit_code == 0, result.output
    proposed = read_table(tmp_path / "t.next.csv")
    empty = [cell is None for cell in proposed.columns["amount"]]
    assert empty == [cell == "none" for cell in proposed.columns["solvent"]]


@pytest.mark.parametrize("rule", ["salt + sugar + water = 1", "1 == salt + sugar + water"])
def test_a_mixture_is_a_rule_between_its_parts(run: Run, tmp_path: Path, rule: str) -> None:
    rng = np.random.default_rng(0)
    rows = [
        f"{a:.2f},{b:.2f},{1 - round(a, 2) - round(b, 2):.2f},{a * b:.3f}" for a, b in rng.random((9, 2)) / 2
    ]
    (tmp_path / "t.csv").write_text("salt,sugar,water,yield\n" + "\n".join(rows) + "\n")
    for _ in range(2):  # the second time from the space file
        result = run("t.csv", "--goal", "max:yield", "-n", 3, "--constraint", rule)
        assert result.exit_code == 0, result.output
    assert rule in (tmp_path / "t.space.toml").read_text()
    for name in ("t.next.csv", "t.next-2.csv"):
        proposed = read_table(tmp_path / name)
        for row in range(proposed.n):
            parts = [float(proposed.columns[part][row].text) for part in ("salt", "sugar", "water")]  # type: ignore[union-attr]
            assert sum(parts) == pytest.approx(1.0, abs=1e-9)


def test_at_most_so_many_parts_of_a_mixture_are_used(run: Run, tmp_path: Path) -> None:
    rows = [
        "0.5,0.5,0,0",
        "0,0.3,0.7,0",
        "0.2,0,0,0.8",
        "0,0,0.4,0.6",
        "0.1,0,0.9,0",
        "0,0.8,0,0.2",
        "1,0,0,0",
        "0,0,0,1",
    ]
    (tmp_path / "t.csv").write_text("a,b,c,d,yield\n" + "".join(f"{row},{i}\n" for i, row in enumerate(rows)))
    rules = ("--constraint", "a + b + c + d = 1", "--constraint", "count(a, b, c, d) <= 2")
    result = run("t.csv", "--goal", "max:yield", "-n", 3, *rules)
    assert result.exit_code == 0, result.output
    proposed = read_table(tmp_path / "t.next.csv")
    for row in range(3):
        parts = [float(proposed.columns[part][row].text) for part in "abcd"]  # type: ignore[union-attr]
        assert sum(parts) == pytest.approx(1.0)
        assert sum(part > 0 for part in parts) <= 2


def _small(tmp_path: Path) -> Path:
    """Two settings, a yield with its standard error, a pressure, and what each experiment cost."""
    sheet = tmp_path / "e.csv"
    rows = ["temperature,time,yield,pressure,sd,hours"]
    for i, (T, t) in enumerate([(20, 1.0), (40, 2.5), (60, 1.5), (80, 3.0), (100, 2.0), (60, 2.5)]):
        rows.append(f"{T},{t},{30 + T / 4 + t},{T / 20 + t / 4},0.{5 + i},{i}")
    sheet.write_text("\n".join([*rows, "90,2.5,,,,", ""]).replace("0.10", "1.0"))
    return sheet


def test_accuracy_and_cost_have_columns(run: Run, tmp_path: Path) -> None:
    sheet = _small(tmp_path)
    options = (
        "--goal",
        "max:yield",
        "--constraint",
        "pressure <= 5",
        "--stderr",
        "yield=sd",
        "--cost",
        "hours",
    )
    for _ in range(2):  # by the table, then by the space file
        result = run(sheet, *options, "--json")
        assert result.exit_code == 0, result.output
        found = json.loads(result.stdout)
        assert list(found["space"]) == ["temperature", "time"]
        assert found["goals"]["constraints"] == [{"name": "pressure", "upper": 5.0, "lower": None}]
        assert found["set_aside"] == {
            "sd": "the standard error of yield",
            "hours": "what the experiment cost",
        }
        assert found["cost"] == 15.0
    assert "cost 15 so far" in run(sheet, *options).stdout


def test_a_rule_between_settings_stays_one(run: Run, tmp_path: Path) -> None:
    sheet = _small(tmp_path)
    rules = ("--constraint", "temperature <= 80", "--constraint", "temperature + 10*time <= 100")
    for _ in range(2):
        found = json.loads(
            run(sheet, "--goal", "max:yield", "--goal", "min:pressure", *rules, "--json").stdout
        )
        assert found["goals"]["constraints"] == []
        assert found["constraints"] == ["temperature <= 80", "temperature + 10*time <= 100"]
        assert all(one["params"]["temperature"] <= 80 for one in found["suggestions"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--stderr", "sd"], "RESULT=COLUMN"),
        (["--stderr", "temperature=sd"], "'temperature' is not a result"),
        (["--stderr", "yield=sdd"], "did you mean 'sd'?"),
        (["--stderr", "yield=sd", "--stderr", "yield=hours"], "two columns"),
        (["--stderr", "yield=sd", "--cost", "sd"], "two meanings"),
        (["--cost", "yield"], "two meanings"),
        (["--cost", "day"], "no column 'day'"),
        (["--constraint", "yield <= 3"], "'yield'"),
    ],
)
def test_bad_columns_of_accuracy_are_refused(options: list[str], said: str, run: Run, tmp_path: Path) -> None:
    result = run(_small(tmp_path), "--goal", "max:yield", *options)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_setting_of_the_space_file_is_no_cost_without_a_word(run: Run, tmp_path: Path) -> None:
    sheet = _small(tmp_path)
    (tmp_path / "e.space.toml").write_text(
        "[space]\ntemperature = {low = 20, high = 100}\nhours = {low = 1, high = 9}\n"
        '[ignore]\ncolumns = ["time", "pressure", "sd"]\n'
    )
    said = "'hours' is a setting there, but by --cost or --stderr it is what the experiment cost"
    _refused(run(sheet, "--goal", "max:yield", "--cost", "hours"), "e.space.toml", said)


def test_a_bad_standard_error_is_named(run: Run, tmp_path: Path) -> None:
    sheet = _small(tmp_path)
    sheet.write_text(sheet.read_text().replace("0.6", "-0.6"))
    result = run(sheet, "--goal", "max:yield", "--stderr", "yield=sd")
    assert result.exit_code == 2
    assert "row 3" in result.stderr
    assert "0 or more" in result.stderr


def test_a_table_of_all_there_is_leaves_a_space_file_to_widen(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "t.csv"
    sheet.write_text("x,y\n1,2\n2,5\n3,4\n")
    file = tmp_path / "t.space.toml"
    first = run(sheet, "--goal", "max:y")
    assert first.exit_code == 2
    assert "t.csv: every experiment within the ranges" in first.stderr
    assert "widen the space in t.space.toml, which was written just now" in first.stderr
    again = run(sheet, "--goal", "max:y")
    assert again.exit_code == 2
    assert again.stderr.strip().endswith("widen the space in t.space.toml")
    file.write_text(file.read_text().replace("high = 3", "high = 9"))
    assert run(sheet, "--goal", "max:y").exit_code == 0


def test_where_nothing_is_left_to_try_the_notes_on_the_table_are_told(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "t.csv"
    sheet.write_text("id,T,y\nA,80%,2\nB,70%,3\nC,60%,1\n")
    result = run(sheet, "--goal", "max:y")
    assert result.exit_code == 2
    assert "Note: T counts as text, not as numbers, because of cells such as '80%'" in result.stderr


def test_candidates_that_have_all_been_tried_are_told_so(run: Run, tmp_path: Path) -> None:
    sheet, candidates = tmp_path / "t.csv", tmp_path / "all.csv"
    sheet.write_text("x,y\n1,2\n2,5\n")
    candidates.write_text("x\n1\n2\n")
    result = run(sheet, "--goal", "max:y", "--candidates", candidates)
    assert result.exit_code == 2
    assert "all 2 candidates have been tried or are under way; add rows to all.csv" in result.stderr
    assert listing(tmp_path).keys() == {"t.csv", "all.csv"}


def test_numbers_written_with_separators_are_noted(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "t.csv"
    sheet.write_text("p;T;y\n1.000;20,5;1\n1.250;30;2\n1.000;50;3\n1.500;25;2\n")
    result = run(sheet, "--goal", "max:y")
    assert result.exit_code == 0
    assert "p counts as text, not as numbers, because of cells such as '1.000'" in " ".join(
        result.stdout.split()
    )


@pytest.mark.parametrize("scale", ["e-13", "e12"])
def test_very_small_and_large_predictions_have_exponents(scale: str, run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "t.csv"
    rows = [f"{x},{y}{scale}" for x, y in [(1, 3.1), (2, 4.4), (4, 2.2), (7, 3.6), (9, 3.7), (5, 2.9)]]
    sheet.write_text("\n".join(["x,y", *rows, ""]))
    result = run(sheet, "--goal", "max:y")
    assert result.exit_code == 0
    assert re.search(r"\de[-+]1\d ± \d[.\d]*e[-+]1\d", result.stdout)
