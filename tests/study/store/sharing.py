"""What each of several processes does to one study that they share."""

from __future__ import annotations

from augury.space.goal import Minimize
from augury.study.study import Study

TRIALS = 6


def share(store: str) -> list[tuple[int, float]]:
    """Opens (or makes) the study, asks and tells; returns the numbers and values that it told."""
    study = Study(
        {"x": (-5.0, 10.0), "n": [1, 2, 4, 8]}, Minimize("y"), strategy="random", store=store, seed=1
    )
    told = []
    for _ in range(TRIALS):
        trial = study.ask()[0]
        value = study.tell(trial, trial.params["x"]).values["y"]
        told.append((trial.number, value))
    study.store.close()
    return told
