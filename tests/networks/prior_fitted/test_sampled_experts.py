"""Experts with sampled hyperparameters: gradients, curvature, and the posterior they stand for."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor

from augury.networks.prior_fitted.hyperparameter_modes import Hyperposterior
from augury.networks.prior_fitted.kernel_experts import KernelExperts
from augury.networks.prior_fitted.sampled_experts import SampledExperts


def data(n: int = 12, d: int = 3, batch: int = 2) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    X = torch.rand(batch, n, d, dtype=torch.float64, generator=generator)
    y = torch.sin(5.0 * X[..., 0]) + 0.1 * torch.randn(batch, n, dtype=torch.float64, generator=generator)
    return X, (y - y.mean(-1, keepdim=True)) / y.std(-1, keepdim=True)


def hyperparameters(d: int = 3, count: int = 2, batch: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    theta = 0.5 * torch.randn(batch, 2, count, d + 1, dtype=torch.float64, generator=generator)
    theta[..., -1] -= 2.0
    return theta


def test_slopes_are_those_of_finite_differences():
    posterior, theta = Hyperposterior(*data()), hyperparameters()
    found = posterior._slope(theta, posterior.factored(theta))
    for j, step in enumerate(1e-5 * torch.eye(4, dtype=torch.float64)):
        above, below = (posterior.factored(theta + s * step).log_density for s in (1, -1))
        torch.testing.assert_close(found[..., j], (above - below) / 2e-5, rtol=1e-6, atol=1e-7)


def test_the_precision_is_the_expected_curvature():
    """The information that a score has is its variance over outcomes drawn from the process itself."""
    X, _ = data(n=40, d=1, batch=1)
    theta = torch.tensor([log(12.0), log(0.3)], dtype=torch.float64).expand(1, 2, 1, 2)
    generator = torch.Generator().manual_seed(2)
    factor = Hyperposterior(X, torch.zeros(1, 40, dtype=torch.float64)).factored(theta).factor[0, :, 0]
    slopes = []
    for _ in range(400):
        white = torch.randn(40, 1, dtype=torch.float64, generator=generator)
        pair = []
        for kernel in range(2):
            posterior = Hyperposterior(X, (factor[kernel] @ white).mT)
            pair.append(posterior._slope(theta, posterior.factored(theta))[0, kernel, 0])
        slopes.append(torch.stack(pair))
    spread = torch.stack(slopes).var(dim=0)
    flat = Hyperposterior(X[:, :0], torch.zeros(1, 0, dtype=torch.float64)).precision(theta)
    information = (Hyperposterior(X, X[..., 0]).precision(theta) - flat)[0, :, 0].diagonal(dim1=-2, dim2=-1)
    torch.testing.assert_close(information, spread, rtol=0.25, atol=0.0)


def test_climbing_ends_higher_and_within_a_deviation_of_the_mode():
    X, y = data()
    bank, posterior = KernelExperts(), Hyperposterior(X, y)
    state = bank.condition(X, y)
    start = bank._likeliest(state.bank, state.scale).unsqueeze(2)
    mode = posterior.climb(start)
    before, after = (posterior.factored(theta).log_density for theta in (start, mode))
    assert bool((after > before + 0.5).all())
    slope = posterior._slope(mode, posterior.factored(mode)).unsqueeze(-1)
    away = torch.linalg.solve(posterior.precision(mode), slope)  # Newton's step
    assert float((slope * away).sum((-2, -1)).sqrt().max()) < 0.7


def test_the_mixture_is_the_posterior_over_hyperparameters():
    """In one dimension: moments against sums over a fine grid of hyperparameters."""
    X, y = data(n=9, d=1, batch=1)
    new = torch.linspace(0.0, 1.3, 7, dtype=torch.float64).reshape(1, 7, 1)
    start = torch.tensor([log(2.0), log(1e-2)], dtype=torch.float64).expand(1, 2, 2)
    mean, variance = SampledExperts.draw(X, y, start).predict(new).moments()
    rates = torch.linspace(-2.0, 4.0, 60, dtype=torch.float64)
    noises = torch.linspace(-15.0, 1.0, 40, dtype=torch.float64)
    theta = torch.cartesian_prod(rates, noises).expand(1, 2, -1, -1)
    weights = Hyperposterior(X, y).factored(theta).log_density.flatten(1).softmax(-1)
    whole = _mixture(X, y, theta, weights, new)
    torch.testing.assert_close(mean, whole[0], atol=0.12, rtol=0.0)
    torch.testing.assert_close(variance.sqrt(), whole[1].sqrt(), atol=0.03, rtol=0.25)


def _mixture(X: Tensor, y: Tensor, theta: Tensor, weights: Tensor, new: Tensor) -> tuple[Tensor, Tensor]:
    """Moments of processes written out anew, one by one."""
    means, variances = [], []
    for kind in range(2):
        for rate, noise in theta[0, kind].exp():
            z, w = X[0] * rate, new[0] * rate

            def kernel(a: Tensor, b: Tensor, kind: int = kind) -> Tensor:
                r = (a - b.mT).abs()
                rough = (1.0 + 5.0**0.5 * r + 5.0 / 3.0 * r**2) * (-(5.0**0.5) * r).exp()
                return 1.0 + (rough if kind == 0 else (-0.5 * r**2).exp())

            solved = torch.linalg.solve(kernel(z, z) + noise * torch.eye(9), kernel(z, w))
            square = y[0] @ torch.linalg.solve(kernel(z, z) + noise * torch.eye(9), y[0]) + 2.0
            means.append(y[0] @ solved)
            scale = square / 11.0 * (1.0 + 2.0 / 10.0)
            variances.append(scale * (2.0 + noise - (kernel(z, w) * solved).sum(0)))
    mean, variance = torch.stack(means), torch.stack(variances)
    share = weights[0].unsqueeze(-1)
    average = (share * mean).sum(0)
    return average[None], (share * (variance + (mean - average).square())).sum(0)[None]


def test_left_out_rows_are_predicted_as_if_they_were_not_there():
    """With the hyperparameters and the weights of all rows, as the formula has it."""
    X, y = data(n=8, d=2, batch=1)
    theta = hyperparameters(d=2, count=1, batch=1)
    experts = SampledExperts.draw(X, y, theta.squeeze(2))
    found = experts.left_out(y)
    ordered = X.gather(-1, experts.order.expand(-1, 8, -1))
    for row in (0, 5):
        rest = torch.arange(8) != row
        for kind in range(2):
            part = experts.theta[:, :, :1]
            less = Hyperposterior(ordered[:, rest], y[:, rest]).factored(part)
            whole = Hyperposterior(ordered[:, [row]], y[:, [row]]).factored(part)
            r = (less.z[0, kind, 0] - whole.z[0, kind, 0]).square().sum(-1).sqrt()
            rough = (1.0 + 5.0**0.5 * r + 5.0 / 3.0 * r**2) * (-(5.0**0.5) * r).exp()
            cross = 1.0 + (rough if kind == 0 else (-0.5 * r**2).exp())
            expected = (cross * less.alpha[0, kind, 0]).sum()
            torch.testing.assert_close(found.mean[0, row, 8 * kind], expected)
