"""A study in one file: nothing is lost, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space import Categorical, Float, Int, Space
from augury.space.goal import Constraint, Maximize
from augury.study import portable
from augury.study.result import Failure
from augury.study.signals import Pruned
from augury.study.study import Study

SPACE = {"x": (0.0, 1.0), "n": (1, 5), "kind": ["a", "b"]}


def campaign(store=None) -> Study:
    """Trials of every kind."""
    study = Study(
        SPACE, [Maximize("y"), Constraint("c", upper=1.0)], name="lab", strategy="sobol", store=store, seed=7
    )
    done, failed, pruned, late, gone = study.ask(5)
    study.tell(done, {"y": (0.1 + 0.2, 0.05), "c": -1e-20}, cost=2.5, user_attrs={"who": "Ä", "k": [1, None]})
    study.tell(failed, Failure("leak"))
    pruned.report(0, 1.5)
    pruned.report(3, float("nan"))
    study.tell(pruned, Pruned("slow"))
    study.tell(late, {"y": 1.0, "c": 0.0})
    study.tell(late, {"y": 2.0, "c": 0.5}, cost=1.5)
    study.abandon(gone)
    study.add({"x": 0.5, "n": 2, "kind": "b"}, {"y": {"value": 1.0, "gradient": {"x": 2.0}}, "c": 0.0})
    study.enqueue({"x": 0.25, "n": 3, "kind": "a"})
    study.ask(1)
    return study


def plain(study: Study) -> list[dict]:
    """The trials, without what belongs to one store."""
    local = {"revision", "study_directory", "reporter"}
    return [
        {key: repr(value) for key, value in vars(one).items() if key not in local} for one in study.trials
    ]


def test_a_file_of_before_late_results_had_costs_is_read(tmp_path) -> None:
    campaign().export(tmp_path / "lab.json")
    document = json.loads((tmp_path / "lab.json").read_text())
    for trial in document["study"]["trials"]:
        for late in trial["replicates"]:
            del late["cost"]
    (tmp_path / "lab.json").write_text(json.dumps(document))
    copy = Study.import_(tmp_path / "lab.json", None)
    assert [late.cost for trial in copy.trials for late in trial.replicates] == [None]


def test_everything_comes_back(tmp_path) -> None:
    study = campaign(tmp_path / "a.db")
    study.export(tmp_path / "lab.json")
    copy = Study.import_(tmp_path / "lab.json", tmp_path / "b.db")
    assert plain(copy) == plain(study)
    assert (copy.name, copy.space, copy.goals) == (study.name, study.space, study.goals)
    assert copy._record.seed == 7
    assert copy.best == study.best or copy.best.number == study.best.number
    copy.export(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == (tmp_path / "lab.json").read_text()


def test_both_go_on_alike(tmp_path) -> None:
    study = Study({"x": (0.0, 1.0), "y": (0.0, 1.0)}, Maximize("v"), store=None, seed=3)
    for _ in range(6):
        (trial,) = study.ask()
        study.tell(trial, trial.params["x"] - trial.params["y"] ** 2)
    study.export(tmp_path / "s.json")
    copy = Study.import_(tmp_path / "s.json", None)
    for _ in range(2):
        (first,), (second,) = study.ask(), copy.ask()
        assert first.params == second.params
        assert first.number == second.number
        study.tell(first, 0.5)
        copy.tell(second, 0.5)


def test_a_running_trial_waits_in_the_copys_queue(tmp_path) -> None:
    study = Study(SPACE, Maximize("y"), store=tmp_path / "a.db", seed=0, strategy="random")
    study._suggester.suggest(1, origin="run", owner="somebody")
    assert study.trials[0].status == "running"
    study.export(tmp_path / "s.json")
    copy = Study.import_(tmp_path / "s.json", None)
    assert copy.trials[0].status == "queued"
    assert copy.ask()[0].number == 0


def test_spaces_of_all_kinds_come_back(tmp_path) -> None:
    space = Space(
        {
            "layers": Int(1, 3),
            "width": Float(1.0, 64.0, log=True, active_if={"layers": [2, 3]}),
            "solvent": Categorical(["w", "e"], descriptors={"polarity": [1.0, 0.2]}),
        }
    )
    study = Study(space, Maximize("y"), store=None, seed=0)
    study.add({"layers": 1, "solvent": "w"}, 1.0)
    study.add({"layers": 2, "width": 8.0, "solvent": "e"}, 2.0)
    study.export(tmp_path / "s.json")
    assert Study.import_(tmp_path / "s.json", None).trials[1].params == study.trials[1].params


def test_a_name_that_is_taken_is_left_alone(tmp_path) -> None:
    study = campaign(tmp_path / "a.db")
    study.export(tmp_path / "lab.json")
    with pytest.raises(InvalidInputError, match="already has a study 'lab'"):
        Study.import_(tmp_path / "lab.json", tmp_path / "a.db")
    Study.import_(tmp_path / "lab.json", tmp_path / "a.db", name="copy")
    assert study.store.names() == ["lab", "copy"]
    with pytest.raises(InvalidInputError, match="name must be text"):
        Study.import_(tmp_path / "lab.json", None, name="")


def test_a_folder_that_is_not_there_is_told(tmp_path) -> None:
    with pytest.raises(InvalidInputError, match=r"the folder .*nowhere does not exist; create it"):
        Study({"x": (0.0, 1.0)}, "min:y", store=None).export(tmp_path / "nowhere" / "study.json")


def test_an_older_file_is_replaced_by_a_complete_one_only(tmp_path, monkeypatch) -> None:
    path = tmp_path / "lab.json"
    path.write_text("old")

    def full(self, *arguments, **named):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(OSError, match="disk full"):
        campaign().export(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_of_an_older_version_is_brought_to_this_one(tmp_path, monkeypatch) -> None:
    path = tmp_path / "lab.json"
    campaign().export(path)

    def rename(document):
        return {**document, "study": {**document["study"], "name": "migrated"}}

    monkeypatch.setattr(portable, "VERSION", 2)
    monkeypatch.setitem(portable.MIGRATIONS, 1, rename)
    assert Study.import_(path, None).name == "migrated"


@pytest.fixture(scope="module")
def document(tmp_path_factory) -> dict:
    path = tmp_path_factory.mktemp("portable") / "lab.json"
    campaign().export(path)
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("format",), "other", "no exported study"),
        (("version",), 2, "format version 2; this augury reads up to 1: update"),
        (("version",), "1", "damaged: its version is '1'"),
        (("study",), None, "damaged: a part of it is of the wrong kind"),
        (("study",), {}, "damaged: 'space' is missing"),
        (("study", "name"), 3, "damaged: a study's name"),
        (("study", "seed"), -1, "damaged: the seed"),
        (("study", "space", "version"), 9, "damaged: this space has schema version 9"),
        (("study", "goals", "objectives"), [], "damaged: there is no objective"),
        (("study", "settings"), [], "damaged: its settings"),
        (("study", "created"), -5.0, "no time"),
        (("study", "next_number"), 2, "not below the next one"),
        (("study", "trials", 0, "number"), 1, "occur twice"),
        (("study", "trials", 0, "status"), "done", "has the status 'done'"),
        (("study", "trials", 0, "params", "x"), 7.0, "trial 0: .*7.0"),
        (("study", "trials", 0, "measured", "z"), [1.0, None], "'z', which is no goal"),
        (("study", "trials", 0, "measured", "y"), ["a", None], "'a' must be a finite number"),
        (("study", "trials", 0, "measured", "y"), [1.0, -1.0], "standard error is negative"),
        (("study", "trials", 0, "attempts"), 1.5, "whole number"),
        (("study", "trials", 0, "user_attrs"), 3, "must be objects"),
        (("study", "trials", 0, "reason"), 3, "must be text"),
        (("study", "trials", 2, "reports"), [[0, 1.0], [0, 2.0]], "reported twice"),
        (("study", "trials", 3, "replicates", 0, "status"), "queued", "late result"),
    ],
)
def test_a_damaged_file_is_refused_with_its_fault(document, tmp_path, place, value, message) -> None:
    changed = json.loads(json.dumps(document))
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    path = tmp_path / "lab.json"
    path.write_text(json.dumps(changed))
    with pytest.raises(InvalidInputError, match=message):
        Study.import_(path, tmp_path / "b.db")


@settings(max_examples=40)
@given(data=st.data())
def test_whatever_is_changed_the_file_is_imported_or_refused(document, tmp_path_factory, data) -> None:
    changed = json.loads(json.dumps(document))
    inner, key = changed, "study"
    while True:
        following = inner[key]
        if not following or not isinstance(following, (dict, list)) or data.draw(st.integers(0, 4)) == 0:
            break
        inner = following
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = data.draw(st.sampled_from(keys))
    if data.draw(st.booleans()):
        inner[key] = data.draw(
            st.none() | st.integers() | st.floats() | st.text(max_size=3) | st.just([]) | st.just({})
        )
    else:
        del inner[key]
    path = tmp_path_factory.mktemp("changed") / "lab.json"
    path.write_text(json.dumps(changed))
    try:
        study = Study.import_(path, None)
    except InvalidInputError:
        return
    assert len(study.trials) >= 0
    study.observations()


@pytest.mark.parametrize("content", ["", "number,x\n1,2\n", "[1, 2]", "null"])
def test_other_files_are_told_apart(tmp_path, content) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(InvalidInputError, match=r"no JSON file|no exported study"):
        Study.import_(path, None)
    with pytest.raises(InvalidInputError, match="cannot read"):
        Study.import_(tmp_path / "missing.json", None)
