"""`augury export --whole` and `augury import`."""

from __future__ import annotations

from augury.study.study import Study


def test_a_study_goes_from_one_store_to_another(augury, store, tmp_path) -> None:
    file, other = tmp_path / "whole.json", tmp_path / "other.db"
    assert "with 4 trials" in augury("export", store, "--whole", "-o", file).stdout
    assert "4 trials" in augury("import", file, other).stdout
    first, second = Study.load(store), Study.load(other)
    assert [one.params for one in first.trials] == [one.params for one in second.trials]
    assert "already has a study" in augury("import", file, other, code=2).stderr
    augury("import", file, other, "--name", "copy")
    assert len(second.store.names()) == 2


def test_bad_requests_are_one_line_and_make_no_store(augury, store, tmp_path) -> None:
    assert "-o FILE.json" in augury("export", store, "--whole", code=2).stderr
    assert "-o FILE.json" in augury("export", store, "--whole", "-o", tmp_path / "a.csv", code=2).stderr
    table = tmp_path / "table.json"
    augury("export", store, "-o", table)
    other = tmp_path / "other.db"
    assert "no exported study" in augury("import", table, other, code=2).stderr
    assert "cannot read" in augury("import", tmp_path / "none.json", other, code=2).stderr
    assert "no name for a store" in augury("import", table, tmp_path / "study.toml", code=2).stderr
    assert not other.exists()
