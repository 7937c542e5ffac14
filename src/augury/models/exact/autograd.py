"""Any GPyTorch kernel as a covariance, its derivatives through one autograd graph (half-fused)."""

from __future__ import annotations

import copy
from math import log
from typing import Any

import numpy as np
import torch
from botorch.models.kernels.categorical import CategoricalKernel
from gpytorch.constraints import Interval
from gpytorch.kernels import Kernel
from gpytorch.priors import LogNormalPrior
from linear_operator import to_dense
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.priors import mismatch_prior

#: Raw parameters stay within this: exp and sigmoid saturate beyond, softplus underflows below.
_SATURATION = 20.0
#: How much lower the raw lengthscales of the second start are: 0.69 by default becomes 0.2.
_SHORTER = 1.5
#: How far a raw parameter may grow where its transform keeps growing in proportion.
_FAR = 1e4


def with_categories(kernel: Kernel, features: Features) -> Kernel:
    """A copy of a user's kernel that sees the numeric columns, times a mismatch kernel of the categories.

    A kernel that declares `categorical_features` sees all columns and is left alone. One with `active_dims`,
    its own or those of a part, has chosen its columns, counted among all.

    Raises:
        InvalidInputError: not a kernel, or a batch of kernels.
    """
    if not isinstance(kernel, Kernel):
        raise InvalidInputError(f"covar_module must be a gpytorch Kernel; given {type(kernel).__name__}")
    if len(kernel.batch_shape):
        raise InvalidInputError(
            f"covar_module must not be a batch of kernels; given batch_shape {tuple(kernel.batch_shape)} "
            "(every outcome has a copy of its own)"
        )
    kernel = copy.deepcopy(kernel)
    if not features.categorical or getattr(kernel, "categorical_features", None) is not None:
        return kernel
    count = len(features.categorical)
    prior = mismatch_prior(count)  # of the sum of mismatches; BoTorch's kernel takes their mean
    mismatch = CategoricalKernel(
        ard_num_dims=count,
        active_dims=features.categorical,
        lengthscale_prior=LogNormalPrior(prior.location - log(count), prior.scale),
    ).double()
    mismatch.lengthscale = prior.median / count
    if not features.numeric:
        return mismatch
    if all(part.active_dims is None for part in _parts(kernel)):
        kernel.active_dims = torch.tensor(features.numeric)
    return kernel * mismatch


def _parts(kernel: Kernel) -> list[Kernel]:
    return [module for module in kernel.modules() if isinstance(module, Kernel)]


def _is_stationary(kernel: Kernel) -> bool:
    """GPyTorch says so of any kernel with a lengthscale; only the libraries' own are taken at their word."""
    libraries = ("gpytorch.", "botorch.")
    return bool(kernel.is_stationary) and all(
        type(part).__module__.startswith(libraries) for part in _parts(kernel)
    )


