"""Gaussian processes of tasks and of sources: what one teaches of another, what they refuse."""

from __future__ import annotations

import pytest
import torch
from botorch.utils.datasets import SupervisedDataset

from augury.errors import InvalidInputError
from augury.models import (
    GaussianProcess,
    LatentSourceGaussianProcess,
    MultiSourceGaussianProcess,
    MultiTaskGaussianProcess,
)
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.models.multi_fidelity.level_kernel import unit_rbf
from tests.models.cases import central_differences
from tests.models.multi_fidelity.cases import at, grid

BOTH = [
    (MultiTaskGaussianProcess, "task_feature"),
    (MultiSourceGaussianProcess, "source_feature"),
    (LatentSourceGaussianProcess, "source_feature"),
]
both = pytest.mark.parametrize(("model_class", "argument"), BOTH)


def truth(X):
    return torch.sin(9.0 * X[:, :1]) + X[:, :1]


def related(X):
    return -2.0 * truth(X) + 30.0


def biased(X):
    return truth(X) + 5.0 + 0.3 * torch.cos(3.0 * X[:, :1])


def close(X):
    return truth(X) + 0.2 * torch.cos(3.0 * X[:, :1])


def data(other, few=grid(5)):  # noqa: B008 (a constant)
    many = grid(20)
    return torch.cat([at(few, 0), at(many, 1)]), torch.cat([truth(few), other(many)])


def error(model, new=grid(100)):  # noqa: B008
    return float((model.posterior(at(new, 0)).mean.detach() - truth(new)).square().mean().sqrt())


@pytest.mark.parametrize(
    ("model_class", "argument", "other"),
    [(*BOTH[0], related), (*BOTH[1], biased), (*BOTH[0], biased), (*BOTH[2], close)],
)
def test_another_task_s_rows_teach_of_one_that_has_few(model_class, argument, other):
    model = model_class(*data(other), **{argument: 1}).fit()
    alone = GaussianProcess(grid(5), truth(grid(5))).fit()
    missed = float((alone.posterior(grid(100)).mean.detach() - truth(grid(100))).square().mean().sqrt())
    assert error(model) < 0.25 * missed


def test_the_covariance_of_tasks_says_how_they_are_related():
    model = MultiTaskGaussianProcess(*data(related), task_feature=1).fit()
    B = model.task_covariance[0]
    assert float(B[0, 1] / (B[0, 0] * B[1, 1]).sqrt()) < -0.9
    assert float((B[1, 1] / B[0, 0]).sqrt()) == pytest.approx(2.0, rel=0.3)


@both
def test_the_gradient_of_the_training_objective_is_its_slope(model_class, argument):
    outcome = model_class(*data(biased), **{argument: 1})._outcomes[0].unfitted()
    likelihood = MarginalLikelihood(outcome.covariance, outcome.y, outcome.noise)
    theta = outcome.theta
    theta[-1] = -3.0
    _, gradient = likelihood.value_gradient(theta)
    torch.testing.assert_close(
        torch.from_numpy(gradient),
        torch.from_numpy(central_differences(likelihood.value, theta)),
        rtol=1e-4,
        atol=1e-5,
    )


@both
def test_the_first_task_may_have_one_row(model_class, argument):
    X, Y = data(biased, grid(3)[1:2])
    posterior = model_class(X, Y, **{argument: 1}).fit().posterior(at(grid(4), 0))
    assert bool(torch.isfinite(posterior.mean).all() and (posterior.variance > 0).all())


@both
def test_codes_that_are_none_are_refused(model_class, argument):
    X, Y = data(biased)
    for wrong in (0.5, -1.0):
        coded = X.clone()
        coded[2, 1] = wrong
        with pytest.raises(InvalidInputError, match=f"it holds {wrong:g}"):
            model_class(coded, Y, **{argument: 1})
    model = model_class(X, Y, **{argument: 1})
    with pytest.raises(InvalidInputError, match="from 0 to 1; given 2"):
        model.posterior(at(grid(2), 2))


@both
def test_they_are_constructed_from_a_dataset_of_botorch(model_class, argument):
    X, Y = data(biased)
    dataset = SupervisedDataset(X, Y, feature_names=["x", "task"], outcome_names=["y"])
    model = model_class(**model_class.construct_inputs(dataset, task_feature=1))
    expected = model_class(X, Y, **{argument: 1})
    new = at(grid(3), 0)
    torch.testing.assert_close(model.posterior(new).mean, expected.posterior(new).mean)


def test_sources_that_agree_lie_close_to_each_other():
    X, Y = data(close, grid(8))
    far = torch.cat([X, at(grid(12), 2)])
    Y = torch.cat([Y, torch.cos(20.0 * grid(12))])
    z = LatentSourceGaussianProcess(far, Y, source_feature=1).fit().latents[0]
    assert float((z[1] - z[0]).norm()) < 0.2 * float((z[2] - z[0]).norm())


def test_given_positions_are_a_fidelity_among_the_inputs():
    X, Y = data(biased)
    X[:, 1] = 1.0 - X[:, 1]
    X = torch.cat([X, at(grid(6), 2)])
    Y = torch.cat([Y, truth(grid(6)) - 1.0])
    fidelities = torch.tensor([0.2, 0.5, 1.0]).double()
    given = LatentSourceGaussianProcess(
        X, Y, source_feature=1, covar_module=unit_rbf(1), latents=fidelities[:, None] / 0.3
    )
    numbers = torch.stack([X[:, 0], fidelities[X[:, 1].long()]], dim=1)
    kernel = unit_rbf(2)
    kernel.lengthscale = torch.tensor([0.5, 0.3]).double()
    input_ = GaussianProcess(numbers, Y, covar_module=kernel)
    new = at(grid(9), 1)
    expected = input_.posterior(torch.stack([new[:, 0], fidelities[1].expand(9)], dim=1))
    torch.testing.assert_close(given.posterior(new).mean, expected.mean)
    torch.testing.assert_close(given.posterior(new).variance, expected.variance)


def test_positions_of_other_sources_are_refused():
    with pytest.raises(InvalidInputError, match="positions of all 2 sources"):
        LatentSourceGaussianProcess(*data(biased), source_feature=1, latents=torch.zeros(3, 1))
