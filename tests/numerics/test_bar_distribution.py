"""The bar distribution against quadrature, SciPy and its own inverse."""

from __future__ import annotations

import itertools

import mpmath
import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import halfnorm, norm

from augury.errors import InvalidInputError
from augury.numerics import half_normal
from augury.numerics.bar_distribution import BarDistribution
from augury.numerics.buckets import fit_borders, mixture_bucket_masses, normal_bucket_masses


def number(*values: float) -> torch.Tensor:
    return torch.tensor(values[0] if len(values) == 1 else values, dtype=torch.float64)


BORDERS = torch.tensor([-3.0, -1.5, -0.7, 0.1, 0.4, 1.3, 2.9], dtype=torch.float64)


@pytest.fixture(scope="module")
def bars() -> BarDistribution:
    logits = torch.tensor([0.3, -1.0, 0.5, 1.2, -0.4, 0.1], dtype=torch.float64)
    loc, scale = torch.tensor(0.7, dtype=torch.float64), torch.tensor(1.8, dtype=torch.float64)
    return BarDistribution(BORDERS, logits, loc, scale)


def integral(bars: BarDistribution, function, low: float = -40.0, high: float = 40.0) -> float:
    edges = [low, *(0.7 + 1.8 * BORDERS[1:-1]).tolist(), high]
    total = 0.0
    for a, b in itertools.pairwise(edges):
        a, b = max(a, low), min(b, high)
        if a < b:
            total += quad(lambda y: function(y) * float(bars.log_prob(number(y)).exp()), a, b)[0]
    return total


def test_density_integrates_to_one(bars):
    assert integral(bars, lambda y: 1.0) == pytest.approx(1.0, abs=1e-8)


def test_moments_are_those_of_the_density(bars):
    mean = integral(bars, lambda y: y)
    assert float(bars.mean) == pytest.approx(mean, abs=1e-7)
    assert float(bars.variance) == pytest.approx(integral(bars, lambda y: (y - mean) ** 2), rel=1e-7)


def test_half_of_a_tail_lies_in_its_bucket(bars):
    p = bars.probabilities
    inner = 0.7 + 1.8 * float(BORDERS[0])
    assert float(bars.cdf(number(inner))) == pytest.approx(0.5 * float(p[0]), rel=1e-12)


@pytest.mark.parametrize("y", [-12.0, -4.0, -0.5, 0.9, 2.0, 3.04, 8.0])
def test_cdf_is_the_integral_of_the_density(bars, y):
    assert float(bars.cdf(number(y))) == pytest.approx(integral(bars, lambda t: 1.0, high=y), abs=1e-8)


def test_quantiles_invert_the_cdf(bars):
    u = torch.tensor([1e-14, 1e-6, 0.02, 0.3, 0.5, 0.77, 0.95, 1.0 - 1e-6], dtype=torch.float64)
    torch.testing.assert_close(bars.cdf(bars.icdf(u)), u, rtol=1e-9, atol=1e-15)
    with pytest.raises(InvalidInputError, match="between 0 and 1"):
        bars.icdf(torch.tensor(1.0))


def test_quantiles_of_a_batch_are_those_of_its_members():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 3, 6, dtype=torch.float64, generator=generator)
    loc = torch.randn(4, 3, dtype=torch.float64, generator=generator)
    u = torch.rand(5, 4, 3, dtype=torch.float64, generator=generator)
    scale = loc.exp()
    together = BarDistribution(BORDERS, logits, loc, scale).icdf(u)
    assert together.shape == (5, 4, 3)
    for i in range(4):
        for j in range(3):
            alone = BarDistribution(BORDERS, logits[i, j], loc[i, j], scale[i, j]).icdf(u[:, i, j])
            torch.testing.assert_close(together[:, i, j], alone)


