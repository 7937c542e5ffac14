"""What a strategy is given, and how its proposals become trials."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.goal import Constraint, Maximize, Minimize
from augury.study import FAILED, Failure, Store, Study
from augury.study.suggester import trial_seed
from tests.study.cases import Recording, study_of


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
