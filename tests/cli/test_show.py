"""`augury show`: the goal, the counts, the best, for people and for programs."""

from __future__ import annotations

import json

from augury import Constraint, Maximize, Study


def test_the_table_has_the_best_and_the_counts(augury, store):
    out = augury("show", store).stdout
    assert "Maximize yield" in out
    assert "1 complete, 1 failed" in out
    assert "5.5 ± 0.5" in out
    assert "Last failure: trial 3: leak" in out
    assert not any(line.split()[:2] == ["3", "failed"] for line in out.splitlines())


def test_all_trials_by_number(augury, store):
    rows = [line.split() for line in augury("show", store, "--all").stdout.splitlines()]
    assert [row[:2] for row in rows if row and row[0].isdigit()] == [
        ["0", "queued"],
        ["1", "queued"],
        ["2", "complete"],
        ["3", "failed"],
    ]


def test_json(augury, store):
    document = json.loads(augury("show", store, "--json", "--all").stdout)
    assert document["counts"] == {"queued": 2, "complete": 1, "failed": 1}
    assert document["best"]["number"] == 2
    assert document["best"]["values"] == {"yield": 5.5}
    assert [one["number"] for one in document["trials"]] == [0, 1, 2, 3]
    assert document["trials"][3]["reason"] == "leak"


def test_an_empty_study_and_a_study_file(augury, study_file):
    Study(
        {"x": (0.0, 10.0), "kind": ["a", "b", "2"], "n": (1, 4)},
        "max:yield",
        store=study_file.with_suffix(".db"),
    )
    assert "none yet" in augury("show", study_file).stdout


def test_names_are_never_markup(augury, tmp_path):
    path = tmp_path / "odd.db"
    study = Study({"[red]x": ["[bold]a", "b"]}, Maximize("[link]y"), store=path, strategy="random")
    study.add({"[red]x": "[bold]a"}, 1.0)
    out = augury("show", path).stdout
    for name in ("[red]x", "[bold]a", "[link]y"):
        assert name in out


def test_nothing_within_the_limits_and_several_objectives(augury, tmp_path):
    path = tmp_path / "two.db"
    goals = [Maximize("a"), Maximize("b"), Constraint("c", upper=0)]
    study = Study({"x": (0.0, 1.0)}, goals, store=path, strategy="random")
    study.add({"x": 0.5}, {"a": 1, "b": 2, "c": 3})
    assert json.loads(augury("show", path, "--json").stdout)["best"] is None
