"""A study from its first question to its best answer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augury.errors import InvalidInputError, NotSupportedError
from augury.space import Float, Int, Space
from augury.space.goals import Constraint, Maximize, Minimize
from augury.strategies.base import Prediction, Proposal, Strategy
from augury.strategies.state import State
from augury.study import FAILED, Failure, Store, Study
from augury.study.suggester import trial_seed

SPACE = {"x": (-5.0, 10.0), "n": [1, 2, 4, 8]}


class Recording(Strategy):
    """Proposes at random and remembers what it was given."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def propose(
        self,
        space: Any,
        goals: Any,
        observations: Any,
        pending: Any,
        n: int,
        *,
        seed: int,
        state: State | None = None,
    ) -> Proposal:
        self.calls.append({"observations": observations, "pending": pending, "seed": seed, "state": state})
        if goals.n_objectives > 1:
            raise NotSupportedError("several objectives")
        self.meanwhile()
        X = np.random.default_rng(seed).uniform(space.bounds[0], space.bounds[1], (n, space.dim))
        for column, value in space.fixed_columns.items():
            X[:, column] = value
        told = 0 if state is None else state.data["told"]
        return Proposal(
            space.snap(X), [Prediction({"y": 1.0}, {"y": 2.0}, "explore")] * n, State(1, {"told": told + 1})
        )

    def meanwhile(self) -> None:
        """What happens while it thinks."""


def study_of(strategy: Any = None, goals: Any = None, store: Any = None, **options: Any) -> Study:
    return Study(
        SPACE, goals or Minimize("y"), strategy=strategy or Recording(), store=store, seed=7, **options
    )


def test_ask_and_tell(tmp_path: Path) -> None:
    study = study_of(store=tmp_path / "study.db")
    first, second = study.ask(2)
    assert (first.number, second.number, first.status, first.origin) == (0, 1, "queued", "ask")
    assert first.prediction == Prediction({"y": 1.0}, {"y": 2.0}, "explore")
    assert study.best is study.params is study.value is None
    study.tell(first, 3.0)
    told = study.tell(1, (2.0, 0.5), cost=4.0, user_attrs={"note": "ok"})
    assert (told.values, told.stderrs, told.cost, told.user_attrs) == (
        {"y": 2.0},
        {"y": 0.5},
        4.0,
        {"note": "ok"},
    )
    assert study.best == told
    assert (study.params, study.value) == (second.params, 2.0)


def test_results_are_on_disk_before_tell_returns(tmp_path: Path) -> None:
    study = study_of(store=tmp_path / "study.db")
    trial = study.ask()[0]
    assert Study.load(tmp_path / "study.db").trials == [trial]
    told = study.tell(trial, 3.0)
    assert Study.load(tmp_path / "study.db").trials == [told]


def test_decisions_follow_from_the_seed() -> None:
    points = [[trial.params for trial in study_of().ask(3)] for _ in range(2)]
    assert points[0] == points[1]
    study = study_of(strategy := Recording())
    for _ in range(3):
        study.ask()
    assert [call["seed"] for call in strategy.calls] == [trial_seed(7, number) for number in range(3)]
    assert len({trial_seed(7, number) for number in range(100)}) == 100
    assert trial_seed(1, 2) == 1596810411, "the seeds of stored studies must never change"


