"""A run for others to kill: `python killed_run.py STORE JOURNAL BUDGET`.

After each result is stored, its trial's number and value go into the journal, which so holds nothing that the
store had not acknowledged.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from augury.space.goal import Minimize
from augury.study.study import Study
from augury.study.trial import Trial


def function(params: dict[str, Any]) -> float:
    time.sleep(0.02 + 0.02 * (params["x"] % 1.0))
    return (params["x"] - 1.0) ** 2 + params["n"]


def main(store: str, journal: str, budget: int) -> None:
    file = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(_: Study, trial: Trial) -> None:
        os.write(file, f"{trial.number} {trial.values['y']!r}\n".encode())

    study = Study(
        {"x": (-5.0, 10.0), "n": [1, 2, 4, 8]}, Minimize("y"), strategy="random", store=store, seed=1
    )
    print("ready", flush=True)
    # So long a lease would never go stale within a test: what a killed run left must be seen to be free.
    study.run(function, budget, workers=4, callbacks=[note], stale_after=1e6)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
