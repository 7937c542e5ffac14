"""Acquisitions of points and versions by name: identities, brute force, and BoTorch's own values."""

import numpy as np
import pytest
import torch

from augury.acquisition.analytic import UpperConfidenceBound
from augury.acquisition.hypervolume import LogNoisyExpectedHypervolumeImprovement
from augury.acquisition.knowledge_gradient import DiscreteKnowledgeGradient
from augury.acquisition.search import maximize
from augury.acquisition.version_bounds import BOCA, MultiFidelityUCB, Threshold, VarianceReduction
from augury.acquisition.version_hypervolume import MOMF
from augury.acquisition.version_knowledge_gradient import (
    MultiFidelityKnowledgeGradient,
    VersionKnowledgeGradient,
)
from augury.acquisition.version_situation import VersionSituation
from augury.models import CoKriging
from augury.problems.multi_fidelity import forrester
from augury.space import Categorical, Space
from tests.acquisition.cases import check_gradient

SPACE = Space({"x": (0.0, 1.0), "v": Categorical([0, 1], role="fidelity", cost=[1, 10])})
TARGET = SPACE.restrict({"v": 1})
LOW, HIGH = forrester()
CHEAP, DEAR = (
    torch.linspace(0.0, 1.0, 7).double()[:, None],
    torch.tensor([[0.0], [0.4], [0.6], [1.0]]).double(),
)
X = torch.cat([torch.cat([CHEAP, 0.0 * CHEAP], 1), torch.cat([DEAR, 0.0 * DEAR + 1.0], 1)])
Y = torch.cat([LOW(CHEAP), HIGH(DEAR)])
POINTS = np.array([[0.13, 1.0], [0.31, 1.0], [0.52, 1.0], [0.71, 1.0], [0.88, 1.0]])


@pytest.fixture(scope="module")
def model():
    return CoKriging(X, Y[:, None], fidelity_features=[1]).fit()


@pytest.fixture(scope="module")
def other():
    Z = torch.sin(5.0 * X[:, 0]) + 0.2 * X[:, 1]
    return CoKriging(X, Z[:, None], fidelity_features=[1]).fit()


def situation(*models, levels=(0.0, 1.0), costs=(0.1, 1.0), **options):
    table = np.stack([-Y.numpy(), (torch.sin(5.0 * X[:, 0]) + 0.2 * X[:, 1]).numpy()], axis=1)
    table = table[:, : len(models)]
    given = {
        "models": models,
        "signs": np.array([-1.0, 1.0])[: len(models)],
        "observed": X[7:].numpy(),
        "values": table[7:],
        "everywhere": X.numpy(),
        "all_values": table,
        "reference": table.min(axis=0) - 0.1,
        "space": TARGET,
        "column": 1,
        "target": 1.0,
        "levels": np.array(levels),
        "costs": np.array(costs),
    }
    return VersionSituation(**(given | options))


@pytest.fixture(scope="module")
def unsure():
    """Knows of the function at four points only."""
    rows = [0, 6, 7, 8, 9, 10]
    return CoKriging(X[rows], torch.sin(20.0 * X[rows, :1]), fidelity_features=[1]).fit()


CHOICES = np.column_stack([np.linspace(0.0, 1.0, 9), np.ones(9)])


def gain(model, level):
    return VersionKnowledgeGradient(model, CHOICES, column=1, level=level, target=1.0, maximize=False)


def test_of_the_target_the_knowledge_gradient_is_that_of_one_version(model):
    expected = DiscreteKnowledgeGradient(model, CHOICES, maximize=False).value(POINTS)
    np.testing.assert_array_equal(gain(model, 1.0).value(POINTS), expected)


