"""Deep kernel machines: conformance, what they learn and what it costs."""

from __future__ import annotations

from functools import partial
from math import inf, sqrt

import numpy as np
import pytest
import torch
from sklearn.utils.estimator_checks import check_estimator

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference.sparse.collapsed import Collapsed
from augury.inference.sparse.likelihoods import GaussianNoise, Softmax
from augury.inference.sparse.rows import Batch
from augury.inference.sparse.stochastic import Stochastic
from augury.kernels.gram import LinearGram, RBFGram
from augury.models import DeepKernelMachine, DeepKernelMachineClassifier, SparseGaussianProcess
from augury.testing import MODEL_CHECKS
from tests.models.cases import outcomes, points

quick = partial(DeepKernelMachine, inference=Collapsed(max_iterations=12, warm_up=12))


@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check) -> None:
    check(quick)


def single_index(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """`sin(3 (x1 + x2) / sqrt 2)` of five standard normal inputs, in the cube's scale, with noise."""
    generator = torch.Generator().manual_seed(seed)
    Z = torch.randn(n, 5, generator=generator).double()
    Y = torch.sin(3.0 * (Z[:, :1] + Z[:, 1:2]) / sqrt(2.0))
    return Z / sqrt(12.0) + 0.5, Y + 0.1 * torch.randn(n, 1, generator=generator).double()


@pytest.fixture(scope="module")
def learnt() -> dict[float, DeepKernelMachine]:
    X, Y = single_index(200, 0)
    inference = Collapsed(max_iterations=30, warm_up=60)
    return {
        nu: DeepKernelMachine(X, Y, ard=False, regularization=nu, num_inducing=30, inference=inference).fit()
        for nu in (inf, 30.0, 3.0)
    }


def test_it_learns_a_direction_that_an_isotropic_kernel_misses(learnt) -> None:
    X, Y = single_index(300, 1)
    error = {nu: float((model.posterior(X).mean - Y).square().mean().sqrt()) for nu, model in learnt.items()}
    assert error[30.0] < 0.5 * error[inf]


def test_the_price_decides_how_far_the_layers_move(learnt) -> None:
    assert learnt[inf].divergences == [0.0, 0.0]
    assert 0.1 < sum(learnt[30.0].divergences) < sum(learnt[3.0].divergences)
    bounds = [learnt[nu].diagnostics["bound"] for nu in (inf, 30.0, 3.0)]
    assert bounds == sorted(bounds)


def test_its_kernel_is_what_it_predicts_with(learnt) -> None:
    model, X = learnt[30.0], points(4, 5, seed=7)
    kernel = model.kernel()
    expected = model.covariance.blocks(model._seen(X), full=True).own
    torch.testing.assert_close(kernel(X).to_dense(), expected)
    torch.testing.assert_close(kernel(X, diag=True), expected.diagonal())


def test_without_layers_it_is_the_sparse_process_of_its_kernel() -> None:
    X = points(30, 2)
    deep = DeepKernelMachine(X, outcomes(X), num_layers=0, num_inducing=8, inference=Collapsed()).fit()
    kernel = deep.kernel()
    plain = SparseGaussianProcess(X, outcomes(X), covar_module=kernel, num_inducing=8, learn_inducing=False)
    plain.likelihood.load_state_dict(deep.likelihood.state_dict())
    plain.covariance.inducing.data = deep.inducing_points.clone()
    plain.covariance.kernel._inputs = None
    plain._learnt = []
    new = points(5, 2, seed=1)
    torch.testing.assert_close(
        plain.fit().posterior(new).mean, deep.posterior(new).mean, rtol=1e-6, atol=1e-8
    )


def test_the_regularisation_is_chosen_by_rows_held_out() -> None:
    X, Y = single_index(150, 2)
    model = DeepKernelMachine(
        X,
        Y,
        regularization="auto",
        candidates=(inf, 10.0),
        num_inducing=20,
        inference=Collapsed(max_iterations=15, warm_up=40),
    ).fit()
    assert set(model.validation_scores) == {inf, 10.0}
    best = max(model.validation_scores, key=lambda nu: model.validation_scores[nu])
    assert model.regularization == [best, best]
    again = DeepKernelMachine(X, Y, regularization="auto", candidates=(inf, 10.0), num_inducing=20)
    again.load_state_dict(model.state_dict())
    torch.testing.assert_close(again.posterior(X[:3]).mean, model.posterior(X[:3]).mean)
    assert DeepKernelMachine(X[:1], Y[:1], regularization="auto").fit().validation_scores == {}


def test_weights_of_inputs_tell_which_matter() -> None:
    X = points(80, 4)
    Y = torch.sin(6.0 * X[:, 1:2])
    inference = Collapsed(max_iterations=30, warm_up=30)
    model = DeepKernelMachine(X, Y, num_inducing=15, inference=inference).fit()
    weights = model.covariance.gram.log_weights
    assert int(weights.argmax()) == 1
    assert float(weights[1] - weights[[0, 2, 3]].max()) > 1.0
    expected = model.covariance.blocks(model._seen(X[:3]), full=True).own
    torch.testing.assert_close(model.kernel()(X[:3]).to_dense(), expected)


def test_a_file_is_learnt_from(tmp_path) -> None:
    X, Y = (part.numpy() for part in single_index(300, 3))
    file = np.memmap(tmp_path / "X", np.float64, "w+", shape=X.shape)
    file[:] = X
    inference = Stochastic(num_epochs=2, batch_size=64)
    model = DeepKernelMachine(file, Y, num_inducing=10, inference=inference).fit()
    assert torch.isfinite(model.posterior(points(3, 5)).variance).all()


def test_classes_are_learnt_with_their_probabilities() -> None:
    X, _ = single_index(200, 4)
    labels = np.array(["out", "in"])[
        ((X[:, 0] - 0.5).square() + (X[:, 1] - 0.5).square() < 0.1).long().numpy()
    ]
    inference = Stochastic(num_epochs=25, batch_size=100, lr=0.05)
    model = DeepKernelMachineClassifier(num_inducing=30, regularization=3.0, inference=inference)
    model.fit(X.numpy()[:140], labels[:140])
    probabilities = model.predict_proba(X.numpy()[140:])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    correct = model.predict(X.numpy()[140:]) == labels[140:]
    assert correct.mean() > max((labels[140:] == "in").mean(), 1 - (labels[140:] == "in").mean()) + 0.1
    sure = probabilities.max(axis=1)
    assert correct[sure > np.median(sure)].mean() >= correct.mean()


def test_the_classifier_chooses_its_regularisation_by_labels_held_out() -> None:
    X, Y = single_index(160, 5)
    labels = np.where(Y[:, 0].numpy() > 0.0, "high", "low")
    inference = Stochastic(num_epochs=30, batch_size=64, lr=0.05)
    model = DeepKernelMachineClassifier(
        num_inducing=20, regularization="auto", candidates=(inf, 3.0), inference=inference
    ).fit(X.numpy(), labels)
    assert set(model.validation_scores_) == {inf, 3.0}
    best = max(model.validation_scores_, key=lambda nu: model.validation_scores_[nu])
    assert {float(layer.regularization) for layer in model._covariance.gram.layers} == {best}
    given = DeepKernelMachineClassifier(num_inducing=20, regularization=best, inference=inference)
    expected = given.fit(X.numpy(), labels).predict_proba(X.numpy()[:5])
    np.testing.assert_allclose(model.predict_proba(X.numpy()[:5]), expected, atol=1e-9)
    assert given.validation_scores_ == {}


@pytest.mark.filterwarnings("ignore")
def test_the_classifier_is_one_of_scikit_learn() -> None:
    tiny = DeepKernelMachineClassifier(
        num_inducing=10,
        num_samples=2,
        num_predictive_samples=32,
        inference=Stochastic(num_epochs=4, batch_size=64, lr=0.1),
    )
    check_estimator(tiny, on_skip=None)


def test_a_likelihood_gives_the_density_of_what_was_observed() -> None:
    """Noise: the normal density, of all outcomes of a row; classes: the probability of the label."""
    mean, variance, weight = points(4, 3), points(4, 3, seed=1), torch.ones(4, 1).double()
    noise, Y = GaussianNoise(3), points(4, 3, seed=2)
    normal = torch.distributions.Normal(mean, (variance + noise.noise).sqrt())
    expected = normal.log_prob(Y).sum(dim=-1)
    torch.testing.assert_close(noise.log_density(mean, variance, Batch(mean, Y, weight)), expected)
    softmax, labels = Softmax(3), torch.tensor([0, 2, 1, 1])
    expected = softmax.probabilities(mean, variance)[range(4), labels].log()
    torch.testing.assert_close(softmax.log_density(mean, variance, Batch(mean, labels, weight)), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"regularization": -1.0}, "0 or more"),
        ({"regularization": [1.0]}, "one for each of 2 layers; given 1"),
        ({"regularization": "automatic"}, "numbers or"),
        ({"regularization": "auto", "candidates": ()}, "candidates"),
        ({"kernel": "matern"}, "kernel must be one of"),
        ({"num_layers": -1}, "num_layers"),
        ({"num_inducing": 0}, "num_inducing"),
    ],
)
def test_options_that_are_wrong_are_refused(options, message) -> None:
    X = points(5, 2)
    with pytest.raises(InvalidInputError, match=message):
        DeepKernelMachine(X, outcomes(X), **options)


def test_no_regularisation_is_warned_of() -> None:
    X = points(5, 2)
    with pytest.warns(UserWarning, match="no maximum"):
        DeepKernelMachine(X, outcomes(X), regularization=0.0)


def test_the_classifier_refuses_what_it_cannot_do() -> None:
    X = points(6, 2).numpy()
    with pytest.raises(InvalidInputError, match="numbers or"):
        DeepKernelMachineClassifier(regularization="best").fit(X, [0, 1] * 3)
    with pytest.raises(InvalidInputError, match="one class only"):
        DeepKernelMachineClassifier().fit(X, [1] * 6)


def test_a_kernel_of_one_s_own_is_copied() -> None:
    X, kernel = points(12, 2), RBFGram() + LinearGram()
    model = quick(X, outcomes(X), kernel=kernel).fit()
    assert [float(part) for part in kernel.raw_variances.detach()] == [0.0, 0.0]
    assert model.covariance.gram.top is not model.covariance.gram.layers[0].kernel
    with pytest.raises(NotSupportedError, match="fit"):
        quick(X, outcomes(X)).posterior(X)
