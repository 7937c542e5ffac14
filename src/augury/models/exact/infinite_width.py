"""The covariance of an infinitely wide network in closed form, with its gradients."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

import numpy as np
import torch
from torch import Tensor

from augury.kernels.fully_connected import Scales, scales
from augury.kernels.nngp import NNGPKernel
from augury.kernels.program import Variances
from augury.kernels.side import Side
from augury.kernels.tiles import TileRecursion
from augury.models.exact.covariance import Covariance
from augury.models.exact.input_layer import InputLayer
from augury.models.exact.priors import LogNormal

#: How far a learnt variance may go from its start, as a factor.
_REACH = 1e3
#: How much smaller, on a log scale, the variance of the weights is in the second start.
_SMALLER = 1.5


class InfiniteWidthCovariance(Covariance):
    """The NNGP kernel of a plain network (ReLU and its kin, or erf), by the tiled recursion.

    With `learn`, `theta = (log weight_var, log bias_var)`, one of each for all layers, under log-normal
    priors of scale 1 about the values given; else there is nothing to learn, the matrix of the training
    inputs is computed once, and every step of the fit of the noise takes a copy.

    Args:
        X: `n x d` encoded training inputs.
        kernel: with `scaled_duals()`; one variance of weights and one of biases when they are learnt.
        inputs: what the columns are to the network.
    """

    def __init__(self, X: np.ndarray, kernel: NNGPKernel, inputs: InputLayer) -> None:
        self._kernel = kernel
        self._inputs = inputs
        duals = kernel.scaled_duals()
        assert duals is not None
        self._duals = duals
        variances = kernel.layer_variances()
        self._variances = variances.weight.detach(), variances.bias.detach()
        self._learn = kernel.learn
        self._initial = np.array([log(float(v[0])) for v in self._variances] if kernel.learn else [])
        self._priors = [LogNormal(location, 1.0) for location in self._initial]
        self._X = torch.from_numpy(np.ascontiguousarray(X))
        self._encoded = inputs(self._X)
        self._fixed: np.ndarray | None = None
        self._buffers: tuple[np.ndarray, np.ndarray] | None = None
        self._training: tuple[Tensor, Scales, TileRecursion] | None = None
        self._last_cross: tuple[Tensor, Scales, TileRecursion] | None = None
        self.theta = self._initial

    def rebind(self, X: np.ndarray) -> InfiniteWidthCovariance:
        other = InfiniteWidthCovariance(X, self._kernel, self._inputs.covering(X))
        other.theta = self.theta
        return other

    def __getstate__(self) -> dict[str, Any]:
        """Without the graphs, which can be neither copied nor stored."""
        return {**self.__dict__, "_training": None, "_last_cross": None}

    # -- hyperparameters -------------------------------------------------------------------------------

    @property
    def theta(self) -> np.ndarray:
        return self._theta

    @theta.setter
    def theta(self, theta: np.ndarray) -> None:
        self._theta = np.array(theta, dtype=np.float64)
        self._side: Side | None = None

    def bounds(self) -> np.ndarray:
        return np.stack([self._initial - log(_REACH), self._initial + log(_REACH)])

    def starts(self) -> np.ndarray:
        """The values given; then smaller weights, for the smoother functions of a nearly linear network."""
        return np.stack([self._initial, self._initial - [_SMALLER, 0.0][: len(self._initial)]])

    def log_prior(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = 0.0, np.zeros_like(theta)
        for index, prior in enumerate(self._priors):
            density, slope = prior.log_density(theta[index : index + 1])
            value += density
            gradient[index] = slope[0]
        return value, gradient

    def _layer_variances(self, theta: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if not self._learn:
            return self._variances
        values = torch.from_numpy(self._theta).exp() if theta is None else theta.exp()
        layers = len(self._variances[0])
        return values[0].expand(layers), values[1].expand(layers)

    def _scales(self, encoded: Tensor) -> Scales:
        return scales(encoded, self._duals, *self._layer_variances())

    # -- the training covariance -----------------------------------------------------------------------

    def matrix(self, theta: np.ndarray) -> np.ndarray:
        self.theta = theta
        K, _ = self._buffers = self._buffers or self._allocate()
        if self._learn:
            free = torch.from_numpy(self.theta).requires_grad_(True)
            with torch.enable_grad():
                side = scales(self._encoded, self._duals, *self._layer_variances(free))
            self._training = free, side, self._evaluate(side, K.T, keep=True)
            return K
        if self._fixed is None:
            self._fixed = np.empty_like(K)
            self._evaluate(self._scales(self._encoded), self._fixed.T, keep=False)
        np.copyto(K, self._fixed)
        return K

    def _evaluate(self, side: Scales, out: np.ndarray, *, keep: bool) -> TileRecursion:
        recursion = TileRecursion(self._duals, side.numpy(), keep=keep, threads=torch.get_num_threads())
        recursion.evaluate(out)
        np.fill_diagonal(out, side.variance.detach().numpy())
        return recursion

    def _allocate(self) -> tuple[np.ndarray, np.ndarray]:
        n = len(self._X)
        return np.empty((n, n), order="F"), np.empty((n, n), order="F")

    def scratch(self) -> np.ndarray:
        assert self._buffers is not None
        return self._buffers[1]

    def release(self) -> None:
        self._buffers = self._training = None

    def pullback(self, weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        if not self._learn:
            return np.empty(0)
        assert self._training is not None
        free, side, recursion = self._training
        weights = np.tril(weights) + np.tril(weights, -1).T
        gradient, other = recursion.pullback(weights)
        gradient += other
        diagonal = weights.diagonal().copy()
        (slope,) = _through(side, gradient, free, diagonal)
        return slope.numpy()

    # -- covariance with new inputs --------------------------------------------------------------------

    def cross(self, X: np.ndarray, *, gradient: bool = False) -> np.ndarray:
        inputs = self._inputs.covering(X)
        if inputs is not self._inputs:
            self._inputs, self._side = inputs, None
            self._encoded = inputs(self._X)
        if self._side is None:
            self._side = self._scales(self._encoded).numpy()
        new = torch.from_numpy(np.array(X)).requires_grad_(gradient)
        with torch.set_grad_enabled(gradient):
            side = self._scales(inputs(new))
        recursion = TileRecursion(
            self._duals, side.numpy(), self._side, keep=gradient, threads=torch.get_num_threads()
        )
        covariance, _ = recursion.evaluate()
        if gradient:
            self._last_cross = new, side, recursion
        return covariance

    def cross_pullback(self, weights: np.ndarray) -> np.ndarray:
        assert self._last_cross is not None
        new, side, recursion = self._last_cross
        gradient, _ = recursion.pullback(weights, left_only=True)
        (slope,) = _through(side, gradient, new)
        return slope.numpy()

    def diagonal(self, X: np.ndarray) -> np.ndarray:
        inputs = self._inputs.covering(X)
        return self._scales(inputs(torch.from_numpy(np.array(X)))).variance.numpy()

    def diagonal_gradient(self, X: np.ndarray) -> np.ndarray:
        new = torch.from_numpy(np.array(X)).requires_grad_(True)
        with torch.enable_grad():
            variance = self._scales(self._inputs.covering(X)(new)).variance
        (slope,) = torch.autograd.grad(variance.sum(), new)
        return slope.numpy()

    def dense(self, X1: Tensor, X2: Tensor) -> Tensor:
        inputs = self._inputs.covering(X1.detach().numpy()).covering(X2.detach().numpy())
        left = inputs(X1)
        right = left if X2 is X1 else inputs(X2)
        return self._kernel.dense(left, right, Variances(*self._layer_variances()))


def _through(
    side: Scales, gradient: Side, inputs: Tensor, diagonal: np.ndarray | None = None
) -> Sequence[Tensor]:
    """The gradient through the graph of the scales."""
    outputs = [side.Z, side.gamma, side.beta]
    weights = [torch.from_numpy(part) for part in (gradient.Z, gradient.gamma, gradient.beta)]
    if diagonal is not None:
        outputs.append(side.variance)
        weights.append(torch.from_numpy(diagonal))
    return torch.autograd.grad(outputs, inputs, weights, retain_graph=True)
