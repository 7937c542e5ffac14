"""`augury init`: an example that works as it is."""

from __future__ import annotations

from augury.study.study_file import load_study_file


def test_the_example_is_a_study_that_can_be_run(augury, tmp_path):
    path = tmp_path / "mine.toml"
    augury("init", path)
    study_file = load_study_file(path)
    params = {"temperature": 80.0, "flow": 1.0, "catalyst": 0.01, "stages": 2, "solvent": "DMF"}
    assert study_file.function()(study_file.space.validate(params), tmp_path) == 90.0


def test_a_file_that_exists_is_left_as_it_is(augury, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text("mine")
    assert "left as it is" in augury("init", path, code=2).stderr
    assert path.read_text() == "mine"


def test_other_names_and_missing_folders(augury, tmp_path):
    augury("init", tmp_path / "study.txt", code=2)
    augury("init", tmp_path / "no" / "study.toml", code=2)
    assert list(tmp_path.iterdir()) == []