def test_quantiles_have_the_gradient_of_finite_differences(bars):
    logits = bars.logits.clone().requires_grad_(True)
    u = torch.tensor([0.01, 0.4, 0.8, 0.99], dtype=torch.float64)

    def quantiles(values: torch.Tensor) -> torch.Tensor:
        return BarDistribution(BORDERS, values, bars.loc, bars.scale).icdf(u)

    assert torch.autograd.gradcheck(quantiles, (logits,))


def test_samples_have_the_mean_and_the_variance(bars):
    draws = bars.sample(torch.Size([40_000]), torch.Generator().manual_seed(0))
    assert float(draws.mean()) == pytest.approx(float(bars.mean), abs=4 * float(bars.variance) ** 0.5 / 200)
    assert float(draws.var()) == pytest.approx(float(bars.variance), rel=0.05)


@pytest.mark.parametrize("maximize", [True, False])
@pytest.mark.parametrize("best", [-9.0, -2.5, -0.6, 0.8, 1.2, 2.4, 3.5, 7.0])
def test_expected_improvement_is_the_integral(bars, best, maximize):
    sign = 1.0 if maximize else -1.0
    expected = integral(bars, lambda y: max(sign * (y - best), 0.0), low=-60.0, high=60.0)
    assert float(bars.expected_improvement(best, maximize)) == pytest.approx(expected, abs=1e-7, rel=1e-6)


def test_improvement_within_a_bucket_has_the_share_of_mass_above():
    logits = torch.full((6,), -60.0, dtype=torch.float64)
    logits[3] = 0.0  # all mass uniform in (0.1, 0.4)
    bars = BarDistribution.standard(BORDERS, logits)
    assert float(bars.expected_improvement(number(0.3))) == pytest.approx(0.1**2 / (2 * 0.3), rel=1e-12)


def test_log_improvement_is_right_where_improvement_underflows(bars):
    """E(y - f)+ far above all buckets is that of the last half-normal, here in arbitrary precision."""
    mpmath.mp.dps = 40
    scale = mpmath.mpf("1.6") / mpmath.erfinv(mpmath.mpf("0.5")) / mpmath.sqrt(2)
    for f in (20.0, 60.0, 200.0):
        u = mpmath.mpf(f - 1.3) / scale
        excess = 2 * (mpmath.npdf(u) - u * mpmath.erfc(u / mpmath.sqrt(2)) / 2)
        expected = mpmath.log(excess * scale * mpmath.mpf(float(bars.probabilities[-1])))
        standard = BarDistribution.standard(BORDERS, bars.logits)
        assert float(standard.log_expected_improvement(f)) == pytest.approx(float(expected), rel=1e-9)


