"""`augury worker`: what it evaluates, and what is refused."""

from __future__ import annotations

import json
import sys

from augury import Study

COMMAND = [sys.executable, "-I", "-S", "-c", "print({x} + {n})"]


def trials(file):
    return Study.load(file.with_suffix(".db")).trials


def test_a_worker_evaluates_what_the_store_says(augury, define):
    file = define(command=COMMAND, budget=3)
    augury("ask", file)  # a person's trial, which no worker takes
    output = augury("worker", "--store", file.with_suffix(".db")).stdout
    assert output.startswith("evaluating ")
    assert [trial.status for trial in trials(file)] == ["queued", *["complete"] * 3]
    assert all(one.values["yield"] == one.params["x"] + one.params["n"] for one in trials(file)[1:])


def test_the_store_has_the_newest_run_table(augury, define):
    file = define(command=["echo", "1"], budget=1)
    augury("run", file)
    augury("run", define(command=["echo", "2"], budget=2))
    augury("run", define(command=["echo", "3"], budget=2))
    augury("worker", "--store", file.with_suffix(".db"), "--budget", 3)
    assert [trial.values["yield"] for trial in trials(file)] == [1.0, 2.0, 3.0]


def test_a_worker_may_be_told_what_to_evaluate(augury, define, tmp_path, monkeypatch):
    file = define(budget=2)
    augury("ask", file)
    store = file.with_suffix(".db")
    assert "does not say what to evaluate" in augury("worker", "--store", store, code=2).stderr
    augury("worker", "--store", store, "--", "echo", "{n}")
    assert all(one.values["yield"] == one.params["n"] for one in trials(file)[1:])
    (tmp_path / "told_to_worker.py").write_text("def function(params):\n    return 7.0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    augury("worker", "--store", store, "--function", "told_to_worker:function", "--budget", 3, "--workers", 2)
    assert trials(file)[3].values["yield"] == 7.0


def test_what_cannot_be_is_refused(augury, define, tmp_path):
    file = define(command=["echo", "1"])
    augury("ask", file)
    store = file.with_suffix(".db")
    before = trials(file)
    refused = {
        "has no budget": [store],
        "there is no store": [tmp_path / "none.db"],
        "has no study 'other'": [store, "--study", "other"],
        "a store cannot be a 'mysql' database": ["mysql://root@localhost/x"],
        "the store's URL cannot be read": ["://"],
        "cannot be used": ["postgresql://nobody@127.0.0.1:1/none"],
        "give one of them": [store, "--function", "a:b", "--", "echo"],
        "must be module:function": [store, "--budget", 2, "--function", "nowhere"],
        "cannot be imported": [store, "--budget", 2, "--function", "nowhere:f"],
        "there is no program": [store, "--budget", 2, "--", "no-such-program"],
        "which is no parameter": [store, "--budget", 2, "--", "echo", "{z}"],
        "--stale-after is": [store, "--budget", 2, "--stale-after", "nan"],
        "timeout is": [store, "--budget", 2, "--function", "json:loads", "--timeout", "-1"],
    }
    for message, arguments in refused.items():
        assert message in augury("worker", "--store", *arguments, code=2).stderr
    assert trials(file) == before
    assert not (tmp_path / "none.db").exists()


def test_an_imported_study_brings_no_program_to_run(augury, define, tmp_path):
    file = define(command=["echo", "1"], budget=1)
    augury("run", file)
    exported = tmp_path / "study.json"
    augury("export", file.with_suffix(".db"), "--whole", "-o", exported)
    assert "echo" not in exported.read_text()
    document = json.loads(exported.read_text())
    document["study"]["settings"]["run"] = {"command": ["touch", "broken"], "budget": 9}
    exported.write_text(json.dumps(document))
    augury("import", exported, tmp_path / "other.db")
    assert "does not say" in augury("worker", "--store", tmp_path / "other.db", code=2).stderr
