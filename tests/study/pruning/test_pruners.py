"""The pruners decide as Optuna's do, and refuse bad options."""

from __future__ import annotations

from typing import Any

import numpy as np
import optuna
import pytest

from augury.errors import InvalidInputError
from augury.study.pruning import (
    HyperbandPruner,
    MedianPruner,
    NoPruner,
    PercentilePruner,
    Pruner,
    SuccessiveHalvingPruner,
    pruner_of,
)
from augury.study.pruning.registry import PRUNERS
from augury.study.trial import Trial

optuna.logging.set_verbosity(optuna.logging.ERROR)

STEPS, TRIALS = 12, 20
PAIRS: list[tuple[Pruner, Any]] = [
    (MedianPruner(), optuna.pruners.MedianPruner()),
    (
        MedianPruner(n_startup_trials=2, n_warmup_steps=3, interval_steps=4, n_min_trials=3),
        optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=3, interval_steps=4, n_min_trials=3),
    ),
    (
        PercentilePruner(25.0, n_startup_trials=0),
        optuna.pruners.PercentilePruner(25.0, n_startup_trials=0),
    ),
    (
        SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
        optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
    ),
    (
        SuccessiveHalvingPruner(min_resource=2, reduction_factor=3, min_early_stopping_rate=1),
        optuna.pruners.SuccessiveHalvingPruner(min_resource=2, reduction_factor=3, min_early_stopping_rate=1),
    ),
    (
        SuccessiveHalvingPruner(min_resource=1, reduction_factor=2, bootstrap_count=3),
        optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2, bootstrap_count=3),
    ),
]


def curves(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    final = rng.normal(size=(TRIALS, 1))
    values = final + 2.0 / np.arange(1, STEPS + 1) + 0.3 * rng.normal(size=(TRIALS, STEPS))
    values[rng.uniform(size=values.shape) < 0.01] = np.nan
    return values


def run(pruner: Pruner, values: np.ndarray, maximize: bool) -> list[int]:
    """The steps that each trial made when each is evaluated after the other."""
    trials: list[Trial] = []
    for number, curve in enumerate(values):
        reported: dict[int, float] = {}
        status = "complete"
        for step, value in enumerate(curve):
            reported[step] = float(value)
            running = Trial(number, {}, "running", intermediate_values=dict(reported))
            if pruner.should_prune(running, [*trials, running], maximize=maximize):
                status = "pruned"
                break
        trials.append(Trial(number, {}, status, intermediate_values=reported))
    return [len(trial.intermediate_values) for trial in trials]


def run_optuna(pruner: Any, values: np.ndarray, maximize: bool) -> list[int]:
    study = optuna.create_study(direction="maximize" if maximize else "minimize", pruner=pruner)
    lengths = []
    for curve in values:
        trial = study.ask()
        for step, value in enumerate(curve):
            trial.report(float(value), step)
            if trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                break
        else:
            study.tell(trial, 0.0)
        lengths.append(step + 1)
    return lengths


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda pair: type(pair).__name__)
def test_decisions_are_optuna_s(ours: Pruner, theirs: Any, maximize: bool) -> None:
    for seed in range(2):
        values = curves(seed)
        lengths = run(ours, values, maximize)
        assert lengths == run_optuna(theirs, values, maximize)
    assert min(lengths) < STEPS, "nothing was pruned, so nothing was compared"


def test_the_first_rung_is_a_hundredth_of_a_whole_evaluation() -> None:
    done = Trial(0, {}, "complete", intermediate_values=dict.fromkeys(range(300), 1.0))
    pruner = SuccessiveHalvingPruner(reduction_factor=2)
    for step, is_rung in ((0, False), (1, False), (2, True), (3, False), (4, True), (5, False)):
        worse = Trial(1, {}, "running", intermediate_values=dict.fromkeys(range(step + 1), 2.0))
        assert pruner.should_prune(worse, [done, worse], maximize=False) == is_rung, step
        assert not pruner.should_prune(worse, [done, worse], maximize=True)


def test_hyperband_brackets_have_their_shares() -> None:
    hyperband = HyperbandPruner(min_resource=1, max_resource=27, reduction_factor=3)
    assert hyperband.brackets(27) == 4
    assert hyperband.brackets(26) == 3
    dealt = np.bincount([hyperband.bracket_of(number, 4) for number in range(4000)], minlength=4)
    shares = np.array([27, 12, 6, 4])  # ceil(4 3^s / (s + 1)) for s = 3, 2, 1, 0
    np.testing.assert_allclose(dealt / 4000, shares / shares.sum(), atol=0.03)


def test_hyperband_is_successive_halving_within_a_bracket() -> None:
    values = curves(0)
    hyperband = HyperbandPruner(min_resource=1, max_resource=12, reduction_factor=3)
    count = hyperband.brackets(12)
    lengths = np.array(run(hyperband, values, False))
    brackets = np.array([hyperband.bracket_of(number, count) for number in range(TRIALS)])
    assert lengths.min() < STEPS
    for bracket in set(brackets.tolist()):
        halving = SuccessiveHalvingPruner(1, 3, bracket)
        assert run(halving, values[brackets == bracket], False) == lengths[brackets == bracket].tolist()


@pytest.mark.parametrize("pruner", [PRUNERS[name] for name in PRUNERS if name not in ("percentile", "none")])
def test_nothing_is_pruned_before_anything_is_known(pruner: type[Pruner]) -> None:
    trial = Trial(0, {}, "running")
    assert not pruner().should_prune(trial, [trial], maximize=False)
    assert not pruner().should_prune(Trial(0, {}, intermediate_values={0: 1.0}), [trial], maximize=True)


def test_pruners_come_by_name() -> None:
    assert isinstance(pruner_of("auto"), MedianPruner)
    assert isinstance(pruner_of("none"), NoPruner)
    given = pruner_of({"name": "successive-halving", "min_resource": 3, "reduction_factor": 2})
    assert isinstance(given, SuccessiveHalvingPruner)
    assert (given.min_resource, given.reduction_factor) == (3, 2)
    assert pruner_of(given) is given


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("mean", "'median'"),
        (None, "'median'"),
        ({"n_warmup_steps": 3}, "name"),
        ({"name": "median", "warmup": 3}, "n_warmup_steps"),
        ({"name": "none", "warmup": 3}, "its options: none"),
        ("percentile", "percentile"),
        ({"name": "percentile", "percentile": 100}, "below 100"),
        ({"name": "median", "n_warmup_steps": -1}, "at least 0"),
        ({"name": "median", "interval_steps": 0}, "at least 1"),
        ({"name": "successive-halving", "reduction_factor": 1}, "at least 2"),
        ({"name": "successive-halving", "bootstrap_count": 1}, "min_resource"),
        ({"name": "hyperband", "min_resource": 9, "max_resource": 3}, "below min_resource"),
    ],
)
def test_bad_pruners_are_refused(given: Any, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        pruner_of(given)