def test_the_knowledge_gradient_of_a_cheap_version_is_that_of_imagined_results(model):
    x = np.array([[0.71, 0.0]])
    one = gain(model, 0.0)
    with torch.no_grad():
        here = model.posterior(torch.from_numpy(x))
        noise = float(model.noise_variance)
        z = torch.special.ndtri((torch.arange(200).double() + 0.5) / 200)
        results = float(here.mean) + float(here.variance + noise) ** 0.5 * z
        told = model.condition_on_observations(
            torch.from_numpy(x).expand(200, 1, 2), results.reshape(200, 1, 1)
        )
        at = torch.from_numpy(np.concatenate([CHOICES, [[0.71, 1.0]]]))
        after = -told.posterior(at).mean[..., 0]
        before = -model.posterior(torch.from_numpy(CHOICES)).mean[:, 0]
    expected = float((after.max(dim=1).values - before.max()).mean())
    assert float(np.exp(one.value(x))[0]) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_its_gradient_is_that_of_finite_differences(model, level):
    one = gain(model, level)
    value, gradient = one.value_gradient(POINTS)
    step = np.array([[1e-6, 0.0]])
    differences = (one.value(POINTS + step) - one.value(POINTS - step)) / 2e-6
    np.testing.assert_allclose(value, one.value(POINTS), rtol=1e-8)
    np.testing.assert_allclose(gradient[:, 0], differences, rtol=2e-3, atol=2e-3)


def test_costs_divide_it(model):
    cheap, dear = (
        MultiFidelityKnowledgeGradient(situation(model, costs=costs)).acquisition(0.0).value(POINTS)
        for costs in ((0.1, 1.0), (0.5, 1.0))
    )
    np.testing.assert_allclose(cheap - dear, np.log(5.0), rtol=1e-9)


def test_without_cheap_versions_bounds_are_those_of_one_version(model):
    expected = UpperConfidenceBound(model, 4.0, maximize=False).value(POINTS)
    alone = situation(model, levels=(1.0,), costs=(1.0,))
    for part in (MultiFidelityUCB(alone), BOCA(alone)):
        np.testing.assert_allclose(part.points.value(POINTS), expected)
        assert part.version(POINTS[0]) == 1.0


def test_the_bound_is_the_tightest_of_those_of_the_versions(model):
    part = MultiFidelityUCB(situation(model), zeta=np.array([3.0, 7.0]))
    bounds = []
    for level, zeta in ((0.0, 3.0), (1.0, 0.0)):  # that of the target is none
        points = np.column_stack([POINTS[:, 0], np.full(5, level)])
        bounds.append(UpperConfidenceBound(model, 4.0, maximize=False).value(points) + zeta)
    np.testing.assert_allclose(part.points.value(POINTS), np.min(bounds, axis=0))
    check_gradient(part.points, POINTS[:, :1] @ np.array([[1.0, 0.0]]) + np.array([[0.0, 1.0]]))


def test_the_cheap_version_is_evaluated_where_it_is_not_known(unsure):
    known, unknown = X[6].numpy(), np.array([0.25, 1.0])
    given = situation(unsure, values=np.array([[1.0], [-1.0]]))
    parts = [MultiFidelityUCB(given, zeta=np.array([0.1, 0.0])), Threshold(given)]
    for part in parts:
        assert part.version(known) == 1.0
        assert part.version(unknown) == 0.0


class Equal:
    """Two versions that are one function."""

    capabilities = CoKriging.capabilities

    def __init__(self, model):
        self.model = model
        self.noise_variance = model.noise_variance

    def _moved(self, Z):
        moved = Z.copy() if isinstance(Z, np.ndarray) else Z.clone()
        moved[..., 1] = 1.0
        return moved

    def posterior(self, Z):
        return self.model.posterior(self._moved(Z))

    def cross_posterior(self, Z=None):
        return self.model.cross_posterior(None if Z is None else self._moved(Z))


def test_boca_without_an_information_gap_is_the_upper_confidence_bound(model):
    part = BOCA(situation(Equal(model)))
    expected = UpperConfidenceBound(model, 4.0, maximize=False).value(POINTS)
    np.testing.assert_allclose(part.points.value(POINTS), expected)
    assert part.gap(POINTS[1], 0.0) == pytest.approx(0.0, abs=1e-3)
    part.gap = lambda x, level: 0.0  # exactly, without the jitter of a covariance of two equal points
    assert all(part.version(x) == 1.0 for x in POINTS)


