"""`augury report`: it writes the page, and only a page."""

from __future__ import annotations

import pytest
from tests.cli.store_content import content


def test_the_page_is_written(augury, store, tmp_path):
    path = tmp_path / "out.html"
    assert str(path) in augury("report", store, "-o", path).stdout
    assert "leak" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["study.db", "report", "report.pdf"])
def test_other_files_are_refused(augury, store, name):
    before = content(store)
    assert ".html" in augury("report", store, "-o", store.with_name(name), code=2).stderr
    assert content(store) == before


def test_a_folder_that_is_not_there_is_told_before_anything_is_computed(augury, store, tmp_path, monkeypatch):
    monkeypatch.setattr("augury.study.report.write_report", lambda *_: pytest.fail("computed"))
    refused = augury("report", store, "-o", tmp_path / "no" / "report.html", code=2)
    assert f"there is no folder {tmp_path / 'no'}" in refused.stderr
