"""Gaussian processes of values and gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.models.transforms.input import Normalize, Warp
from gpytorch.kernels import Matern52KernelGrad

from augury.acquisition.analytic import LogExpectedImprovement
from augury.errors import InvalidInputError, NotSupportedError
from augury.models import GaussianProcess, GradientEnhancedGaussianProcess
from augury.models.gradient_enhanced.covariance import VALUE, DerivativeMatern
from augury.testing import MODEL_CHECKS
from augury.testing.model_cases import outcomes
from tests.acquisition.cases import check_gradient
from tests.models.cases import central_differences
from tests.models.cases import points as any_points


def points(n, d=2, seed=0):
    return any_points(n, d, seed)


def slopes(function, X, m=1):
    """`n x m x d` gradients of a function with `m` outputs."""
    inputs = X.detach().clone().requires_grad_(True)
    Y = function(inputs)
    columns = [torch.autograd.grad(Y[:, j].sum(), inputs, retain_graph=True)[0] for j in range(m)]
    return torch.stack(columns, dim=1)


def branin(X):
    a, b = 15.0 * X[..., :1] - 5.0, 15.0 * X[..., 1:]
    bowl = (b - 5.1 / (4 * torch.pi**2) * a**2 + 5.0 / torch.pi * a - 6.0) ** 2
    return bowl + 10.0 * (1.0 - 1.0 / (8.0 * torch.pi)) * torch.cos(a) + 10.0


def with_gradients(train_X, train_Y, train_Yvar=None, categorical_features=None):
    """A process that is given the gradients of the suite's smooth function, some left out."""
    gradients = None
    X, Y = torch.as_tensor(train_X).double(), torch.as_tensor(train_Y).double()
    if X.dim() == Y.dim() == 2 and len(X) == len(Y) > 1 and not categorical_features:
        m = Y.shape[1]
        if m and len(X) > 2 and bool(torch.isfinite(X).all() and torch.isfinite(Y).all()):
            known = outcomes(X, m)
            unit = Y.std(dim=0) / known.std(dim=0)
            usable = bool(torch.isfinite(unit).all() and (unit > 0.0).all())
            if usable and torch.allclose((Y - Y.mean(dim=0)) / unit, known - known.mean(dim=0), atol=1e-3):
                gradients = unit[:, None] * slopes(lambda inputs: outcomes(inputs, m), X, m)
                gradients[::3, :, 0] = torch.nan
                gradients[1] = torch.nan
    return GradientEnhancedGaussianProcess(
        train_X, train_Y, train_Yvar, categorical_features, train_gradients=gradients
    )


@pytest.mark.parametrize("factory", [GradientEnhancedGaussianProcess, with_gradients])
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check, factory):
    check(factory)


def test_the_suite_does_see_gradients():
    X = points(12)
    assert with_gradients(X, outcomes(X))._regressions[0].has_gradients


def test_the_covariance_is_that_of_gpytorch():
    X1, X2 = points(4, 3), points(5, 3, seed=1)
    theirs = Matern52KernelGrad(ard_num_dims=3).double()
    theirs.lengthscale = torch.tensor([0.3, 0.7, 1.5]).double()
    ours = DerivativeMatern([0, 1, 2], [])
    which = torch.arange(VALUE, 3)
    K = ours(
        theirs.lengthscale.detach()[0].log(),
        X1.repeat_interleave(4, 0),
        which.repeat(4),
        X2.repeat_interleave(4, 0),
        which.repeat(5),
    )
    np.testing.assert_allclose(K, theirs(X1, X2).to_dense().detach(), rtol=1e-9, atol=1e-12)


