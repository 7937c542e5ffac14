"""`augury pfn`."""

from __future__ import annotations

import csv
import io
import math

import pytest

from augury.inference.prior_fitted.checkpoints import read_header
from augury.inference.prior_fitted.recipes import recipe_names

TINY = ("--prior", "gp", "--width", 8, "--layers", 1)


def test_a_training_writes_a_network_and_goes_on_where_it_was(augury, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("augury.inference.prior_fitted.training._BORDER_VALUES", 2000)
    out = tmp_path / "net.safetensors"
    first = augury("pfn", "train", *TINY, "--out", out, "--steps", 2)
    assert f"wrote {out}" in first.stdout
    assert read_header(out)["about"]["step"] == 2
    again = augury("pfn", "train", *TINY, "--out", out, "--steps", 3)
    assert "resumed" in again.stdout
    assert read_header(out)["about"]["step"] == 3
    more = augury("pfn", "train", *TINY, "--out", out, "--steps", 1, "--continue")
    assert "resumed" in more.stdout
    assert len(read_header(tmp_path / "net.training.safetensors")["log"]) == 3
    measured = augury("pfn", "evaluate", out, "--prior", "gp", "--rows", 1, "--data-sets", 20).stdout
    assert measured.splitlines()[1].split()[:2] == ["1", "1"]


def test_a_table_is_predicted_with_quantiles(augury, tmp_path) -> None:
    known, new = tmp_path / "known.csv", tmp_path / "new.csv"
    rows = [(10 + 0.7 * i, "ab"[i % 2]) for i in range(16)]
    known.write_text("T,kind,y\n" + "".join(f"{T},{k},{math.sin(T / 3) + (k == 'b')}\n" for T, k in rows))
    new.write_text("T,kind\n12.3,a\n12.3,b\n")
    found = list(csv.DictReader(io.StringIO(augury("pfn", "predict", known, new, "--target", "y").stdout)))
    assert [row["kind"] for row in found] == ["a", "b"]
    for row, truth in zip(found, (math.sin(4.1), math.sin(4.1) + 1.0), strict=True):
        assert float(row["y mean"]) == pytest.approx(truth, abs=0.3)
        quantiles = [float(row[f"y q{p:02d}"]) for p in (5, 25, 50, 75, 95)]
        assert quantiles == sorted(quantiles)
        assert float(row["y std"]) > 0.0


def test_columns_that_are_no_settings_are_ignored_and_kept(augury, tmp_path) -> None:
    known, new = tmp_path / "known.csv", tmp_path / "new.csv"
    known.write_text("run,T,y\n" + "".join(f"{i},{10 + i},{math.sin(i)}\n" for i in range(9)))
    new.write_text("run,T\n900,12.5\n")
    options = ("-t", "y", "--ignore", "run")
    (row,) = csv.DictReader(io.StringIO(augury("pfn", "predict", known, new, *options).stdout))
    assert row["run"] == "900"
    new.write_text("T\n12.5\n")
    (other,) = csv.DictReader(io.StringIO(augury("pfn", "predict", known, new, *options).stdout))
    assert "run" not in other
    assert other["y mean"] == row["y mean"]
    refused = augury("pfn", "predict", known, new, "-t", "y", "--ignore", "id", code=2)
    assert "no column 'id'" in refused.stderr


def test_mistakes_are_answered_with_a_line(augury, tmp_path) -> None:
    out = tmp_path / "net.safetensors"
    unknown = augury("pfn", "train", "--prior", "gauss", "--out", out, code=2).stderr
    for name in recipe_names():
        assert repr(name) in unknown
    assert "end in .safetensors" in augury("pfn", "train", *TINY, "--out", tmp_path / "net", code=2).stderr
    assert "there is no training" in augury("pfn", "train", *TINY, "--out", out, "--continue", code=2).stderr
    assert "neither a file" in augury("pfn", "evaluate", "nowhere", "--prior", "gp", code=2).stderr
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("z\n1\n")
    wrong = augury("pfn", "predict", tmp_path / "a.csv", tmp_path / "b.csv", "-t", "y", code=2)
    assert "no column 'x'" in wrong.stderr


@pytest.mark.parametrize(
    ("known", "new", "message"),
    [
        ("x,s,z\n1,a,1\n2,b,2\n", "x,s\n3,a\n", "a.csv has no column 'y'; it has 'x', 's', 'z'"),
        ("y\n1\n2\n", "x\n1\n", "a.csv has no column to predict 'y' from"),
        ("x,s,y\n1,a,1\n2,b,2\n", "s\na\n", "b.csv has no column 'x'"),
        ("x,y\n1,\n2,\n", "x\n1\n", "a.csv has no row with 'y'"),
        ("x,y\n1,1\n2,2\n", "x\n", "b.csv has no rows"),
        ("x,s,y\n1,a,1\n2,,2\n", "x,s\n3,a\n", "a.csv, column 's': a cell is empty"),
        ("x,s,y\n1,a,1\n2,b,2\n", "x,s\n,a\n", "b.csv, column 'x': a cell is empty"),
        ("x,s,y\n1,a,1\n2,b,n.d.\n", "x,s\n3,a\n", "a.csv, column 'y': 'n.d.' is not a number"),
    ],
)
def test_tables_that_cannot_be_predicted_are_refused(augury, tmp_path, known, new, message) -> None:
    (tmp_path / "a.csv").write_text(known)
    (tmp_path / "b.csv").write_text(new)
    refused = augury("pfn", "predict", tmp_path / "a.csv", tmp_path / "b.csv", "-t", "y", code=2)
    assert message in refused.stderr
