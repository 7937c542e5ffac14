"""`augury ask`: trials are stored, printed, and as they were asked for."""

from __future__ import annotations

import json

import pytest
from tests.cli.store_content import content

from augury import Maximize, Study


def test_trials_are_printed_as_json_and_stored(augury, study_file):
    documents = json.loads(augury("ask", study_file, "-n", 3, "--json").stdout)
    assert [one["number"] for one in documents] == [0, 1, 2]
    trials = Study.load(study_file.with_suffix(".db")).trials
    assert [one["params"] for one in documents] == [trial.params for trial in trials]


def test_without_json_each_trial_is_a_line(augury, study_file):
    lines = augury("ask", study_file, "-n", 2).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["0", "1"]
    assert all("kind=" in line for line in lines)


def test_a_store_and_a_study_file_mean_the_same_study(augury, store, study_file):
    augury("ask", store)
    augury("ask", study_file)
    assert len(Study.load(store).trials) == 6


def test_fixed_parameters_are_held(augury, study_file):
    arguments = ["--fixed", "kind=2", "--fixed", "n=3", "--fixed", "x=2.5"]
    (document,) = json.loads(augury("ask", study_file, "--json", *arguments).stdout)
    assert document["params"] == {"x": 2.5, "kind": "2", "n": 3}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-n", "0"], "at least 1"),
        (["-n", "-3"], "at least 1"),
        (["--fixed", "colour=red"], "x, kind, n"),
        (["--fixed", "x"], "NAME=VALUE"),
        (["--fixed", "x=11"], "11"),
        (["--fixed", "x=nan"], "x"),
        (["--fixed", "x=hot"], "hot"),
        (["--fixed", "kind=c"], "'c'"),
        (["--fixed", "n=2.5"], "2.5"),
        (["--fixed", "x=1", "--fixed", "x=2"], "two values"),
        (["--study", "other"], "other"),
    ],
)
def test_bad_input_stores_nothing(augury, store, arguments, message):
    before = content(store)
    assert message in augury("ask", store, *arguments, code=2).stderr
    assert content(store) == before


def test_a_store_that_is_not_there_is_not_made(augury, tmp_path):
    augury("ask", tmp_path / "no.db", code=2)
    assert list(tmp_path.iterdir()) == []


def test_several_studies_have_to_be_named(augury, store):
    Study({"z": (0.0, 1.0)}, "min:cost", store=store, name="second", strategy="random")
    assert "'default', 'second'" in augury("ask", store, code=2).stderr
    assert "z=" in augury("ask", store, "--study", "second").stdout


def test_fewer_points_than_asked_for_are_told(augury, tmp_path):
    path = tmp_path / "three.db"
    Study({"x": (1, 3)}, Maximize("y"), store=path)
    result = augury("ask", path, "-n", 5, "--json")
    assert len(json.loads(result.stdout)) == 3
    assert "only 3 of 5 trials" in result.stderr
