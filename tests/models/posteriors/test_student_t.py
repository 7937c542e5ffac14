"""The Student-t posterior and distribution against scipy and against their own draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.posteriors import GPyTorchPosterior
from botorch.sampling import SobolQMCNormalSampler
from botorch.sampling.get_sampler import get_sampler
from gpytorch.distributions import MultitaskMultivariateNormal, MultivariateNormal
from scipy.stats import kstest, multivariate_t
from scipy.stats import t as scipy_t

from augury.errors import NotSupportedError
from augury.models.posteriors.multivariate_student_t import MultivariateStudentT
from augury.models.posteriors.scale_mixture import ScaleMixturePosterior
from augury.models.posteriors.student_t import StudentTPosterior

GENERATOR = torch.Generator().manual_seed(0)


def covariance(p, *batch):
    root = torch.randn(*batch, p, p, dtype=torch.float64, generator=GENERATOR)
    return root @ root.transpose(-1, -2) + 0.1 * torch.eye(p).double()


LOC, MATRIX = torch.tensor([1.0, -2.0, 0.5]).double(), covariance(3)
GAUSSIAN = GPyTorchPosterior(MultivariateNormal(LOC, MATRIX))
SCALE = torch.tensor(1.7, dtype=torch.float64)


def pair(df=4.5):
    """A posterior, and the same in scipy."""
    theirs = multivariate_t(LOC.numpy(), (SCALE * MATRIX).numpy(), df=df)
    return StudentTPosterior(GAUSSIAN, df, SCALE), theirs


def test_log_densities_are_those_of_scipy():
    ours, theirs = pair()
    Y = torch.randn(20, 3, dtype=torch.float64, generator=GENERATOR) * 5.0
    expected = theirs.logpdf(Y.numpy())
    np.testing.assert_allclose(ours.distribution.log_prob(Y), expected, rtol=1e-10)
    np.testing.assert_allclose(ours.log_prob(Y.unsqueeze(-1)), expected, rtol=1e-10)


def test_log_densities_of_several_outcomes_do_not_depend_on_their_order():
    means = torch.randn(2, 4, dtype=torch.float64, generator=GENERATOR)
    normals = [MultivariateNormal(mean, covariance(4)) for mean in means]
    joint = GPyTorchPosterior(MultitaskMultivariateNormal.from_independent_mvns(normals))
    Y = torch.randn(4, 2, dtype=torch.float64, generator=GENERATOR)
    blocks = torch.block_diag(*(normal.covariance_matrix for normal in normals)).numpy()
    expected = multivariate_t(means.reshape(-1).numpy(), 1.7 * blocks, df=5.0).logpdf(Y.T.reshape(-1).numpy())
    posterior = StudentTPosterior(joint, 5.0, SCALE)
    assert float(posterior.log_prob(Y)) == pytest.approx(expected, rel=1e-10)
    interleaved = MultitaskMultivariateNormal(
        posterior.mean, joint.distribution.covariance_matrix.reshape(8, 8), interleaved=joint.mvn._interleaved
    )
    again = StudentTPosterior(GPyTorchPosterior(interleaved), 5.0, SCALE)
    assert float(again.log_prob(Y)) == pytest.approx(expected, rel=1e-10)
    one = ScaleMixturePosterior(joint, torch.ones(1).double(), torch.ones(1).double())
    assert float(one.log_prob(Y)) == pytest.approx(float(sum(
        normal.log_prob(y) for normal, y in zip(normals, Y.T, strict=True))), rel=1e-10)  # fmt: skip


def test_moments_and_marginals():
    ours, _ = pair()
    np.testing.assert_allclose(ours.mean.squeeze(-1), LOC)
    np.testing.assert_allclose(ours.variance.squeeze(-1), 4.5 / 2.5 * 1.7 * MATRIX.diagonal())
    scale = np.sqrt(1.7 * MATRIX.diagonal().numpy())
    levels = torch.tensor([0.01, 0.4, 0.975], dtype=torch.float64)
    expected = scipy_t.ppf(levels.numpy()[:, None], 4.5, loc=LOC.numpy(), scale=scale)
    np.testing.assert_allclose(ours.quantile(levels).squeeze(-1), expected, rtol=1e-9)
    at = torch.tensor([0.3, -4.0], dtype=torch.float64)
    expected = scipy_t.pdf(at.numpy()[:, None], 4.5, loc=LOC.numpy(), scale=scale)
    np.testing.assert_allclose(ours.density(at).squeeze(-1), expected, rtol=1e-9)


def test_no_variance_with_two_degrees_of_freedom():
    with pytest.raises(NotSupportedError, match="no variance"):
        _ = pair(2.0)[0].variance
    assert torch.isinf(pair(2.0)[0].distribution.variance).all()


def test_draws_share_one_scale_and_have_the_right_marginals():
    ours, _ = pair()
    sampler = get_sampler(ours, torch.Size([4096]), seed=1)
    assert isinstance(sampler, SobolQMCNormalSampler)
    draws = sampler(ours).squeeze(-1)
    scale = np.sqrt(1.7 * MATRIX.diagonal().numpy())
    for column in range(3):
        standard = (draws[:, column] - LOC[column]).numpy() / scale[column]
        assert kstest(standard, scipy_t(4.5).cdf).statistic < 0.015
    whitened = torch.linalg.solve(torch.linalg.cholesky(MATRIX), (draws - LOC).T)
    logs = whitened.square().log()  # of independent coordinates, were there no common scale
    assert float(torch.corrcoef(logs)[0, 1]) == pytest.approx(_log_square_correlation(4.5), abs=0.05)


def _log_square_correlation(df):
    """`log z^2` has variance pi^2/2; `log(nu / g)`, which the coordinates share, trigamma(nu/2)."""
    from scipy.special import polygamma

    shared = float(polygamma(1, df / 2.0))
    return shared / (shared + np.pi**2 / 2.0)


def test_base_samples_fix_the_draws_and_let_gradients_through():
    mean = LOC.clone().requires_grad_(True)
    base = torch.randn(5, 4, dtype=torch.float64, generator=GENERATOR)
    draws = []
    for _ in range(2):
        posterior = StudentTPosterior(GPyTorchPosterior(MultivariateNormal(mean, MATRIX)), 4.5, SCALE)
        draws.append(posterior.rsample_from_base_samples(torch.Size([5]), base))
    torch.testing.assert_close(*draws, rtol=0, atol=0)
    (gradient,) = torch.autograd.grad(draws[0].sum(), mean)
    torch.testing.assert_close(gradient, torch.full((3,), 5.0).double())


def test_the_distribution_samples_what_it_says():
    matrix = torch.linalg.cholesky(MATRIX)
    distribution = MultivariateStudentT(torch.tensor([6.0, 9.0]).double(), LOC, matrix)
    state = torch.get_rng_state()
    try:
        torch.manual_seed(0)
        draws = distribution.rsample((40_000,))
    finally:
        torch.set_rng_state(state)
    assert draws.shape == (40_000, 2, 3)
    for index in range(2):
        expected = distribution.covariance_matrix[index]
        given = torch.cov(draws[:, index].T)
        torch.testing.assert_close(given, expected, rtol=0.1, atol=0.1)
    torch.testing.assert_close(
        distribution.variance, distribution.covariance_matrix.diagonal(dim1=-2, dim2=-1)
    )
    assert distribution.expand((4, 2)).log_prob(draws[:4]).shape == (4, 2)
    with pytest.raises(ValueError, match="df"):
        MultivariateStudentT(-1.0, LOC, matrix, validate_args=True)


def mixture_of(df):
    """A fine scale mixture that is almost the Student-t."""
    from scipy.stats import invgamma

    probability = (np.arange(4000) + 0.5) / 4000
    scales = invgamma.ppf(probability, df / 2.0, scale=df / 2.0)
    return ScaleMixturePosterior(
        GAUSSIAN, torch.full((4000,), 1 / 4000).double(), 1.7 * torch.from_numpy(scales)
    )


def test_a_fine_mixture_is_the_student_t():
    ours, mixture = pair(12.0)[0], mixture_of(12.0)
    Y = torch.randn(6, 3, 1, dtype=torch.float64, generator=GENERATOR)
    torch.testing.assert_close(mixture.log_prob(Y), ours.log_prob(Y), rtol=0, atol=1e-3)
    torch.testing.assert_close(mixture.variance, ours.variance, rtol=1e-2, atol=0)
    levels = torch.tensor([0.02, 0.5, 0.9]).double()
    torch.testing.assert_close(mixture.quantile(levels), ours.quantile(levels), rtol=0, atol=1e-2)
    at = torch.tensor([0.3, -1.0]).double()
    torch.testing.assert_close(mixture.density(at), ours.density(at), rtol=1e-2, atol=1e-4)
    base = torch.randn(50, 4, dtype=torch.float64, generator=GENERATOR)
    draws = [p.rsample_from_base_samples(torch.Size([50]), base) for p in (mixture, ours)]
    torch.testing.assert_close(*draws, rtol=0, atol=0.05)