def test_log_improvement_has_a_gradient_everywhere(bars):
    loc = torch.linspace(-200.0, 10.0, 50, dtype=torch.float64).requires_grad_(True)
    value = BarDistribution(BORDERS, bars.logits, loc, bars.scale).log_expected_improvement(0.37)
    (gradient,) = torch.autograd.grad(value.sum(), loc)
    assert bool(value.isfinite().all())
    assert bool((gradient > 0).all())
    step = 1e-6
    with torch.no_grad():
        above, below = (
            BarDistribution(BORDERS, bars.logits, loc + s * step, bars.scale).log_expected_improvement(0.37)
            for s in (1, -1)
        )
    torch.testing.assert_close(gradient, (above - below) / (2 * step), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("t", [1e-8, 1e-3, 0.29, 0.31, 1.0, 6.0])
def test_shortfall_of_a_half_normal(t):
    mpmath.mp.dps = 40
    x = mpmath.mpf(t)
    expected = mpmath.log(2 * (x * mpmath.ncdf(x) + mpmath.npdf(x)) - x - 2 * mpmath.npdf(0))
    found = half_normal.log_expected_shortfall(torch.tensor(t, dtype=torch.float64))
    assert float(found) == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("z", [-1e6, -200.0, -25.1, -24.9, -3.0, 0.0, 2.0, 24.9, 25.1, 1e3])
def test_log_h(z):
    mpmath.mp.dps = 60
    x = mpmath.mpf(z)
    if z < -300.0:
        expected = -x * x / 2 - 2 * mpmath.log(-x) - mpmath.log(2 * mpmath.pi) / 2
    else:
        expected = mpmath.log(mpmath.npdf(x) + x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2)
    found = half_normal.log_h(torch.tensor(z, dtype=torch.float64))
    assert float(found) == pytest.approx(float(expected), rel=1e-11, abs=1e-11)


def test_half_normal_quantiles_keep_both_tails():
    p = np.array([1e-12, 0.3, 0.5, 0.9, 1.0 - 1e-12])
    found = half_normal.icdf(torch.from_numpy(p), torch.from_numpy(1.0 - p))
    np.testing.assert_allclose(found.numpy(), halfnorm.ppf(p), rtol=1e-4)


def test_masses_of_a_normal():
    mean, deviation = number(0.2, -9.0, 0.3), number(0.5, 0.3, 1e-4)
    masses = normal_bucket_masses(BORDERS, mean, deviation)
    torch.testing.assert_close(masses.sum(-1), torch.ones(3).double())
    edges = np.concatenate([[-np.inf], BORDERS[1:-1].numpy(), [np.inf]])
    np.testing.assert_allclose(masses[0].numpy(), np.diff(norm.cdf(edges, 0.2, 0.5)), rtol=1e-10)
    far = normal_bucket_masses(BORDERS, number(-9.0), number(0.9))
    expected = norm.sf(1.3, -9.0, 0.9)  # 1e-30, which a difference of cdf near 1 would lose
    assert float(far[-1]) == pytest.approx(expected, rel=1e-10)


def test_masses_of_a_mixture_are_the_mixed_masses():
    mean, deviation = number(0.2, -9.0, 0.3, 40.0), number(0.5, 0.3, 1e-4, 2.0)
    weights = number(0.1, 0.3, 0.599, 0.001)
    mixed = weights @ normal_bucket_masses(BORDERS, mean, deviation)
    found = mixture_bucket_masses(BORDERS, mean, deviation, weights)
    torch.testing.assert_close(found, mixed, atol=3e-16, rtol=0.0)
    assert float(found.min()) >= 0.0
    several = mixture_bucket_masses(BORDERS, mean.expand(2, 3, 4), deviation.expand(2, 3, 4), weights)
    torch.testing.assert_close(several, mixed.expand(2, 3, -1), atol=3e-16, rtol=0.0)


def test_borders_hold_equal_shares_and_tails_do_not_stretch():
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(20_000, dtype=torch.float64, generator=generator)
    values[:3] = torch.tensor([1e9, -1e9, 1e12], dtype=torch.float64)
    borders = fit_borders(values, 20)
    counts = torch.histc(torch.searchsorted(borders[1:-1], values).double(), bins=20, min=0, max=19)
    shares = counts / (20_000 / 12)  # of the twelve equal bars in the middle, less the tails' own
    torch.testing.assert_close(shares[5:15].double(), torch.ones(10).double(), atol=0.01, rtol=0.0)
    expected = torch.tensor([0.01, 0.04, 0.10, 0.25, 0.60]).double()
    torch.testing.assert_close(shares[:5].double(), expected, atol=0.01, rtol=0.0)
    assert abs(float(borders[0])) < 5.0
    assert len(fit_borders(values, 10)) == 11


def test_equal_values_are_merged_and_too_few_refused():
    repeated = torch.arange(8.0).repeat(50)
    borders = fit_borders(repeated, 40)
    assert bool((borders.diff() > 0).all())
    for bad in (torch.ones(1000), torch.arange(10.0), torch.full((1000,), torch.nan)):
        with pytest.raises(InvalidInputError):
            fit_borders(bad, 20)


def test_bad_borders_and_logits_are_refused():
    logits = torch.zeros(6, dtype=torch.float64)
    with pytest.raises(InvalidInputError, match="above the last"):
        BarDistribution.standard(BORDERS.flip(0), logits)
    with pytest.raises(InvalidInputError, match="6 buckets; given 5"):
        BarDistribution.standard(BORDERS, logits[:5])
