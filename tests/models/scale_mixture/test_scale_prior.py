"""Priors of the scale: against brute-force integration, and the two ways of one inverse gamma."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import burr12, kstest
from torch.distributions import Gamma, LogNormal, Normal, TransformedDistribution
from torch.distributions import InverseGamma as TorchInverseGamma

from augury.errors import InvalidInputError
from augury.models.scale_mixture.burr import BurrXII
from augury.models.scale_mixture.inverse_gamma import InverseGamma
from augury.models.scale_mixture.quadrature import Quadrature

PRIORS = {
    "inverse gamma": TorchInverseGamma(torch.tensor(2.5).double(), torch.tensor(1.5).double()),
    "gamma": Gamma(torch.tensor(1.5).double(), torch.tensor(2.0).double()),
    "burr": BurrXII(2.0, 1.0),
    "heavy burr": BurrXII(1.0, 1.0),
    "log-normal": LogNormal(torch.tensor(0.0).double(), torch.tensor(2.0).double()),
}
DATA = [(1.0, 1), (0.03, 3), (50.0, 50), (1e-3, 40), (4e4, 60), (2000.0, 2000)]


def moments(distribution, quadratic, count):
    """`log Z`, `E[1/s]` and `E[s]` by adaptive integration over `log s` around the peak."""

    def log_integrand(t):
        t = torch.as_tensor(t, dtype=torch.float64)
        return distribution.log_prob(t.exp()) + t - 0.5 * count * t - 0.5 * quadratic * (-t).exp()

    grid = torch.linspace(-40.0, 40.0, 160_001).double()
    values = log_integrand(grid)
    peak = float(grid[values.argmax()])
    top = float(values.max())
    kept = grid[values > top - 60.0]
    low, high = float(kept.min()), float(kept.max())

    def integral(power):
        integrand = lambda t: float((log_integrand(t) - top).exp()) * np.exp(power * t)  # noqa: E731
        return quad(integrand, low, high, points=[peak], limit=500, epsabs=0, epsrel=1e-11)[0]

    total = integral(0)
    return np.log(total) + top, integral(-1) / total, integral(1) / total


@pytest.mark.parametrize("name", PRIORS)
@pytest.mark.parametrize(("quadratic", "count"), DATA)
def test_quadrature_is_the_integral(name, quadratic, count):
    prior = Quadrature(PRIORS[name])
    value, precision, scale = moments(PRIORS[name], quadratic, count)
    given, given_precision, _ = prior.log_evidence(quadratic, count)
    assert given == pytest.approx(value, abs=1e-7)
    assert given_precision == pytest.approx(precision, rel=1e-7)
    assert float(prior.expected_scale(torch.tensor(quadratic).double(), count)) == pytest.approx(
        scale, rel=1e-5
    )


@pytest.mark.parametrize(("quadratic", "count"), DATA)
def test_the_closed_form_is_the_quadrature(quadratic, count):
    closed, numeric = InverseGamma(2.5, 1.5), Quadrature(PRIORS["inverse gamma"])
    assert closed.log_evidence(quadratic, count) == pytest.approx(
        numeric.log_evidence(quadratic, count), rel=1e-8
    )
    law, squared_scale = closed.law(quadratic, count)
    mixture, _ = numeric.law(quadratic, count)
    z, root = np.linspace(-20.0, 5.0, 11), squared_scale**0.5
    expected, _ = law.log_h(z)
    given, _ = mixture.log_h(z * root)
    seen = expected > -30.0  # the quadrature ends 36 nats below its mode
    assert seen.sum() >= 5
    np.testing.assert_allclose((given - np.log(root))[seen], expected[seen], atol=2e-3)
    assert mixture.deviation == pytest.approx(law.deviation * root, rel=1e-5)
    assert numeric.typical == pytest.approx(closed.typical, rel=1e-6)


def test_minus_twice_the_slope_by_the_quadratic_form_is_the_expected_precision():
    for prior in (InverseGamma(2.0, 2.0), Quadrature(BurrXII(2.0, 1.0))):
        step = 1e-5
        above, below = (prior.log_evidence(3.0 + sign * step, 7)[0] for sign in (1, -1))
        evidence = prior.log_evidence(3.0, 7)
        assert -(above - below) / step == pytest.approx(evidence.precision, rel=1e-6)
        above, below = (prior.log_evidence(3.0 + sign * step, 7).precision for sign in (1, -1))
        assert -(above - below) / step == pytest.approx(evidence.spread, rel=1e-5)


def test_batches_are_integrated_one_by_one_and_differentiable():
    prior = Quadrature(BurrXII(2.0, 1.0))
    quadratic = torch.tensor([[0.1, 5.0], [40.0, 900.0]], dtype=torch.float64, requires_grad=True)
    scale = prior.expected_scale(quadratic, 20)
    alone = torch.stack([prior.expected_scale(q, 20) for q in quadratic.reshape(-1)]).reshape(2, 2)
    torch.testing.assert_close(scale, alone, rtol=1e-9, atol=0)
    (slope,) = torch.autograd.grad(scale.sum(), quadratic)
    with torch.no_grad():
        above, below = (prior.expected_scale(quadratic * (1 + sign * 1e-5), 20) for sign in (1, -1))
    torch.testing.assert_close(slope, (above - below) / (2e-5 * quadratic.detach()), rtol=1e-4, atol=0)


def test_no_residual_at_all_is_no_error():
    for prior in (InverseGamma(2.0, 2.0), Quadrature(BurrXII(1.0, 1.0)), Quadrature(PRIORS["gamma"])):
        assert np.isfinite(prior.log_evidence(0.0, 30)).all()
        assert torch.isfinite(prior.expected_scale(torch.zeros(()).double(), 30))


def test_learned_parameters_have_the_gradient_of_the_evidence_and_of_their_prior():
    prior = InverseGamma(2.0, 3.0, learned=True).at(np.array([0.4, -0.2]))
    assert (prior.alpha, prior.beta) == pytest.approx((np.exp(0.4), np.exp(0.2)))
    for value, gradient in (
        (lambda p: p.log_evidence(9.0, 11)[0], prior.evidence_gradient(9.0, 11)),
        (lambda p: p.log_prior()[0], prior.log_prior()[1]),
    ):
        for index, shift in enumerate(1e-6 * np.eye(2)):
            slope = (value(prior.at(prior.theta + shift)) - value(prior.at(prior.theta - shift))) / 2e-6
            assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-7)
    assert (prior.bounds()[0] < prior.theta).all()


def test_burr_is_that_of_scipy():
    burr, theirs = BurrXII(2.0, 3.0), burr12(2.0, 3.0)
    s = torch.tensor([1e-3, 0.3, 1.0, 7.0], dtype=torch.float64)
    np.testing.assert_allclose(burr.log_prob(s), theirs.logpdf(s.numpy()), rtol=1e-10)
    np.testing.assert_allclose(burr.cdf(s), theirs.cdf(s.numpy()), rtol=1e-10)
    np.testing.assert_allclose(burr.icdf(burr.cdf(s)), s, rtol=1e-9)
    assert float(burr.mean) == pytest.approx(theirs.mean(), rel=1e-9)
    assert torch.isinf(BurrXII(1.0, 1.0).mean)
    state = torch.get_rng_state()
    try:
        torch.manual_seed(0)
        assert kstest(burr.sample((4000,)).numpy(), theirs.cdf).statistic < 0.03
    finally:
        torch.set_rng_state(state)


def test_what_is_no_prior_is_refused():
    for arguments in ((0.0, 1.0), (1.0, -1.0), (float("nan"), 1.0), (1.0, float("inf"))):
        with pytest.raises(InvalidInputError, match="must be a positive number"):
            InverseGamma(*arguments)
    batch = Gamma(torch.ones(2), torch.ones(2))
    negative = TransformedDistribution(
        LogNormal(0.0, 1.0), [torch.distributions.transforms.AffineTransform(0.0, -1.0)]
    )
    for prior in ("burr", batch, negative):
        with pytest.raises(InvalidInputError, match="scale_prior"):
            Quadrature(prior)
    with pytest.raises(InvalidInputError, match="num_nodes"):
        Quadrature(Normal(1.0, 1.0), num_nodes=3)
