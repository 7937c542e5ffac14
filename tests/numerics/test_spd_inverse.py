"""Inverses of positive definite matrices: accuracy, gradients, and what happens when Newton fails."""

from __future__ import annotations

import pytest
import torch
from linear_operator.utils.warnings import NumericalWarning

from augury.numerics.spd_inverse import cholesky_inverse, newton_inverse


def conditioned(condition, size=12, batch=(), seed=0, dtype=torch.float64):
    """Matrices with eigenvalues from 1 / condition to 1, geometrically spaced."""
    generator = torch.Generator().manual_seed(seed)
    basis, _ = torch.linalg.qr(torch.randn(*batch, size, size, generator=generator, dtype=torch.float64))
    values = torch.logspace(0.0, -torch.tensor(condition).double().log10().item(), size, dtype=torch.float64)
    return ((basis * values) @ basis.mT).to(dtype)


def error(inverse, A):
    """Relative, as published: `|A Y A - A| / |A|`."""
    return float((A @ inverse @ A - A).norm() / A.norm())


@pytest.mark.parametrize(("condition", "largest"), [(1.0, 1e-12), (10.0, 1e-12), (100.0, 1e-6)])
def test_twenty_steps_invert_what_is_well_conditioned(condition, largest):
    A = conditioned(condition, batch=(3,))
    assert error(newton_inverse(A), A) < largest
    assert error(cholesky_inverse(A), A) < 1e-12


def test_the_error_grows_with_the_condition_number_and_more_steps_repair_it():
    def residual(condition, steps):
        A = conditioned(condition)
        return float((torch.eye(len(A)) - A @ newton_inverse(A, steps)).norm() / len(A) ** 0.5)

    assert 1e-3 < residual(700.0, 20) < 0.1 < residual(3e4, 20) < 1.0
    assert residual(3e4, 40) < 1e-6


def test_each_step_squares_the_error_of_each_eigenvalue():
    # the iteration has the eigenvectors of A, and the residual 1 - a y of eigenvalue a squares at each step
    A = conditioned(50.0)
    eigenvalues, vectors = torch.linalg.eigh(A)
    start = 1.8 / A.abs().sum(-1).max() ** 2
    for steps in (1, 3, 6):
        residual = (1.0 - start * eigenvalues**2) ** (2**steps)
        expected = (vectors * ((1.0 - residual) / eigenvalues)) @ vectors.mT
        assert torch.allclose(newton_inverse(A, steps), expected, atol=1e-10)


@pytest.mark.parametrize("inverse", [newton_inverse, cholesky_inverse])
def test_gradients(inverse):
    def of_any_matrix(B):  # symmetric, whichever entry is moved
        return inverse(B @ B.mT + 2.0 * torch.eye(4, dtype=B.dtype))

    B = torch.randn(2, 4, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    B = (0.5 * B).requires_grad_()
    assert torch.autograd.gradcheck(of_any_matrix, B)
    assert torch.autograd.gradgradcheck(of_any_matrix, B)


def test_the_gradient_is_the_closed_form_even_where_the_iteration_has_not_converged():
    A = conditioned(3e4).requires_grad_()
    Y = newton_inverse(A, 5)
    G = torch.ones_like(A).tril()
    (gradient,) = torch.autograd.grad(Y, A, G)
    assert torch.allclose(gradient, -(Y.mT @ G @ Y.mT).detach())


def test_half_precision_is_computed_in_single():
    A = conditioned(10.0)
    inverse = newton_inverse(A.half())
    assert inverse.dtype == torch.half
    assert torch.allclose(inverse.double(), newton_inverse(A.half().double()), rtol=1e-3, atol=5e-3)


def test_cholesky_takes_over_where_rounding_makes_newton_diverge():
    A = conditioned(3e8, dtype=torch.float32)
    with pytest.warns(NumericalWarning, match="diverged"):
        inverse = newton_inverse(A, 80)
    assert torch.isfinite(inverse).all()
    assert torch.equal(inverse, cholesky_inverse(A))