class AutogradCovariance(Covariance):
    """A user's GPyTorch kernel in the exact Gaussian process.

    The algebra stays dense LAPACK; only `dK/dtheta` goes through the kernel, as one vector-Jacobian product
    with the closed-form `dL/dK`. `theta` holds the kernel's raw parameters, flattened.

    Args:
        X: `n x d` encoded training inputs.
        kernel: called on the inputs as they are; its priors and constraints are kept.
    """

    def __init__(self, X: np.ndarray, kernel: Kernel) -> None:
        self.kernel = kernel.double()
        self._inputs = torch.from_numpy(np.ascontiguousarray(X))
        self._stationary = _is_stationary(kernel)
        self._graph: Tensor | None = None
        self._last_cross: tuple[Tensor, Tensor] | None = None
        self._initial = self.theta

    def rebind(self, X: np.ndarray) -> AutogradCovariance:
        other = AutogradCovariance(X, copy.deepcopy(self.kernel))
        other._initial = self._initial
        return other

    def __getstate__(self) -> dict[str, Any]:
        """Without the graphs, which can be neither copied nor stored."""
        return {**self.__dict__, "_graph": None, "_last_cross": None}

    @property
    def _parameters(self) -> list[Tensor]:
        return [parameter for parameter in self.kernel.parameters() if parameter.requires_grad]

    @property
    def theta(self) -> np.ndarray:
        flat = [parameter.detach().reshape(-1) for parameter in self._parameters]
        return torch.cat(flat).numpy().copy() if flat else np.empty(0)

    @theta.setter
    def theta(self, theta: np.ndarray) -> None:
        values = torch.from_numpy(np.array(theta, dtype=np.float64))
        with torch.no_grad():
            for parameter, part in zip(self._parameters, values.split(self._sizes()), strict=True):
                parameter.copy_(part.view_as(parameter))

    def _sizes(self) -> list[int]:
        return [parameter.numel() for parameter in self._parameters]

    def bounds(self) -> np.ndarray:
        lower, upper = [], []
        for name, parameter in self.kernel.named_parameters():
            if not parameter.requires_grad:
                continue
            low, high = _raw_bounds(self.kernel.constraint_for_parameter_name(name))
            lower += [low] * parameter.numel()
            upper += [high] * parameter.numel()
        return np.stack([np.minimum(lower, self._initial), np.maximum(upper, self._initial)])

    def starts(self) -> np.ndarray:
        """The user's own values; then shorter lengthscales, for the mode that long ones miss."""
        named = self.kernel.named_parameters()
        lengthscales = np.concatenate(
            [
                np.empty(0),
                *(np.full(p.numel(), "raw_lengthscale" in name) for name, p in named if p.requires_grad),
            ]
        )
        shorter = np.maximum(self._initial - _SHORTER * lengthscales, self.bounds()[0])
        return np.stack([self._initial, shorter])

    def log_prior(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        self.theta = theta
        with torch.enable_grad():
            terms = [
                prior.log_prob(closure(module)).sum()
                for _, module, prior, closure, _ in self.kernel.named_priors()
            ]
            if not terms:
                return 0.0, np.zeros_like(theta)
            total = torch.stack(terms).sum()
        return float(total.detach()), self._gradient(total, None)

    def _gradient(self, output: Tensor, weights: Tensor | None) -> np.ndarray:
        parameters = self._parameters
        if not parameters or not output.requires_grad:
            return np.zeros(sum(self._sizes()))
        gradients = torch.autograd.grad(output, parameters, weights, allow_unused=True)
        zipped = zip(gradients, parameters, strict=True)
        flat = [(torch.zeros_like(p) if g is None else g).reshape(-1) for g, p in zipped]
        return torch.cat(flat).numpy()

    def matrix(self, theta: np.ndarray) -> np.ndarray:
        self.theta = theta
        with torch.enable_grad():  # of the caller's mode neither `pullback` nor rounding may depend
            self._graph = self.dense(self._inputs, self._inputs)
        return np.array(self._graph.detach().numpy(), order="F")

    def scratch(self) -> np.ndarray:
        n = len(self._inputs)
        return np.empty((n, n), order="F")

    def release(self) -> None:
        self._graph = None

    def pullback(self, weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        assert self._graph is not None
        symmetric = np.tril(weights) + np.tril(weights, -1).T
        gradient = self._gradient(self._graph, torch.from_numpy(symmetric))
        self._graph = None
        return gradient

    def cross(self, X: np.ndarray, *, gradient: bool = False) -> np.ndarray:
        inputs = torch.from_numpy(np.ascontiguousarray(X))
        if not gradient:
            with torch.no_grad():
                return self.dense(inputs, self._inputs).numpy()
        inputs.requires_grad_(True)
        with torch.enable_grad():
            covariance = self.dense(inputs, self._inputs)
        self._last_cross = (inputs, covariance)
        return covariance.detach().numpy()

    def cross_pullback(self, weights: np.ndarray) -> np.ndarray:
        assert self._last_cross is not None
        inputs, covariance = self._last_cross
        expanded = torch.from_numpy(np.array(np.broadcast_to(weights, covariance.shape)))
        (gradient,) = torch.autograd.grad(covariance, inputs, expanded, retain_graph=True, allow_unused=True)
        return np.zeros(inputs.shape) if gradient is None else gradient.numpy()

    def diagonal(self, X: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return self.kernel(torch.from_numpy(np.ascontiguousarray(X)), diag=True).numpy()

    def diagonal_gradient(self, X: np.ndarray) -> np.ndarray | None:
        if self._stationary:
            return None
        inputs = torch.from_numpy(np.ascontiguousarray(X)).requires_grad_(True)
        with torch.enable_grad():
            variance = self.kernel(inputs, diag=True).sum()
        if not variance.requires_grad:  # constant after all
            return None
        (gradient,) = torch.autograd.grad(variance, inputs, allow_unused=True)
        return None if gradient is None else gradient.numpy()

    def dense(self, X1: Tensor, X2: Tensor) -> Tensor:
        kernel = self.kernel
        if type(kernel).__call__ is not Kernel.__call__:
            return kernel(X1, X2).to_dense()
        # `forward` on the kernel's columns is what `kernel(X1, X2)` comes to; its lazy evaluation, of which
        # nothing is used here, takes three times as long as the matrix.
        if kernel.active_dims is not None:
            X1, X2 = (X.index_select(-1, kernel.active_dims) for X in (X1, X2))
        matrix: Tensor = to_dense(kernel.forward(X1, X2))
        return matrix


def _raw_bounds(constraint: Interval | None) -> tuple[float, float]:
    """Where L-BFGS may take a raw parameter; an enforced constraint is kept by its own transform."""
    if constraint is None:
        return -_FAR, _FAR
    if not constraint.enforced:
        return max(float(constraint.lower_bound.max()), -_FAR), min(float(constraint.upper_bound.min()), _FAR)
    reach = constraint.transform(torch.tensor(_FAR, dtype=torch.float64))
    grows = bool(torch.isinf(constraint.upper_bound).all() and torch.isfinite(reach).all())
    return -_SATURATION, _FAR if grows else _SATURATION