def test_strategies_get_observations_and_pending_points() -> None:
    study = study_of(strategy := Recording(), [Minimize("y"), Constraint("p", upper=1.0)])
    trials = study.ask(4)
    study.tell(trials[0], {"y": 1.0, "p": (2.0, 0.1)}, cost=3.0)
    study.tell(trials[1], Failure("exploded"))
    study.add({"x": 0.0, "n": 2}, {"y": 5.0, "p": None})
    study.tell(trials[0], (1.5, 2.5))
    study.tell(trials[2], Failure("power cut", transient=True))
    study.abandon(trials[3])
    queued = study.enqueue({"x": 1.0, "n": 1})
    assert [trial.number for trial in study.ask(2)] == [2, queued.number]
    study.ask()
    seen = strategy.calls[-1]["observations"]
    assert seen.status.tolist() == ["complete", "complete", "failed", "complete"]
    np.testing.assert_array_equal(seen.Y, [[1.0, 2.0], [1.5, 2.5], [np.nan, np.nan], [5.0, np.nan]])
    np.testing.assert_allclose(seen.Yvar[0], [np.nan, 0.01])
    np.testing.assert_array_equal(seen.cost, [3.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(seen.X[0], study.space.encode([trials[0].params])[0])
    pending = study.space.encode([trials[2].params, queued.params])
    np.testing.assert_array_equal(strategy.calls[-1]["pending"], pending)


def test_states_survive_the_process_and_their_loss(tmp_path: Path) -> None:
    store = tmp_path / "study.db"
    study_of(store=store).ask()
    again = study_of(strategy := Recording(), store=store)
    again.ask()
    again.ask()
    assert [call["state"].data for call in strategy.calls] == [{"told": 1}, {"told": 2}]
    opened = Store(store)
    record = opened.find("default")
    assert record is not None
    opened.save_state(record.id, f"{Recording.__module__}:Recording", b"damaged")
    study_of(strategy := Recording(), store=store).ask()
    assert strategy.calls[0]["state"] is None


def test_it_thinks_again_when_others_asked_meanwhile(tmp_path: Path) -> None:
    store = tmp_path / "study.db"

    class Disturbed(Recording):
        disturbances = 1

        def meanwhile(self) -> None:
            if self.disturbances:
                self.disturbances -= 1
                study_of(store=store).ask()

    strategy = Disturbed()
    study = study_of(strategy, store=store)
    trial = study.ask()[0]
    assert [len(call["pending"]) for call in strategy.calls] == [0, 1]
    assert [one.number for one in study.trials] == [0, 1]
    assert trial.number == 0, "numbers are reserved before it thinks"
    strategy.calls.clear()
    strategy.disturbances = 100
    assert len(study.ask()) == 1, "it thinks for ever while others ask"
    assert len(strategy.calls) <= 4


def test_threads_share_a_study() -> None:
    study = study_of("random")
    barrier = threading.Barrier(4)

    def work(_: int) -> list[int]:
        barrier.wait()
        return [study.tell(study.ask()[0], 1.0).number for _ in range(5)]

    with ThreadPoolExecutor(4) as threads:
        numbers = sorted(number for part in threads.map(work, range(4)) for number in part)
    assert numbers == list(range(20))


def test_fixed_values_are_respected() -> None:
    study = study_of()
    waiting = study.enqueue({"x": 0.0, "n": 2})
    trials = study.ask(3, fixed={"n": 4})
    assert [trial.params["n"] for trial in trials] == [4, 4, 4]
    assert study.ask(1, fixed={"n": 2})[0].number == waiting.number
    with pytest.raises(InvalidInputError):
        study.ask(fixed={"n": 3})


def test_a_failed_ask_changes_nothing(tmp_path: Path) -> None:
    study = study_of(goals=[Minimize("y"), Maximize("z")], store=tmp_path / "study.db")
    study.enqueue({"x": 0.0, "n": 2})
    with pytest.raises(NotSupportedError):
        study.ask(2)
    assert [trial.number for trial in study.ask(1)] == [0]
    study.tell(0, {"y": 1.0, "z": 2.0})
    assert study.add({"x": 0.0, "n": 2}, (1, 2)).number == 1, "a number was lost"
    with pytest.raises(NotSupportedError):
        _ = study.best


def test_a_finite_space_ends() -> None:
    study = Study({"n": [1, 2, 3]}, Minimize("y"), strategy="random", store=None, seed=1)
    assert {trial.params["n"] for trial in study.ask(5)} == {1, 2, 3}
    with pytest.raises(InvalidInputError):
        study.ask()
    study.tell(0, FAILED)
    assert study.add({"n": 1}, 2.0).number == 3


def test_constraints_decide_what_is_best() -> None:
    study = study_of(goals=[Maximize("y"), Constraint("p", upper=1.0)])
    study.add({"x": 0.0, "n": 1}, {"y": 9.0, "p": 2.0})
    assert study.best is None
    good = study.add({"x": 1.0, "n": 1}, {"y": 3.0, "p": 0.5})
    study.add({"x": 2.0, "n": 1}, {"y": 7.0, "p": None})
    assert study.best == good


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "2"])
def test_ask_refuses_what_is_no_count(n: Any) -> None:
    with pytest.raises(InvalidInputError, match="at least 1"):
        study_of().ask(n)


def test_bad_results_change_nothing() -> None:
    study = study_of()
    trial = study.ask()[0]
    for told in (float("nan"), float("inf"), "x", (1, 2, 3), {"z": 1}, (1, -1), None):
        with pytest.raises(InvalidInputError):
            study.tell(trial, told)
        with pytest.raises(InvalidInputError):
            study.add({"x": 0.0, "n": 1}, told)
    for cost in (float("nan"), "dear"):
        with pytest.raises(InvalidInputError, match="cost"):
            study.tell(trial, 1.0, cost=cost)  # type: ignore[arg-type]
    for unknown in (17, -1, "0", True, 0.0):
        with pytest.raises(InvalidInputError, match="trial"):
            study.tell(unknown, 1.0)  # type: ignore[arg-type]
    for params in ({"x": 0.0}, {"x": 99.0, "n": 1}, {"x": 0.0, "n": 1, "z": 1}):
        with pytest.raises(InvalidInputError):
            study.enqueue(params)
    with pytest.raises(InvalidInputError, match="JSON"):
        study.enqueue({"x": 0.0, "n": 1}, user_attrs={"f": print})
    assert study.trials == [trial]


