"""Which acquisition is exact, sampled or refused with which posterior: the documentation's table is true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from botorch.models import SingleTaskGP
from botorch.models.transforms.outcome import Log

from augury.acquisition.analytic import LogProbabilityOfFeasibility
from augury.acquisition.autograd import TorchAcquisition
from augury.acquisition.cost import LearntCost, PerCost
from augury.acquisition.environment_situation import EnvironmentSituation
from augury.acquisition.one_shot import OneShot
from augury.acquisition.registry import (
    ACQUISITIONS,
    ENVIRONMENT_ACQUISITIONS,
    FIDELITY_ACQUISITIONS,
    MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS,
)
from augury.acquisition.risk import LogRiskExpectedImprovement
from augury.acquisition.search import maximize
from augury.acquisition.situation import Situation
from augury.acquisition.version_situation import PointFirst, VersionSituation
from augury.errors import NotSupportedError
from augury.models.co_kriging import CoKriging
from augury.models.environment.process import EnvironmentProcess
from augury.models.gaussian_process import GaussianProcess
from augury.models.student_t_process import StudentTProcess
from augury.registry import Registry
from augury.space import Categorical, Float, Goals, Observations, Space
from augury.space.environment import Environment
from augury.strategies import MultiFidelityBayesianOptimization
from augury.strategies.environment.decision import central
from tests.acquisition.cases import data, gaussian_process

PAGE = Path(__file__).parents[2] / "docs" / "acquisitions.md"
X, Y = data(12, 2, noise=0.3)
Y = Y - Y.min() + 1.0
SPACE = Space({"x": (0.0, 1.0), "y": (0.0, 1.0)})
TENSORS = torch.from_numpy(X), torch.from_numpy(Y)[:, None]
LIMITED = LogProbabilityOfFeasibility(gaussian_process(X, Y), 1.0, -9.0)
MODELS: dict[str, Any] = {
    "Gaussian": gaussian_process(X, Y),
    "Student-t, scale mixture": StudentTProcess(*TENSORS).fit(),
    "any other": SingleTaskGP(*TENSORS, outcome_transform=Log()).eval(),
}
RANDOM = Space({"x": (0.0, 1.0), "y": Float(0.0, 1.0, role="environment")})
ENVIRONMENT = Environment.of(RANDOM)


def documented() -> dict[tuple[str, str], str]:
    """(acquisition, posterior) -> what the page says."""
    cells, header = {}, []
    for line in PAGE.read_text().splitlines():
        parts = [part.strip() for part in line.strip().strip("|").split("|")]
        if line.startswith("| acquisition"):
            header = parts[1:]
        elif line.startswith("| `") and header:
            for column, part in zip(header, parts[1:], strict=True):
                cells[parts[0].strip("`"), column] = part
    return cells


def kind(acquisition: Any, space: Space) -> str:
    """How the acquisition computes; it must give a number at a point of the space."""
    if isinstance(acquisition, OneShot):
        if isinstance(acquisition.function.model, GaussianProcess):  # the others take seconds
            point = maximize(acquisition, space, seed=0).x
            assert space.feasible(point[None]).all()
        return "one-shot"
    value, gradient = acquisition.value_gradient(X[:3])
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()
    worth = acquisition.worth if isinstance(acquisition, PerCost) else acquisition
    return "Monte Carlo" if isinstance(worth, TorchAcquisition | LogRiskExpectedImprovement) else "exact"


def found(name: str, model: Any) -> str:
    constraints = [LIMITED] if name == "probability-of-feasibility" else []
    cost = LearntCost(X, np.exp(X[:, 0]))
    situation = Situation(model, X, Y, space=SPACE, constraints=constraints, cost=cost)
    try:
        return kind(ACQUISITIONS.load(name)(situation), SPACE)
    except NotSupportedError:
        return "refused"


@pytest.mark.parametrize("posterior", MODELS)
def test_the_table_of_acquisitions_is_true(posterior: str) -> None:
    expected = documented()
    got = {name: found(name, MODELS[posterior]) for name in ACQUISITIONS.names()}
    assert got == {name: expected[name, posterior] for name in ACQUISITIONS.names()}


LEVELS = np.concatenate([np.column_stack([X[:, :1], np.full(12, level)]) for level in (0.0, 1.0)])
OUTCOMES = np.concatenate([Y + 0.3 * X[:, 0], Y])
VERSIONS = Space({"x": (0.0, 1.0), "v": Categorical([0, 1], role="fidelity", cost=[1, 10])})


def versions(objectives: int) -> VersionSituation:
    table = np.stack([OUTCOMES, np.cos(3.0 * LEVELS[:, 0])][:objectives], axis=1)
    models = [
        CoKriging(torch.from_numpy(LEVELS), torch.from_numpy(column)[:, None], fidelity_features=[1])
        for column in table.T
    ]
    return VersionSituation(
        models=models,
        signs=np.ones(objectives),
        observed=LEVELS[12:],
        values=table[12:],
        everywhere=LEVELS,
        all_values=table,
        reference=table.min(axis=0) - 0.1,
        space=VERSIONS.restrict({"v": 1}),
        column=1,
        target=1.0,
        levels=np.array([0.0, 1.0]),
        costs=np.array([0.1, 1.0]),
    )


@pytest.mark.parametrize(
    ("registry", "objectives"), [(FIDELITY_ACQUISITIONS, 1), (MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS, 2)]
)
def test_the_table_of_versions_is_true(registry: Registry, objectives: int) -> None:
    expected, situation = documented(), versions(objectives)
    for name in registry.names():
        part = registry.load(name)(situation)
        assert (expected[name, "objectives"] == "one") == (objectives == 1)
        assert (expected[name, "how the two are chosen"] == "the point first") == isinstance(part, PointFirst)
        if isinstance(part, PointFirst):
            value, gradient = part.points.value_gradient(LEVELS[12:14])
            assert part.version(LEVELS[13]) in situation.levels
        else:
            acquisition = part.acquisition(0.0)
            if isinstance(acquisition, OneShot):
                assert expected[name, "Gaussian, all versions"] == "one-shot"
                continue
            value, gradient = acquisition.value_gradient(LEVELS[12:14])
        assert expected[name, "Gaussian, all versions"] == "exact"
        assert np.isfinite(value).all()
        assert np.isfinite(gradient).all()


def test_versions_with_other_posteriors_are_refused() -> None:
    expected = documented()
    names = [*FIDELITY_ACQUISITIONS.names(), *MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS.names()]
    assert {expected[name, "any other"] for name in names} == {"refused"}
    rows = [0, 3, 6, 9, 12, 15, 18, 21]
    unknown = np.full((8, 1), np.nan)
    known = Observations(LEVELS[rows], OUTCOMES[rows, None], unknown, unknown[:, 0], np.full(8, "complete"))
    for name in names[:2]:  # all are refused in one place
        strategy = MultiFidelityBayesianOptimization(model="nargp", acquisition=name, n_initial=1)
        with pytest.raises(NotSupportedError, match="needs a Gaussian surrogate"):
            # more than what is left of the initial design
            strategy.propose(VERSIONS, Goals.of("max:y"), known, np.empty((0, 2)), 20, seed=0)


@pytest.mark.parametrize("risk", ["mean", "worst-case"])
@pytest.mark.parametrize("model", ["EnvironmentProcess", "any other surrogate"])
def test_the_table_for_random_environments_is_true(model: str, risk: str) -> None:
    assert ENVIRONMENT is not None
    measures = dict(zip(ENVIRONMENT.columns, ENVIRONMENT.measures, strict=True))
    fitted = (
        EnvironmentProcess(*TENSORS, environment=measures)
        if model == "EnvironmentProcess"
        else MODELS["any other"]
    )
    situation = EnvironmentSituation(fitted, central(RANDOM, ENVIRONMENT), ENVIRONMENT, X, risk=risk)
    expected = documented()
    for name in ENVIRONMENT_ACQUISITIONS.names():
        column = f"{model}, {'mean' if risk == 'mean' else 'other risks'}"
        try:
            got = kind(ENVIRONMENT_ACQUISITIONS.load(name)(situation), situation.designs)
        except NotSupportedError:
            got = "refused"
        assert (name, got) == (name, expected[name, column])
