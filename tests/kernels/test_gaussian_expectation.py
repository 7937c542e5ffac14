"""Quadrature over one Gaussian variable, against closed forms over eleven orders of magnitude of variance."""

from __future__ import annotations

from math import pi, sqrt

import pytest
import torch

from augury.kernels.gaussian_expectation import gaussian_expectation

VARIANCES = torch.tensor([1e-3, 0.3, 1.0, 14.3, 1e4, 1e8], dtype=torch.float64)

CLOSED_FORMS = {
    "relu squared": (lambda z: z.clamp_min(0.0).square(), lambda K: K / 2.0),
    "absolute value": (torch.abs, lambda K: (2.0 * K / pi).sqrt()),
    "sixth power": (lambda z: z**6, lambda K: 15.0 * K**3),
    "erf squared": (lambda z: torch.erf(z).square(), lambda K: 2.0 / pi * torch.arcsin(2 * K / (1 + 2 * K))),
    "step": (lambda z: (z > 0).double(), lambda K: torch.full_like(K, 0.5)),
}


@pytest.mark.parametrize("case", CLOSED_FORMS)
def test_it_agrees_with_the_closed_form(case):
    function, closed_form = CLOSED_FORMS[case]
    torch.testing.assert_close(
        gaussian_expectation(function, VARIANCES), closed_form(VARIANCES), rtol=1e-13, atol=0.0
    )


def test_oscillating_and_growing_functions_of_moderate_variance():
    K = VARIANCES[:3]
    torch.testing.assert_close(
        gaussian_expectation(lambda z: torch.sin(z).square(), K),
        -0.5 * torch.expm1(-2 * K),
        rtol=1e-13,
        atol=1e-15,
    )
    torch.testing.assert_close(gaussian_expectation(torch.exp, K), torch.exp(K / 2), rtol=1e-13, atol=0.0)


def test_a_kink_that_is_named_costs_no_accuracy():
    # E[clamp(z, -1, 1)^2] = P(|z| < 1) - 2 phi(1) + P(|z| > 1) at K = 1
    inside = torch.erf(torch.tensor(1 / sqrt(2), dtype=torch.float64))
    exact = inside - 2.0 * torch.exp(torch.tensor(-0.5, dtype=torch.float64)) / sqrt(2 * pi) + (1.0 - inside)

    def square(z):
        return z.clamp(-1.0, 1.0).square()

    assert abs(gaussian_expectation(square, 1.0, kinks=(-1.0, 1.0)) - exact) < 1e-14
    K = torch.tensor(0.37, dtype=torch.float64)
    unaware, aware = gaussian_expectation(square, K), gaussian_expectation(square, K, kinks=(-1.0, 1.0))
    assert abs(unaware - aware) > 1e-9  # the kinks are at 1.64 standard deviations, inside a panel


def test_the_limit_of_no_variance_is_the_value_at_zero():
    assert gaussian_expectation(torch.cos, 0.0) == pytest.approx(1.0, abs=1e-14)


def test_a_function_that_outgrows_the_gaussian_is_infinite_not_wrong():
    assert torch.isinf(gaussian_expectation(lambda z: torch.exp(2 * z), 69.0))


def test_it_is_differentiable_in_the_variance():
    K = torch.tensor([0.2, 3.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda k: gaussian_expectation(lambda z: torch.tanh(z).square(), k), K)