@pytest.mark.parametrize(
    ("space", "goals", "options", "words"),
    [
        ({"x": (-5.0, 11.0), "n": [1, 2, 4, 8]}, Minimize("y"), {}, "'x'"),
        ({"x": (-5.0, 10.0)}, Minimize("y"), {}, "'n'"),
        ({**SPACE, "z": (0, 1)}, Minimize("y"), {}, "'z'"),
        (Space(SPACE, constraints=["2*x <= 8"]), Minimize("y"), {}, "constraints"),
        ({"n": SPACE["n"], "x": SPACE["x"]}, Minimize("y"), {}, "order"),
        (SPACE, Maximize("y"), {}, "goals"),
        (SPACE, Minimize("y"), {"seed": 8}, "seed"),
    ],
)
def test_another_study_of_the_same_name_is_refused(
    space: Any, goals: Any, options: Any, words: str, tmp_path: Path
) -> None:
    store = tmp_path / "study.db"
    study_of(store=store).add({"x": 0.0, "n": 1}, 2.0)
    with pytest.raises(InvalidInputError, match=words) as caught:
        Study(space, goals, store=store, **options)
    assert "name=" in str(caught.value)
    assert "store=" in str(caught.value)
    assert len(Study.load(store).trials) == 1
    assert Study(space, goals, store=store, name="other", **options).trials == []


@pytest.mark.parametrize(
    "options",
    [
        {"name": ""},
        {"name": "x" * 300},
        {"seed": -1},
        {"seed": 1.5},
        {"strategy": "oracle"},
        {"strategy": Recording(), "model": "gp"},
        {"strategy": 3},
        {"goals": Minimize("x")},
        {"goals": "yield"},
        {"space": {"x": (1.0, 0.0)}},
    ],
)
def test_bad_arguments_make_no_store(options: dict[str, Any], tmp_path: Path) -> None:
    arguments = {"space": SPACE, "goals": Minimize("y"), "store": tmp_path / "study.db"} | options
    with pytest.raises(InvalidInputError):
        Study(**arguments)
    assert list(tmp_path.iterdir()) == []


def test_load_finds_the_study(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    space = Space({"x": Float(1e-3, 1.0, log=True), "n": Int(1, 9, step=2)}, constraints=["x + n <= 8"])
    made = Study(space, [Maximize("y"), Constraint("p", lower=0.0)], strategy="random", store=path)
    loaded = Study.load(path)
    assert (loaded.space, loaded.goals, loaded.seed, loaded.name) == (space, made.goals, made.seed, "default")
    assert loaded.ask()[0].number == 0
    Study(SPACE, Minimize("y"), store=path, name="second")
    assert Study.load(path, "second").goals.outcomes == ["y"]
    with pytest.raises(InvalidInputError, match="'default', 'second'"):
        Study.load(path)
    with pytest.raises(InvalidInputError, match="'third'"):
        Study.load(path, "third")
    with pytest.raises(InvalidInputError, match="no store"):
        Study.load(tmp_path / "other.db")
    assert not (tmp_path / "other.db").exists()


def test_tables_have_a_row_per_trial() -> None:
    study = Study({"x": (0.0, 1.0), "status": ["a", "b"]}, Minimize("cost"), strategy="random", store=None)
    study.add({"x": 0.5, "status": "a"}, (1.0, 0.1), cost=7.0)
    study.tell(study.ask()[0], Failure("exploded"))
    frame = study.to_dataframe()
    assert frame[["number", "trial_status", "x", "status"]].values.tolist()[0] == [0, "complete", 0.5, "a"]
    assert frame["cost"].tolist()[0] == 1.0
    assert frame["cost_stderr"].tolist()[0] == 0.1
    assert frame["trial_cost"].tolist()[0] == 7.0
    assert frame["reason"].tolist()[1] == "exploded"
    assert list(study_of().to_dataframe().columns[:5]) == ["number", "status", "origin", "x", "n"]


def test_trials_have_folders_of_their_own(tmp_path: Path) -> None:
    study = study_of(store=tmp_path / "lab.db", name="../a b" + "é" * 100)
    first, second = study.ask(2)
    assert not (tmp_path / "lab.trials").exists(), "folders are made when asked for"
    assert first.directory is not None
    assert first.directory.is_dir()
    assert first.directory.parent.parent == tmp_path / "lab.trials"
    assert first.directory != second.directory
    assert study_of().ask()[0].directory is None
