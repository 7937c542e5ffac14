from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from botorch.acquisition.logei import qLogExpectedImprovement, qLogNoisyExpectedImprovement
from botorch.optim import optimize_acqf
from botorch.sampling import SobolQMCNormalSampler

from augury.acquisition.batch import maximize_batch
from augury.acquisition.registry import ACQUISITIONS
from augury.acquisition.situation import Situation
from augury.space.space import Space
from tests.acquisition.cases import data, gaussian_process

SPACE = Space({"x": (0.0, 1.0), "y": (0.0, 1.0), "z": (0.0, 1.0)})
X, Y = data(30, 3, noise=0.3)
MODEL = gaussian_process(X, Y)
#: Those that need more than a situation has here, take seconds, or add to another the cost alone.
UNLIKE = {"one-shot-kg", "multi-step", "predictive-entropy", "probability-of-feasibility"}
UNLIKE |= {name for name in ACQUISITIONS.names() if name.endswith("-per-cost")}


def choose(name: str, situation: Situation, q: int, space: Space = SPACE, **options) -> np.ndarray:
    build = ACQUISITIONS.load(name)
    return maximize_batch(lambda further: build(situation.with_pending(further)), space, q, **options).X


@pytest.mark.parametrize("name", ["log-ei", "log-nei"])
@pytest.mark.parametrize("maximize", [True, False])
def test_a_batch_is_worth_as_much_as_botorchs(name: str, maximize: bool) -> None:
    sign = 1.0 if maximize else -1.0
    model = gaussian_process(X, sign * Y)  # BoTorch maximises
    sampler = SobolQMCNormalSampler(torch.Size([2048]), seed=7)
    if name == "log-ei":
        judge = qLogExpectedImprovement(model, best_f=float((sign * Y).max()), sampler=sampler)
    else:
        judge = qLogNoisyExpectedImprovement(model, torch.from_numpy(X), sampler=sampler, cache_root=False)
    torch.manual_seed(0)
    judge_bounds = torch.tensor([[0.0] * 3, [1.0] * 3]).double()
    theirs, _ = optimize_acqf(judge, judge_bounds, q=3, num_restarts=4, raw_samples=64, sequential=True)
    ours = choose(name, Situation(MODEL, X, Y, maximize=maximize), 3)
    with torch.no_grad():
        difference = judge(torch.from_numpy(ours).unsqueeze(0)) - judge(theirs.unsqueeze(0))
    assert float(difference) > -0.02


@pytest.mark.parametrize("name", [name for name in ACQUISITIONS.names() if name not in UNLIKE])
def test_points_of_a_batch_and_pending_ones_keep_their_distance(name: str) -> None:
    first = choose(name, Situation(MODEL, X, Y, space=SPACE), 1)
    batch = choose(name, Situation(MODEL, X, Y, space=SPACE, pending=first), 3)
    points = np.concatenate([first, batch])
    distance = np.linalg.norm(points[:, None] - points, axis=2) + np.eye(4)
    least = 1e-3 if name == "thompson" else 0.02  # independent draws may come close by chance, not repeat
    assert distance.min() > least


def test_the_seed_decides() -> None:
    first, again = (choose("log-nei", Situation(MODEL, X, Y, seed=3), 2, seed=3) for _ in range(2))
    assert (first == again).all()


def test_rows_of_a_table_are_chosen_once() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).random((40, 3)).round(4), columns=list("xyz"))
    space = Space.from_table(frame)
    train = space.candidates[:30]
    y = np.sin(4.0 * train).sum(axis=1)
    situation = Situation(gaussian_process(train, y), train, y)
    batch = choose("log-ei", situation, 10, space, avoid=train)
    rows = space.row_index(batch)
    assert len(set(rows)) == 10
    assert rows.min() >= 30


def test_sweeps_do_not_lower_the_joint_value() -> None:
    judge = qLogExpectedImprovement(
        MODEL, best_f=float(Y.max()), sampler=SobolQMCNormalSampler(torch.Size([4096]), seed=1)
    )
    greedy, swept = (choose("log-ei", Situation(MODEL, X, Y), 4, sweeps=sweeps) for sweeps in (0, 2))
    with torch.no_grad():
        values = judge(torch.from_numpy(np.stack([greedy, swept])))
    assert values[1] >= values[0] - 5e-3
