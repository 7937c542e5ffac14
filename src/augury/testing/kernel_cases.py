"""The checks of kernels: what a covariance function owes to every model that takes it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from gpytorch.kernels import Kernel
from torch import Tensor

from augury.models.gaussian_process import GaussianProcess
from augury.testing.model_cases import outcomes, points, require, require_close, require_sound

#: A Kernel class, or a callable without arguments, that returns a new kernel of two inputs.
KernelFactory = Callable[[], Kernel]

_TOLERANCE = 1e-8
_STEP = 1e-6


def is_symmetric(factory: KernelFactory) -> None:
    """The matrix of some points is its own transpose."""
    K = _matrix(factory().double(), points(9))
    require_close(K, K.T, _TOLERANCE * _scale(K), "k(x, z) is not k(z, x)")


def is_positive_semidefinite(factory: KernelFactory) -> None:
    """No eigenvalue is negative, with points that are near one another and repeated."""
    X = points(20)
    K = _matrix(factory().double(), torch.cat([X, X[:5] + 1e-3, X[:5]]))
    require(bool(torch.isfinite(K).all()), "an entry is not finite")
    least = float(torch.linalg.eigvalsh(K).min())
    require(least >= -_TOLERANCE * _scale(K), f"the matrix of 30 points has the eigenvalue {least:.3g}")


def diagonal_is_that_of_the_matrix(factory: KernelFactory) -> None:
    """`diag=True` gives the diagonal alone, also of two different sets of points."""
    kernel, X, Z = factory().double(), points(6), points(6, seed=1)
    for second in (X, Z):
        K = _matrix(kernel, X, second)
        diagonal = kernel(X, second, diag=True).detach()
        require_close(diagonal, K.diagonal(), _TOLERANCE * _scale(K), "diag=True is not the diagonal")


def entries_depend_on_their_two_points(factory: KernelFactory) -> None:
    """A block of a matrix is the matrix of its points: an entry does not depend on the others."""
    kernel, X = factory().double(), points(8)
    K = _matrix(kernel, X)
    require_close(_matrix(kernel, X[:3], X[3:]), K[:3, 3:], _TOLERANCE * _scale(K), "a block differs")


def serves_batches(factory: KernelFactory) -> None:
    """Points of `batch x n x d` have a matrix for each batch, as if asked for alone."""
    kernel, X, Z = factory().double(), points(12).reshape(3, 4, 2), points(15, seed=1).reshape(3, 5, 2)
    K = kernel(X, Z).to_dense().detach()
    require(tuple(K.shape) == (3, 4, 5), f"3 batches of 4 and 5 points have shape {tuple(K.shape)}")
    for one, x, z in zip(K, X, Z, strict=True):
        require_close(one, _matrix(kernel, x, z), _TOLERANCE * _scale(K), "a batch differs from itself alone")
    diagonal = kernel(X, X, diag=True)
    require(tuple(diagonal.shape) == (3, 4), f"the diagonals of 3 batches have shape {tuple(diagonal.shape)}")


def computes_in_double_precision(factory: KernelFactory) -> None:
    """After `.double()`, double precision in and out."""
    K = factory().double()(points(3)).to_dense()
    require(K.dtype == torch.float64, f"a kernel in double precision returns {K.dtype}")


def leaves_its_arguments_alone(factory: KernelFactory) -> None:
    """Points are not changed in place."""
    X = points(5)
    _matrix(factory().double(), X)
    require(torch.equal(X, points(5)), "the points were changed in place")


def is_differentiable_in_its_inputs(factory: KernelFactory) -> None:
    """Gradients of the inputs are those of finite differences, and finite where points coincide."""
    kernel, X, Z = factory().double(), points(4), points(3, seed=1)
    require_close(
        _input_gradient(kernel, X, Z), _differences(kernel, X, Z), 1e-4, "a gradient is not the derivative"
    )
    together = _input_gradient(kernel, X, X)
    require(bool(torch.isfinite(together).all()), "a gradient is not finite where two points coincide")


def is_differentiable_in_its_hyperparameters(factory: KernelFactory) -> None:
    """Gradients of all hyperparameters are those of finite differences."""
    kernel, X = factory().double(), points(5)
    for name, parameter in kernel.named_parameters():
        if not parameter.requires_grad:
            continue
        given = _gradient(_total(kernel, X, X), parameter)
        with torch.no_grad():
            parameter += _STEP
            above = _total(kernel, X, X)
            parameter -= 2.0 * _STEP
            below = _total(kernel, X, X)
            parameter += _STEP
        expected = (above - below) / (2.0 * _STEP)
        tolerance = 1e-4 * (1.0 + float(expected.abs()))
        require_close(given.sum(), expected, tolerance, f"the gradient of {name} is not the derivative")


def serves_a_gaussian_process(factory: KernelFactory) -> None:
    """A `GaussianProcess` with it learns a smooth function better than its mean."""
    X = points(15)
    model = GaussianProcess(X, outcomes(X), covar_module=factory()).fit()
    mean, _ = require_sound(model, points(5, seed=1), "a Gaussian process with the kernel")
    error = float((mean.reshape(-1) - outcomes(points(5, seed=1)).reshape(-1)).square().mean().sqrt())
    spread = float(outcomes(points(200, seed=2)).std())
    require(error < spread, f"its error is {error:.3g}, that of guessing the mean {spread:.3g}")


def _matrix(kernel: Kernel, X: Tensor, Z: Tensor | None = None) -> Tensor:
    with torch.no_grad():
        return kernel(X, X if Z is None else Z).to_dense()


def _scale(K: Tensor) -> float:
    return 1.0 + float(K.abs().max())


def _total(kernel: Kernel, X: Tensor, Z: Tensor) -> Tensor:
    """A weighted sum of the entries, in which none cancels another."""
    weights = torch.linspace(0.5, 1.5, X.shape[-2] * Z.shape[-2], dtype=torch.float64)
    return (kernel(X, Z).to_dense().reshape(-1) * weights).sum()


def _input_gradient(kernel: Kernel, X: Tensor, Z: Tensor) -> Tensor:
    inputs = X.clone().requires_grad_(True)
    return _gradient(_total(kernel, inputs, Z), inputs)


def _gradient(total: Tensor, of: Tensor) -> Tensor:
    """Zeros where the total does not depend on `of`, as far as autograd knows."""
    if not total.requires_grad:
        return torch.zeros_like(of)
    (gradient,) = torch.autograd.grad(total, of, allow_unused=True)
    return torch.zeros_like(of) if gradient is None else gradient


def _differences(kernel: Kernel, X: Tensor, Z: Tensor) -> Tensor:
    result = torch.empty_like(X)
    with torch.no_grad():
        for index in range(X.numel()):
            step = torch.zeros(X.numel(), dtype=torch.float64)
            step[index] = _STEP
            step = step.reshape(X.shape)
            change = _total(kernel, X + step, Z) - _total(kernel, X - step, Z)
            result.view(-1)[index] = change / (2.0 * _STEP)
    return result
