"""`augury export`: every format gives the trials back."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from tests.cli.store_content import content

from augury import Categorical, Maximize, Study
from augury.study import Failure

READERS = {
    "csv": pd.read_csv,
    "xlsx": pd.read_excel,
    "parquet": pd.read_parquet,
    "json": lambda path: pd.read_json(path, precise_float=True),
}


@pytest.mark.parametrize("extension", READERS)
def test_a_file_holds_every_trial_exactly(augury, store, tmp_path, extension):
    path = tmp_path / f"trials.{extension.upper()}"
    path.write_text("old")
    augury("export", store, "-o", path)
    table = READERS[extension](path)
    trials = Study.load(store).trials
    assert list(table["number"]) == [0, 1, 2, 3]
    assert list(table["status"]) == [trial.status for trial in trials]
    assert list(table["x"]) == [trial.params["x"] for trial in trials]
    assert table["yield"][2] == 5.5
    assert pd.isna(table["yield"][0])
    assert table["reason"][3] == "leak"


def test_without_a_file_it_is_csv_on_standard_output(augury, store):
    table = pd.read_csv(io.StringIO(augury("export", store).stdout))
    assert len(table) == 4


@pytest.mark.parametrize("extension", READERS)
def test_odd_trials(augury, tmp_path, extension):
    store = tmp_path / "odd.db"
    study = Study(
        {"k": Categorical(["a", 1, True]), "x": (0.0, 1e-20)}, Maximize("y"), store=store, strategy="random"
    )
    study.add({"k": 1, "x": 1e-21}, 1e-19)
    study.add({"k": True, "x": 0.0}, Failure("bad \x07 bell\nand more"))
    path = tmp_path / f"odd.{extension}"
    augury("export", store, "-o", path)
    table = READERS[extension](path)
    assert table["y"][0] == 1e-19
    assert table["x"][0] == 1e-21
    assert "and more" in table["reason"][1]


@pytest.mark.parametrize("name", ["trials.txt", "trials", "study.db"])
def test_an_unknown_format_touches_no_file(augury, store, name):
    before = content(store)
    assert ".parquet" in augury("export", store, "-o", store.with_name(name), code=2).stderr
    assert content(store) == before
    assert not store.with_name("trials").exists()


def test_a_folder_that_is_not_there(augury, store, tmp_path):
    for options in ([], ["--whole"]):
        refused = augury("export", store, "-o", tmp_path / "no" / "trials.json", *options, code=2)
        assert f"there is no folder {tmp_path / 'no'}" in refused.stderr


def test_a_file_that_cannot_be_completed_leaves_the_old_one(augury, store, tmp_path, monkeypatch):
    target = tmp_path / "trials.csv"
    target.write_text("old")

    def full_disk(self, path, **_):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full_disk)
    assert "No space left" in augury("export", store, "-o", target, code=2).stderr
    assert target.read_text() == "old"
    assert not list(tmp_path.glob(".*part*"))
