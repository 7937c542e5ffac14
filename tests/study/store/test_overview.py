"""The studies of a store at a glance are what reading all of their trials would tell."""

from __future__ import annotations

from augury import Failure, Maximize, Study
from augury.study.store import Store, overview, revision_of


def test_counts_are_those_of_the_trials(tmp_path) -> None:
    store = Store(tmp_path / "a.db")
    studies = [Study({"x": (0.0, 1.0)}, Maximize("y"), name=n, store=store, strategy="random") for n in "bac"]
    for study, n in zip(studies, (0, 3, 1), strict=True):
        for trial in study.ask(n) if n else ():
            study.tell(trial, 1.0 if trial.number else Failure("x"))
    studies[1].ask()
    found = overview(store)
    assert [one.name for one in found] == ["b", "a", "c"]
    assert [one.counts for one in found] == [{}, {"queued": 1, "complete": 2, "failed": 1}, {"failed": 1}]
    assert [one.goals for one in found] == [study.goals.to_dict() for study in studies]
    assert all(one.created is not None for one in found)


def test_a_revision_grows_with_every_change_and_with_nothing_else(tmp_path) -> None:
    study = Study({"x": (0.0, 1.0)}, Maximize("y"), store=tmp_path / "a.db", strategy="random")
    other = Study({"x": (0.0, 1.0)}, Maximize("y"), store=study.store, strategy="random", name="other")
    seen = [study.revision]
    (trial,) = study.ask()
    seen.append(study.revision)
    trial.report(1, 0.5)
    seen.append(study.revision)
    study.tell(trial, 1.0)
    seen.append(study.revision)
    assert seen == sorted(set(seen))
    assert study.trials
    other.ask()
    assert study.revision == seen[-1]
    assert max(one.revision for one in study.trials) == seen[-1]
    assert revision_of(study.store, 99) == 0