def test_the_covariance_has_the_derivatives_of_its_values():
    kernel, theta = DerivativeMatern([0, 2], [1]), torch.tensor([-1.0, 0.3, 0.5]).double()
    X1 = torch.tensor([[0.2, 0.0, 0.9], [0.4, 1.0, 0.1]]).double()
    X2 = torch.tensor([[0.3, 1.0, 0.2]]).double()
    value, by_0, by_1 = (torch.full((1,), which) for which in (VALUE, 0, 1))
    for left in X1[:, None]:

        def k(z, left=left):
            moved = [left.clone(), X2.clone()]
            moved[0][0, [0, 2]], moved[1][0, [0, 2]] = torch.from_numpy(z[:2]), torch.from_numpy(z[2:])
            return float(kernel(theta, moved[0], value, moved[1], value))

        at = np.concatenate([left[0, [0, 2]], X2[0, [0, 2]]])
        first = central_differences(k, at)
        np.testing.assert_allclose(kernel(theta, left, by_0, X2, value).item(), first[0], rtol=1e-6)
        np.testing.assert_allclose(kernel(theta, left, value, X2, by_1).item(), first[3], rtol=1e-6)
        second = central_differences(lambda z: central_differences(k, z, 1e-4), at, 1e-4)
        np.testing.assert_allclose(kernel(theta, left, by_0, X2, by_1).item(), second[0, 3], rtol=1e-4)
        np.testing.assert_allclose(kernel(theta, left, by_1, X2, by_1).item(), second[1, 3], rtol=1e-4)


def test_the_likelihood_has_the_gradient_it_says():
    X = points(6)
    model = with_gradients(X, outcomes(X))
    regression = model._regressions[0]
    theta = regression.theta + np.linspace(-0.3, 0.4, len(regression.theta))
    value, gradient = regression.value_gradient(theta)
    assert value == pytest.approx(regression.value(theta), rel=1e-12)
    np.testing.assert_allclose(gradient, central_differences(regression.value, theta), rtol=1e-5, atol=1e-5)


def test_without_gradients_it_is_the_gaussian_process():
    X, new = points(15), points(6, seed=1)
    Y = branin(X)
    plain = GaussianProcess(X, Y).fit()
    ours = GradientEnhancedGaussianProcess(X, Y)
    ours.load_state_dict({"theta": plain.hyperparameters()["theta"]})
    for given, expected in zip(ours.mean_variance(new), plain.mean_variance(new), strict=True):
        np.testing.assert_allclose(given, expected, rtol=1e-6)
    np.testing.assert_allclose(ours._regressions[0].value(ours.theta[0].numpy()), plain.log_posterior())
    found = GradientEnhancedGaussianProcess(X, Y).fit()
    density = found._regressions[0].value(found.theta[0].numpy())
    assert density > plain.log_posterior() - 0.1


@pytest.fixture(scope="module")
def fitted():
    X = points(8, seed=3)
    Y = branin(X)
    return GradientEnhancedGaussianProcess(X, Y, train_gradients=slopes(branin, X)).fit()


def test_predicted_gradients_are_the_finite_differences_of_the_mean(fitted):
    for x in points(4, seed=5):
        predicted = fitted.posterior(x[None], gradients=True).mean.detach()[0]
        mean = lambda z: float(fitted.posterior(torch.from_numpy(z)[None]).mean)  # noqa: E731
        assert float(predicted[0]) == pytest.approx(mean(x.numpy()), rel=1e-9)
        np.testing.assert_allclose(predicted[1:], central_differences(mean, x.numpy()), rtol=1e-5, atol=1e-4)


def test_variances_of_gradients_are_those_of_differences(fitted):
    x, step = points(1, seed=6)[0], 1e-3
    variance = fitted.posterior(x[None], gradients=True).variance.detach()[0, 1:]
    for j in range(2):
        pair = torch.stack([x, x]) + step * torch.eye(2, dtype=torch.float64)[j] * torch.tensor(
            [[1.0], [-1.0]]
        )
        covariance = fitted.posterior(pair).distribution.covariance_matrix.detach()
        difference = (covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]) / (2 * step) ** 2
        assert float(variance[j]) == pytest.approx(float(difference), rel=1e-2)


def test_values_and_slopes_are_interpolated(fitted):
    X = fitted.train_inputs[0]
    posterior = fitted.posterior(X, gradients=True)
    expected = torch.cat([branin(X), slopes(branin, X)[:, 0]], dim=-1)
    error = (posterior.mean.detach() - expected).abs() / expected.std(dim=0)
    assert float(error.max()) < 0.02
    assert tuple(posterior.mean.shape) == (8, 3)


