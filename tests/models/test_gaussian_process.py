"""Predictions of the exact Gaussian process: against GPyTorch, across its methods, transforms and copies."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from botorch.acquisition.objective import ScalarizedPosteriorTransform
from botorch.models.transforms.input import Normalize
from botorch.models.transforms.outcome import Log, Standardize
from gpytorch.kernels import LinearKernel, MaternKernel, PeriodicKernel, RBFKernel, ScaleKernel

from augury.errors import InvalidInputError, NotSupportedError
from augury.models import GaussianProcess
from tests.models.cases import Reference, central_differences, descriptors, mixed_points, outcomes, points

KERNELS = {
    "default": None,
    "scaled RBF": ScaleKernel(RBFKernel(ard_num_dims=2)),
    "not stationary": RBFKernel() + LinearKernel(),
    "periodic": PeriodicKernel(),
}
MIXED = {"categorical_features": [2, 3], "descriptors": {3: descriptors(4)}}


def fitted(n=20, m=1, cardinalities=(), Yvar=None, **arguments):
    X = mixed_points(n, 2, cardinalities)
    return GaussianProcess(X, outcomes(X, m), Yvar, **arguments).fit()


@pytest.mark.parametrize("noisy", [False, True], ids=["inferred", "known"])
@pytest.mark.parametrize("cardinalities", [(), (3, 4)], ids=["numeric", "mixed"])
def test_mean_and_covariance_are_those_of_gpytorch(cardinalities, noisy):
    Yvar = torch.linspace(0.01, 0.5, 20).double().unsqueeze(-1) if noisy else None
    categorical = list(range(2, 2 + len(cardinalities)))
    model = fitted(cardinalities=cardinalities, Yvar=Yvar, categorical_features=categorical)
    reference = Reference(model, [0, 1], categorical)
    new = mixed_points(6, 2, cardinalities, seed=5)
    mean, covariance = reference.mean_covariance(new)
    posterior = model.posterior(new)
    torch.testing.assert_close(posterior.mean.squeeze(-1), mean, rtol=0, atol=1e-8)
    given = posterior.distribution.covariance_matrix
    torch.testing.assert_close(given, covariance, rtol=0, atol=1e-8)
    fast_mean, fast_variance = model.mean_variance(new)
    torch.testing.assert_close(fast_mean, mean, rtol=0, atol=1e-8)
    torch.testing.assert_close(fast_variance, covariance.diagonal(), rtol=0, atol=1e-8)
    assert model.log_posterior() == pytest.approx(reference.log_posterior(), abs=1e-8)


@pytest.mark.parametrize("arguments", [{}, MIXED], ids=["numeric", "mixed"])
@pytest.mark.parametrize("kernel", KERNELS)
def test_every_method_predicts_the_same(kernel, arguments):
    cardinalities = (3, 4) if arguments else ()
    X = mixed_points(20, 2, cardinalities)
    # not fitted: without a prior the kernel's lengthscales may collapse, and finite differences with them
    model = GaussianProcess(X, outcomes(X), covar_module=KERNELS[kernel], **arguments)
    new = mixed_points(7, 2, cardinalities, seed=5)
    joint, alone = model.posterior(new), model.posterior(new.unsqueeze(-2))
    mean, variance = model.mean_variance(new)
    mean_again, variance_again, mean_gradient, variance_gradient = model.mean_variance_gradient(new)
    for other in (joint.mean.squeeze(-1), alone.mean.reshape(-1), mean_again, model.mean(new)):
        torch.testing.assert_close(other.detach(), mean, rtol=0, atol=1e-9)
    for other in (joint.variance.squeeze(-1), alone.variance.reshape(-1), variance_again):
        torch.testing.assert_close(other.detach(), variance, rtol=0, atol=1e-9)
    for i in range(len(new)):

        def moments(x, i=i):
            point = new[i : i + 1].clone()
            point[0, :2] = torch.from_numpy(x)
            return torch.cat(model.mean_variance(point)).numpy()

        slopes = central_differences(moments, new[i, :2].numpy(), step=1e-5)
        np.testing.assert_allclose(mean_gradient[i, :2].numpy(), slopes[0], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(variance_gradient[i, :2].numpy(), slopes[1], rtol=1e-4, atol=1e-6)
    assert not mean_gradient[:, 2:].any()
    assert not variance_gradient[:, 2:].any()


def test_a_kernel_whose_variance_moves_is_not_taken_for_stationary():
    class Growing(RBFKernel):
        """It has a lengthscale, and so GPyTorch calls it stationary; its variance is `1 + |x|^2`."""

        def forward(self, x1, x2, diag=False, **params):
            left, right = (1.0 + x1.square().sum(-1)).sqrt(), (1.0 + x2.square().sum(-1)).sqrt()
            value = super().forward(x1, x2, diag=diag, **params)
            return value * (left * right if diag else left.unsqueeze(-1) * right.unsqueeze(-2))

    model = fitted(covar_module=Growing())
    point = torch.tensor([[1.5, 1.5]]).double()
    gradient = model.mean_variance_gradient(point)[3][0].numpy()
    slopes = central_differences(
        lambda x: model.mean_variance(torch.from_numpy(x)[None])[1][0].numpy(), point[0].numpy()
    )
    np.testing.assert_allclose(gradient, slopes, rtol=1e-4)


def test_many_points_go_in_blocks():
    model = fitted(n=300)
    X = points(20_000, 2, seed=5)
    mean, variance = model.mean_variance(X)
    for rows in (slice(0, 3), slice(13_979, 13_985), slice(19_998, None)):
        few = model.mean_variance(X[rows])
        torch.testing.assert_close(mean[rows], few[0], rtol=0, atol=1e-9)
        torch.testing.assert_close(model.mean(X)[rows], few[0], rtol=0, atol=1e-9)
        torch.testing.assert_close(variance[rows], few[1], rtol=0, atol=1e-9)


def test_the_posterior_is_differentiable_in_every_shape():
    model = fitted()
    for shape in ((1, 2), (3, 2), (4, 3, 2), (2, 4, 1, 2)):
        X = points(24, 2, seed=5)[: int(np.prod(shape[:-1]))].reshape(shape).requires_grad_(True)
        posterior = model.posterior(X)
        assert posterior.mean.shape == posterior.variance.shape == (*shape[:-1], 1)
        (posterior.mean.sum() + posterior.variance.sum()).backward()
        _, _, mean_gradient, variance_gradient = model.mean_variance_gradient(X.detach().reshape(-1, 2))
        torch.testing.assert_close(
            X.grad.reshape(-1, 2), mean_gradient + variance_gradient, rtol=0, atol=1e-6
        )


def test_outcomes_are_independent_processes():
    X = points(15, 2)
    Y = outcomes(X, 3)
    model = GaussianProcess(X, Y).fit()
    new = points(4, 2, seed=5)
    joint = model.posterior(new)
    assert joint.mean.shape == (4, 3)
    for column in range(3):
        alone = GaussianProcess(X, Y[:, column : column + 1]).fit()
        torch.testing.assert_close(joint.mean[:, column], alone.posterior(new).mean[:, 0])
        torch.testing.assert_close(joint.variance[:, column], alone.posterior(new).variance[:, 0])
        subset = model.subset_output([column])
        torch.testing.assert_close(subset.mean_variance(new)[0], alone.mean_variance(new)[0])
        assert subset.log_posterior() == pytest.approx(alone.log_posterior())
    some = model.posterior(new, output_indices=[2, 0])
    torch.testing.assert_close(some.mean, joint.mean[:, [2, 0]])
    assert model.train_targets.shape == (3, 15)
    assert model.noise_variance.shape == (3,)
    with pytest.raises(NotSupportedError, match="3 outcomes"):
        model.mean_variance(new)


def test_observation_noise_is_the_models_or_the_callers():
    model = fitted(m=2)
    new = points(4, 2, seed=5)
    clean, noisy = model.posterior(new).variance, model.posterior(new, observation_noise=True).variance
    torch.testing.assert_close(noisy - clean, model.noise_variance.expand(4, 2), rtol=1e-8, atol=1e-9)
    scale = model.outcome_transform.stdvs.square()
    given = torch.linspace(0.1, 0.8, 8).double().reshape(4, 2)
    noisy = model.posterior(new, observation_noise=given).variance
    torch.testing.assert_close(noisy - clean, given * scale, rtol=1e-8, atol=1e-9)
    known = fitted(Yvar=torch.full((20, 1), 0.3, dtype=torch.float64))
    assert float(known.noise_variance) == pytest.approx(0.3)


def test_a_posterior_transform_is_applied_last():
    model = fitted(m=2)
    new = points(4, 2, seed=5)
    weights = torch.tensor([2.0, -1.0]).double()
    combined = model.posterior(new, posterior_transform=ScalarizedPosteriorTransform(weights, offset=1.0))
    torch.testing.assert_close(combined.mean.squeeze(-1), model.posterior(new).mean @ weights + 1.0)
    torch.testing.assert_close(
        combined.variance.squeeze(-1), model.posterior(new).variance @ weights.square()
    )


def test_a_point_twice_has_one_value_in_every_sample():
    model = fitted()
    samples = model.posterior(points(2, 2, seed=5)[[0, 1, 0, 0]]).rsample(torch.Size([16])).detach()
    torch.testing.assert_close(samples[:, 0], samples[:, 3], rtol=0, atol=1e-2)


# -- transforms ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", ["default", "scaled RBF"])
def test_an_input_transform_is_inside_values_and_gradients(kernel):
    bounds = torch.tensor([[-5.0, 0.0], [10.0, 1000.0]]).double()
    raw = bounds[0] + points(20, 2) * (bounds[1] - bounds[0])
    Y = outcomes(points(20, 2))
    transform = Normalize(2, bounds=bounds)
    # not fitted: the inputs differ by rounding, and so would the hyperparameters
    model = GaussianProcess(raw, Y, input_transform=transform, covar_module=KERNELS[kernel])
    plain = GaussianProcess(points(20, 2), Y, covar_module=KERNELS[kernel])
    new = points(5, 2, seed=5)
    raw_new = bounds[0] + new * (bounds[1] - bounds[0])
    width = bounds[1] - bounds[0]
    given, expected = model.mean_variance_gradient(raw_new), plain.mean_variance_gradient(new)
    for one, other in zip(given, (*expected[:2], expected[2] / width, expected[3] / width), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(model.posterior(raw_new).mean, plain.posterior(new).mean)
    torch.testing.assert_close(model.train_inputs[0], raw)
    with torch.no_grad():
        torch.testing.assert_close(model.mean_variance_gradient(raw_new)[2], given[2])


def test_what_a_transform_has_learnt_stays():
    X = 10.0 * points(20, 2)
    model = GaussianProcess(X, outcomes(X), input_transform=Normalize(2)).fit()
    new = points(3, 2)
    before = model.posterior(new).mean
    model.train()
    assert model.training
    torch.testing.assert_close(model.posterior(new).mean, before, rtol=0, atol=0)
    model.eval()
    assert not model.training


def test_outcomes_may_be_taken_as_they_are():
    X = points(20, 2)
    Y = outcomes(X)
    standard = (Y - Y.mean()) / Y.std()
    plain, default = GaussianProcess(X, standard, outcome_transform=None).fit(), GaussianProcess(X, Y).fit()
    new = points(4, 2, seed=5)
    mean, variance = plain.mean_variance(new)
    torch.testing.assert_close(mean * Y.std() + Y.mean(), default.mean_variance(new)[0])
    torch.testing.assert_close(variance * Y.var(), default.mean_variance(new)[1])


def test_an_outcome_transform_that_is_not_affine_has_no_closed_form():
    X = points(20, 2)
    model = GaussianProcess(X, outcomes(X).exp(), outcome_transform=Log()).fit()
    new = points(4, 2, seed=5)
    for closed_form in (model.mean_variance, model.mean, model.mean_variance_gradient):
        with pytest.raises(NotSupportedError, match=r"Log .*posterior"):
            closed_form(new)
    with pytest.raises(NotSupportedError, match="Log"):
        model.leave_one_out()
    samples = model.posterior(new).rsample(torch.Size([8]))
    assert samples.shape == (8, 4, 1)
    assert (samples > 0).all()
    raw = GaussianProcess(X, outcomes(X), outcome_transform=None).fit()
    torch.testing.assert_close(model.theta, raw.theta)


def test_a_transform_outside_its_domain_is_named():
    X = points(6, 2)
    with pytest.raises(InvalidInputError, match="outcome transform"):
        GaussianProcess(X, outcomes(X) - 100.0, outcome_transform=Log())
    with pytest.raises(InvalidInputError, match="overflows"):
        GaussianProcess(X, outcomes(X) * 1e300)


def test_small_units_are_not_taken_for_constants():
    X = points(20, 2)
    Y = outcomes(X)
    small, usual = GaussianProcess(X, Y * 1e-12).fit(), GaussianProcess(X, Y).fit()
    torch.testing.assert_close(small.theta, usual.theta, rtol=0, atol=1e-4)
    new = points(4, 2, seed=5)
    torch.testing.assert_close(
        1e12 * small.mean_variance(new)[0], usual.mean_variance(new)[0], rtol=1e-4, atol=0
    )


def test_botorchs_standardize_given_explicitly_is_the_default():
    X = points(20, 3)
    Y = outcomes(X, 2)
    given = GaussianProcess(X, Y, outcome_transform=Standardize(m=2)).fit()
    torch.testing.assert_close(given.theta, GaussianProcess(X, Y).fit().theta)


# -- leave one out, states and copies --------------------------------------------------------------------


@pytest.mark.parametrize("noisy", [False, True], ids=["inferred", "known"])
def test_leave_one_out_is_a_factorisation_without_that_row(noisy):
    Yvar = torch.linspace(0.1, 2.0, 12).double().unsqueeze(-1) if noisy else None
    model = fitted(n=12, Yvar=Yvar)
    outcome = model._outcomes[0]
    K = outcome.covariance.cross(outcome.X) + np.diag(outcome.noise_variance)
    shift, scale = model._affine_floats()
    mean, variance = model.leave_one_out()
    for i in range(12):
        others = np.arange(12) != i
        weights = np.linalg.solve(K[np.ix_(others, others)], K[others, i])
        expected = outcome.constant + weights @ (outcome.y[others] - outcome.constant)
        assert float(mean[i]) == pytest.approx(shift + scale * expected, abs=1e-8)
        left = K[i, i] - weights @ K[others, i]
        assert float(variance[i]) == pytest.approx(scale**2 * left, rel=1e-8)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_state_restores_the_model(kernel):
    X = points(15, 2)
    model = GaussianProcess(X, outcomes(X, 2), covar_module=KERNELS[kernel]).fit()
    other = GaussianProcess(X, outcomes(X, 2), covar_module=KERNELS[kernel])
    new = points(4, 2, seed=5)
    assert not torch.allclose(other.posterior(new).mean, model.posterior(new).mean, atol=1e-6)
    other.load_state_dict(model.state_dict())
    torch.testing.assert_close(other.posterior(new).mean, model.posterior(new).mean, rtol=0, atol=1e-12)
    torch.testing.assert_close(
        other.posterior(new).variance, model.posterior(new).variance, rtol=0, atol=1e-12
    )
    assert other.log_posterior() == pytest.approx(model.log_posterior())


def test_copies_and_subsets_are_independent():
    model = fitted(m=2)
    new = points(4, 2, seed=5)
    mean, theta = model.posterior(new).mean.clone(), model.theta.clone()
    conditioned = model.condition_on_observations(new[:1], torch.zeros(1, 2).double())
    for other in (model.subset_output([1]), conditioned, copy.deepcopy(model)):
        changed = other.theta + 0.5
        other.load_state_dict({**other.state_dict(), "theta": changed})
        other.posterior(new)
        other.fit()
        torch.testing.assert_close(model.posterior(new).mean, mean, rtol=0, atol=0)
        torch.testing.assert_close(model.theta, theta, rtol=0, atol=0)


@pytest.mark.parametrize("kernel", KERNELS)
def test_models_can_be_copied_and_pickled_after_any_use(kernel):
    model = fitted(covar_module=KERNELS[kernel])
    new = points(4, 2, seed=5)
    mean = model.mean_variance_gradient(new)[0]
    model.posterior(new)
    model.log_posterior()
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        torch.testing.assert_close(other.mean_variance(new)[0], mean, rtol=0, atol=1e-12)


def test_a_users_kernel_is_copied():
    kernel = ScaleKernel(RBFKernel())
    before = copy.deepcopy(kernel.state_dict())
    X = points(12, 2)
    GaussianProcess(X, outcomes(X, 2), covar_module=kernel).fit()
    for name, value in kernel.state_dict().items():
        assert torch.equal(value, before[name])
        assert value.dtype == before[name].dtype


# -- warm starts and bad input ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "initial",
    [
        {"theta": torch.zeros(1, 9)},
        {"theta": torch.zeros(2, 3)},
        {"theta": torch.full((1, 3), torch.nan)},
        {},
        None,
    ],
)
def test_an_unusable_warm_start_is_a_cold_one(initial):
    X = points(12, 2)
    cold = GaussianProcess(X, outcomes(X)).fit()
    torch.testing.assert_close(GaussianProcess(X, outcomes(X)).fit(initial=initial).theta, cold.theta)


def test_a_warm_start_survives_json():
    X = points(12, 2)
    best = GaussianProcess(X, outcomes(X)).fit()
    stored = {name: value.tolist() for name, value in best.hyperparameters().items()}
    warm = GaussianProcess(X, outcomes(X)).fit(initial=stored)
    assert warm.log_posterior() >= best.log_posterior() - 0.01
    best.hyperparameters()["theta"].zero_()
    assert best.theta.any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"train_Y": torch.full((6, 1), torch.nan)}, r"train_Y\[0, 0\] is nan"),
        ({"train_Y": torch.zeros(6)}, "n x d and train_Y n x m"),
        ({"train_Y": torch.zeros(5, 1)}, "6 rows and train_Y has 5"),
        ({"train_X": torch.zeros(0, 2), "train_Y": torch.zeros(0, 1)}, "at least one row"),
        ({"train_Y": torch.zeros(6, 0)}, "one outcome"),
        ({"train_Yvar": torch.zeros(6, 2)}, "shape of train_Y"),
        ({"train_Yvar": -torch.ones(6, 1)}, "negative"),
        ({"categorical_features": [2]}, "columns 0 to 1"),
        ({"categorical_features": [1]}, "integer codes"),
        ({"descriptors": {1: torch.zeros(2, 2)}}, "not in categorical_features"),
        ({"train_X": "text"}, "train_X must be a tensor of numbers"),
        ({"covar_module": RBFKernel}, "gpytorch Kernel"),
        ({"covar_module": RBFKernel(batch_shape=torch.Size([2]))}, "batch of kernels"),
    ],
)
def test_bad_input_is_refused_where_it_enters(arguments, message):
    X = points(6, 2)
    with pytest.raises(InvalidInputError, match=message):
        GaussianProcess(**{"train_X": X, "train_Y": outcomes(X), **arguments})


def test_batches_of_training_sets_are_not_supported():
    with pytest.raises(NotSupportedError, match="batch"):
        GaussianProcess(torch.rand(2, 6, 2), torch.rand(2, 6, 1))


def test_points_of_another_dimension_are_refused():
    model = fitted()
    for method in (model.posterior, model.mean_variance, model.mean_variance_gradient):
        with pytest.raises(InvalidInputError, match="2 inputs"):
            method(torch.rand(4, 3))
        with pytest.raises(InvalidInputError, match=r"points of shape \(2,\), not ... x q x 2"):
            method(torch.rand(2))
        with pytest.raises(InvalidInputError, match=r"given ndarray, of which torch.as_tensor makes one"):
            method(np.random.default_rng(0).random((4, 2)))


def test_single_precision_and_graphs_are_taken_in():
    X = points(10, 2).float().requires_grad_(True)
    model = GaussianProcess(X, outcomes(X.detach().double()).float()).fit()
    assert model.train_inputs[0].dtype == torch.float64
    for X in (points(3, 2).float(), points(3, 2).requires_grad_(True)):
        assert model.posterior(X).mean.dtype == torch.float64
        for values in (*model.mean_variance(X), *model.mean_variance_gradient(X)):
            assert values.dtype == torch.float64
            assert not values.requires_grad


# -- a user's kernel with categories ---------------------------------------------------------------------


def test_a_users_kernel_sees_the_numeric_columns_times_a_mismatch_of_the_rest():
    X = torch.cat([mixed_points(20, 1, (3,)), points(20, 1, seed=3)], dim=-1)  # the category in the middle
    Y = outcomes(X)
    default = GaussianProcess(X, Y, categorical_features=[1]).fit()
    same = GaussianProcess(X, Y, categorical_features=[1], covar_module=MaternKernel(2.5, ard_num_dims=2))
    kernel = same._outcomes[0].covariance.kernel
    lengthscales, mismatch = default.theta[0, :2].exp(), default.theta[0, 2:3].exp()
    kernel.kernels[0].lengthscale, kernel.kernels[1].lengthscale = lengthscales, mismatch
    same._outcomes[0]._log_noise = float(default.theta[0, -1])
    new = torch.cat([mixed_points(5, 1, (3,), seed=5), points(5, 1, seed=4)], dim=-1)
    for one, other in zip(same.mean_variance(new), default.mean_variance(new), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-8)


def test_a_kernel_that_chooses_its_columns_or_knows_categories_is_left_alone():
    X = torch.cat([mixed_points(20, 1, (3,)), points(20, 1, seed=3)], dim=-1)
    chosen = ScaleKernel(RBFKernel(active_dims=[2]))
    Y = torch.sin(5.0 * X[:, 2:])
    model = GaussianProcess(X, Y, categorical_features=[1], covar_module=chosen).fit()
    new = X[:4].clone()
    gradient = model.mean_variance_gradient(new)[2]
    assert not gradient[:, 0].any()  # the kernel does not look at column 0
    assert gradient[:, 2].any()

    knowing = RBFKernel()
    knowing.categorical_features = [1]
    model = GaussianProcess(X, outcomes(X), categorical_features=[1], covar_module=knowing)
    assert type(model._outcomes[0].covariance.kernel) is RBFKernel


def test_categories_alone_leave_a_users_kernel_nothing_to_see():
    X = mixed_points(20, 0, (3, 4))
    model = GaussianProcess(X, outcomes(X), categorical_features=[0, 1], covar_module=RBFKernel()).fit()
    default = GaussianProcess(X, outcomes(X), categorical_features=[0, 1]).fit()
    torch.testing.assert_close(model.mean_variance(X)[0], default.mean_variance(X)[0], rtol=0, atol=0.2)
