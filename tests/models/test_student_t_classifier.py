"""The sparse variational Student-t process and the classifier on it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gpytorch.kernels import RBFKernel
from scipy.stats import kstest
from scipy.stats import t as scipy_t
from sklearn.base import clone
from sklearn.datasets import make_blobs, make_moons
from torch.distributions import InverseGamma, Normal

from augury.errors import InvalidInputError
from augury.models import StudentTClassifier
from augury.models.scale_mixture.variational import VariationalStudentT

X, Y = make_moons(80, noise=0.15, random_state=0)
QUICK = {"epochs": 80, "num_inducing": 20, "learning_rate": 0.1}
FITTED = StudentTClassifier(**QUICK).fit(X, Y)


def process(alpha=2.0, beta=3.0):
    """A variational posterior that is not its prior."""
    generator = torch.Generator().manual_seed(1)
    made = VariationalStudentT(RBFKernel(), torch.from_numpy(X[:5]), 2, alpha, beta)
    with torch.no_grad():
        for parameter in (made.mean, made.log_variance):
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator).double())
        made.log_shape.copy_(torch.tensor(1.5))
        made.log_rate.copy_(torch.tensor(1.2))
    return made


def test_the_divergence_is_that_of_draws():
    made = process()
    state = torch.get_rng_state()
    try:
        torch.manual_seed(0)
        with torch.no_grad():
            q = InverseGamma(made.shape, made.rate)
            s = q.sample((100_000,))
            root = s.sqrt()[:, None, None]
            given = Normal(made.mean, root * (0.5 * made.log_variance).exp())
            v = given.sample()
            prior = InverseGamma(*(torch.tensor(value).double() for value in (made.alpha, made.beta)))
            ratio = q.log_prob(s) - prior.log_prob(s)
            ratio = ratio + (given.log_prob(v) - Normal(0.0, root).log_prob(v)).sum((1, 2))
    finally:
        torch.set_rng_state(state)
    error = float(ratio.std()) / len(ratio) ** 0.5
    assert float(made.kl_divergence().detach()) == pytest.approx(float(ratio.mean()), abs=4.0 * error)


def test_the_divergence_of_the_prior_from_itself_is_zero():
    made = VariationalStudentT(RBFKernel(), torch.from_numpy(X[:5]), 2, 2.0, 3.0)
    assert float(made.kl_divergence().detach()) == pytest.approx(0.0, abs=1e-12)


def test_without_doubt_of_the_scale_it_is_the_gaussian_divergence():
    made = process(1e7, 1e7)
    with torch.no_grad():
        made.log_shape.copy_(made.log_rate.copy_(torch.tensor(1e7).log()))
    mean, variance = made.mean, made.log_variance.exp()
    gaussian = 0.5 * (variance + mean.square() - 1.0 - made.log_variance).sum()
    assert float(made.kl_divergence().detach()) == pytest.approx(float(gaussian), rel=1e-3)


def test_marginals_are_student_t():
    made, at = process(), torch.from_numpy(X[10:12])
    with torch.no_grad():
        draws = made.sample(at, 20_000, torch.Generator().manual_seed(0))
        mean, variance = made.marginals(at)
    scale = (made.rate / made.shape * variance).sqrt().detach()
    standard = ((draws - mean) / scale)[:, 1, 0].numpy()
    assert kstest(standard, scipy_t(2.0 * float(made.shape)).cdf).statistic < 0.015


def test_marginals_are_those_of_the_dense_formula():
    made, at = process(), torch.from_numpy(X[10:14])
    with torch.no_grad():
        Z = made.inducing
        K, cross, prior = (made.kernel(*pair).to_dense() for pair in ((Z, Z), (at, Z), (at, at)))
        L = torch.linalg.cholesky(K + 1e-6 * torch.eye(5))
        A = cross @ torch.cholesky_inverse(L)
        for latent in range(2):
            S = L @ made.log_variance[latent].exp().diag() @ L.T
            mean, variance = (part[:, latent] for part in made.marginals(at))
            torch.testing.assert_close(mean, A @ L @ made.mean[latent], rtol=1e-8, atol=1e-8)
            expected = (A @ S @ A.T + prior - A @ cross.T).diagonal()
            torch.testing.assert_close(variance, expected, rtol=1e-6, atol=1e-6)


def test_it_separates_two_moons():
    new, labels = make_moons(200, noise=0.15, random_state=1)
    probabilities = FITTED.predict_proba(new)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert FITTED.score(new, labels) > 0.93
    assert -np.log(probabilities[np.arange(200), labels]).mean() < 0.25
    assert FITTED.evidence_bounds_[-5:].mean() > FITTED.evidence_bounds_[:5].mean()


def test_far_from_the_data_it_knows_nothing():
    far = FITTED.predict_proba([[40.0, 40.0]])
    np.testing.assert_allclose(far, 0.5, atol=0.05)


def test_classes_of_any_name_in_batches():
    points, codes = make_blobs(60, centers=3, cluster_std=0.5, random_state=2)
    names = np.array(["acid", "base", "salt"])[codes]
    model = StudentTClassifier(**{**QUICK, "epochs": 20}, batch_size=16).fit(points, names)
    assert list(model.classes_) == ["acid", "base", "salt"]
    assert model.score(points, names) > 0.95


def test_the_seed_decides_and_global_state_is_left_alone():
    before = torch.get_rng_state()
    short = {**QUICK, "epochs": 3}
    first, again = (StudentTClassifier(**short).fit(X, Y).predict_proba(X) for _ in range(2))
    other = StudentTClassifier(**short, random_state=7).fit(X, Y).predict_proba(X)
    assert torch.equal(before, torch.get_rng_state())
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-4


def test_it_is_an_estimator_of_scikit_learn(capsys):
    kernel = RBFKernel()
    model = clone(StudentTClassifier(kernel=kernel, **{**QUICK, "epochs": 2}, verbose=True))
    assert model.get_params()["num_inducing"] == 20
    model.fit(X, Y)
    assert torch.equal(kernel.lengthscale, RBFKernel().lengthscale)  # a copy was trained
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0.0}, "alpha must be"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"epochs": 1.5}, "epochs must be"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(InvalidInputError, match=message):
        StudentTClassifier(**options).fit(X, Y)


def test_bad_data_are_refused():
    with pytest.raises(InvalidInputError, match="one class only"):
        StudentTClassifier().fit(X, np.zeros(80))
    with pytest.raises(ValueError, match="NaN"):
        StudentTClassifier().fit(np.full((4, 2), np.nan), [0, 1, 0, 1])
    with pytest.raises(InvalidInputError, match="is expecting 2 features"):
        FITTED.predict_proba([[1.0, 2.0, 3.0]])