def test_boca_evaluates_a_cheap_version_with_a_gap_where_it_is_unknown(unsure):
    part = BOCA(situation(unsure, values=np.array([[1.0], [-1.0]]), costs=(1e-6, 1.0)))
    assert 0.0 < part.gap(POINTS[1], 0.0) < 1.0
    assert part.version(np.array([0.25, 1.0])) == 0.0
    assert part.version(X[6].numpy()) == 1.0


def test_the_version_of_most_variance_per_cost(model):
    x = np.array([0.75, 1.0])
    pair = torch.tensor([[0.75, 0.0], [0.75, 1.0]]).double()
    before = float(model.posterior(pair[1:]).variance)
    lowered = []
    for level in (0, 1):
        told = model.condition_on_observations(pair[level : level + 1], torch.zeros(1, 1).double())
        lowered.append(before - float(told.posterior(pair[1:]).variance))
    equal = lowered[0] / lowered[1]  # at this cost both are worth the same
    for cost, expected in ((0.99 * equal, 0.0), (1.01 * equal, 1.0)):
        assert VarianceReduction(situation(model, costs=(cost, 1.0))).version(x) == expected


def test_momf_with_the_target_alone_is_the_hypervolume_improvement(model, other):
    alone = situation(model, other, levels=(1.0,), costs=(1.0,))
    rows = alone.everywhere[:, 1] == 1.0
    alone = situation(
        model,
        other,
        levels=(1.0,),
        costs=(1.0,),
        everywhere=alone.everywhere[rows],
        all_values=alone.all_values[rows],
    )
    expected = LogNoisyExpectedHypervolumeImprovement(
        alone.models, alone.signs, alone.reference, front=alone.values
    )
    found = MOMF(alone).acquisition(1.0)
    np.testing.assert_allclose(found.value(POINTS), expected.value(POINTS), rtol=1e-6, atol=1e-6)


def test_momf_is_that_of_botorch(model, other):
    from botorch.acquisition.multi_objective.multi_fidelity import MOMF as PEER
    from botorch.acquisition.multi_objective.objective import WeightedMCMultiOutputObjective
    from botorch.models.deterministic import GenericDeterministicModel
    from botorch.models.model import ModelList
    from botorch.sampling.get_sampler import get_sampler
    from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning

    given = situation(model, other)
    trust = GenericDeterministicModel(lambda Z: 0.5 + 0.5 * Z[..., 1:])
    front = torch.from_numpy(np.column_stack([given.all_values, 0.5 + 0.5 * given.everywhere[:, 1]]))
    reference = torch.from_numpy(np.append(given.reference, 0.0))
    joint = ModelList(model, other, trust)
    peer = PEER(
        joint,
        reference,
        FastNondominatedPartitioning(reference, front),
        sampler=get_sampler(joint.posterior(X[:1]), torch.Size([2048]), seed=0),
        objective=WeightedMCMultiOutputObjective(torch.tensor([-1.0, 1.0, 1.0]).double()),
        cost_call=lambda Z: 0.1 + 0.9 * Z[..., 1:],
    )
    for level in (0.0, 1.0):
        points = np.column_stack([POINTS[:, 0], np.full(5, level)])
        with torch.no_grad():
            expected = peer(torch.from_numpy(points)[:, None])
        found = np.exp(MOMF(given).acquisition(level).value(POINTS))
        np.testing.assert_allclose(found, expected.numpy().reshape(-1), rtol=0.05, atol=2e-3)


def test_a_search_finds_a_point_of_the_target(model):
    part = MultiFidelityUCB(situation(model))
    found = maximize(part.points, TARGET, seed=0)
    assert found.x[1] == 1.0