def test_gradients_are_worth_rows():
    new = points(400, seed=99)
    truth = branin(new)[:, 0]

    def rmse(n, gradients):
        errors = []
        for seed in range(3):
            X = torch.quasirandom.SobolEngine(2, scramble=True, seed=seed).draw(n, dtype=torch.float64)
            known = slopes(branin, X) if gradients else None
            model = GradientEnhancedGaussianProcess(X, branin(X), train_gradients=known).fit()
            errors.append(float((model.mean_variance(new)[0] - truth).square().mean().sqrt()))
        return np.mean(errors)

    with_slopes, few, many = rmse(8, True), rmse(8, False), rmse(24, False)
    assert with_slopes < 0.6 * few
    assert with_slopes < 2.0 * many


def test_noisy_gradients_are_recognised_as_such():
    X = points(40, seed=4)
    clean = slopes(branin, X)
    noise = torch.randn(clean.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    model = GradientEnhancedGaussianProcess(X, branin(X), train_gradients=clean + 50.0 * noise).fit()
    regression = model._regressions[0]
    inferred = float(np.exp(0.5 * regression.theta[-1]) * model._scale)
    assert 35.0 < inferred < 75.0
    assert regression.noise_variance < 0.05


def test_it_serves_our_acquisition_functions(fitted):
    acquisition = LogExpectedImprovement(fitted, float(branin(points(8, seed=3)).min()), maximize=False)
    check_gradient(acquisition, points(5, seed=8).numpy())


def test_a_category_has_no_derivative():
    X = points(8, 3)
    X[:, 1] = torch.arange(8) % 2
    gradients = torch.full((8, 3), torch.nan, dtype=torch.float64)
    gradients[:, 0], gradients[:, 1] = 1.0, 7.0
    model = GradientEnhancedGaussianProcess(X, X[:, :1] + X[:, 1:2], None, [1], gradients).fit()
    posterior = model.posterior(X[:2], gradients=True)
    assert tuple(posterior.mean.shape) == (2, 3)  # the value and two derivatives
    np.testing.assert_allclose(posterior.mean[:, 1].detach(), 1.0, atol=0.1)


def test_what_makes_no_sense_is_refused():
    X = points(5)
    Y = outcomes(X)
    with pytest.raises(InvalidInputError, match="shape"):
        GradientEnhancedGaussianProcess(X, Y, train_gradients=Y)
    with pytest.raises(InvalidInputError, match="infinite"):
        GradientEnhancedGaussianProcess(X, Y, train_gradients=X / 0.0)
    model = GradientEnhancedGaussianProcess(X, outcomes(X, 2))
    with pytest.raises(NotSupportedError, match="one outcome"):
        model.posterior(X, gradients=True)
    with pytest.raises(InvalidInputError, match="inputs"):
        model.posterior(points(5, 3))


def test_an_affine_input_transform_changes_units_only():
    X = points(8, 2)
    Y, measured = outcomes(X), 0.3 * torch.ones(8, 2).double()
    low, width = torch.tensor([100.0, -2.0]).double(), torch.tensor([50.0, 4.0]).double()
    bounds = torch.stack([low, low + width])
    unit = GradientEnhancedGaussianProcess(X, Y, train_gradients=measured).fit()
    units = GradientEnhancedGaussianProcess(
        X * width + low,
        Y,
        train_gradients=measured / width,
        input_transform=Normalize(2, bounds=bounds),
    ).fit()
    new = points(3, 2) + 0.05
    for gradients, scale in ((False, torch.ones(1)), (True, torch.tensor([1.0, *(1.0 / width)]))):
        expected = unit.posterior(new, gradients=gradients)
        given = units.posterior(new * width + low, gradients=gradients)
        torch.testing.assert_close(given.mean, expected.mean * scale, rtol=1e-6, atol=1e-8, check_dtype=False)
        variance = expected.variance * scale.square()
        torch.testing.assert_close(given.variance, variance, rtol=1e-5, atol=1e-10, check_dtype=False)
    with pytest.raises(NotSupportedError, match="is not affine"):
        GradientEnhancedGaussianProcess(X, Y, input_transform=Warp(2, [0, 1]))
