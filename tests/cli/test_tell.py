"""`augury tell`: results, failures, and everything that is neither."""

from __future__ import annotations

import json

import pytest
from tests.cli.store_content import content

from augury import Constraint, Maximize, Study


def test_a_value_with_its_standard_error(augury, store):
    assert (
        augury("tell", store, 0, "--value", -3.2, "--stderr", 0.1).stdout
        == "trial 0 is complete: yield = -3.2\n"
    )
    trial = Study.load(store).trials[0]
    assert (trial.values, trial.stderrs) == ({"yield": -3.2}, {"yield": 0.1})


@pytest.mark.parametrize("document", [4.0, [4.0, 0.5], {"yield": 4.0}, {"yield": [4.0, 0.5]}])
def test_values_from_a_file_or_standard_input(augury, store, tmp_path, document):
    file = tmp_path / "out.json"
    file.write_text(json.dumps(document))
    augury("tell", store, 0, "--values", file)
    augury("tell", store, 1, "--values", "-", stdin=json.dumps(document))
    first, second, *_ = Study.load(store).trials
    assert first.values == second.values == {"yield": 4.0}
    assert first.stderrs == second.stderrs


def test_a_file_in_which_nothing_was_measured(augury, store):
    told = augury("tell", store, 0, "--values", "-", stdin='{"yield": null}', code=2)
    assert "no outcome was measured; tell a trial without a usable result by --failed REASON" in told.stderr


def test_what_a_file_has_beside_the_outcomes_is_kept(augury, store, tmp_path):
    file = tmp_path / "out.json"
    file.write_text('{"yield": 4.0, "conversion": 0.9}')
    augury("tell", store, 0, "--values", file)
    assert Study.load(store).trials[0].user_attrs == {"conversion": 0.9}


def test_a_failure_and_a_retry(augury, store):
    augury("tell", store, 0, "--failed", "no product")
    assert augury("tell", store, 1, "--failed", "power cut", "--retry").stdout == "trial 1 is queued\n"
    failed, queued, *_ = Study.load(store).trials
    assert (failed.status, failed.reason) == ("failed", "no product")
    assert queued.status == "queued"


def test_a_second_result_is_a_replicate(augury, store):
    said = augury("tell", store, 2, "--value", 6.5).stdout
    assert said == "trial 2 is complete: yield = 5.5; what was told now is kept as a replicate (1 in all)\n"
    trial = Study.load(store).trials[2]
    assert trial.values == {"yield": 5.5}
    assert [one.values for one in trial.replicates] == [{"yield": 6.5}]


@pytest.mark.parametrize("options", [["--pruned"], ["--failed", "power cut", "--retry"]])
def test_what_a_closed_trial_does_not_keep_is_told(augury, store, options):
    before = Study.load(store).trials
    assert "is not kept" in augury("tell", store, 2, *options, "--cost", 9).stdout
    assert Study.load(store).trials == before


def test_several_outcomes(augury, tmp_path):
    path = tmp_path / "two.db"
    goals = [Maximize("yield"), Constraint("pressure", upper=5)]
    Study({"x": (0.0, 1.0)}, goals, store=path, strategy="random").ask()
    assert "give a mapping" in augury("tell", path, 0, "--value", 3, code=2).stderr
    assert "'pressure'" in augury("tell", path, 0, "--values", "-", stdin='{"yield": 3}', code=2).stderr
    augury("tell", path, 0, "--values", "-", stdin='{"yield": 3, "pressure": null}')
    assert Study.load(path).trials[0].values == {"yield": 3.0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "exactly one of"),
        (["--value", "1", "--failed", "x"], "exactly one of"),
        (["--value", "1", "--values", "-"], "exactly one of"),
        (["--failed", "x", "--stderr", "1"], "--stderr belongs to --value"),
        (["--value", "1", "--retry"], "--retry belongs to --failed"),
        (["--value", "nan"], "finite"),
        (["--value", "inf"], "by --failed REASON"),
        (["--value", "1", "--stderr", "-1"], "0 or more"),
        (["--value", "high"], "--value"),
        (["--values", "no-such-file.json"], "no-such-file.json"),
        (["--values", "."], "."),
    ],
)
def test_bad_options_store_nothing(augury, store, arguments, message):
    before = content(store)
    assert message in augury("tell", store, 0, *arguments, code=2).stderr
    assert content(store) == before


NO_RESULTS = [
    "",
    "{",
    "[1, 2, 3]",
    "[[1], 2]",
    '"high"',
    "null",
    "{}",
    "NaN",
    '{"yield": "high"}',
    '{"yield": null}',
    '{"yield": [1, 2, 3]}',
    '{"yield": {"a": 1}}',
    '{"other": 2}',
    '{"other": 1}',
    "\x00",
    "[" * 20_000,
]


@pytest.mark.parametrize("text", NO_RESULTS)
def test_a_document_that_is_no_result_stores_nothing(augury, store, text):
    before = content(store)
    augury("tell", store, 0, "--values", "-", stdin=text, code=2)
    assert content(store) == before


def test_a_document_that_is_not_text(augury, store):
    assert "UTF-8" in augury("tell", store, 0, "--values", "-", stdin=b"\x80", code=2).stderr


@pytest.mark.parametrize("number", ["99", "-- -1"])
def test_an_unknown_trial(augury, store, number):
    before = content(store)
    assert "no trial" in augury("tell", store, "--value", 1, *number.split(), code=2).stderr
    assert content(store) == before


def test_reports_are_answered(augury, store):
    study = Study.load(store)
    number = study.trials[0].number
    assert augury("tell", store, number, "--step", 2, "--value", 0.5).stdout == "continue\n"
    assert Study.load(store).trials[number].intermediate_values == {2: 0.5}
    pruned = augury("tell", store, number, "--pruned").stdout
    assert pruned == f"trial {number} is pruned\n"
    assert "0.5 at step 2" in augury("show", store, "--all").stdout
    document = json.loads(augury("show", store, "--all", "--json").stdout)["trials"][number]
    assert (document["status"], document["intermediate_values"]) == ("pruned", {"2": 0.5})
    table = augury("export", store).stdout.splitlines()
    assert "last_step,last_value" in table[0]
    assert ",2,0.5," in table[1 + number]


@pytest.mark.parametrize(
    "options", [["--step", 2], ["--step", 2, "--failed", "x"], ["--step", 2, "--value", 1, "--stderr", 1]]
)
def test_a_step_goes_with_a_value(augury, store, options):
    assert "--step goes with --value" in augury("tell", store, 0, *options, code=2).stderr


def test_costs_are_kept(augury, store):
    augury("tell", store, 0, "--value", 1.0, "--cost", 2.5)
    assert Study.load(store).trials[0].cost == 2.5
