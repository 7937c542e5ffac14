"""The gradient of a stack of dense layers over one data set, many times over, without allocation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import DTypeLike

Array = np.ndarray[Any, np.dtype[Any]]


@final
class TanhStackGradient:
    """Outputs and parameter gradients of `C` tanh networks at the same `n` inputs, in buffers kept.

    Samplers evaluate it tens of thousands of times on small matrices, where NumPy's batched products and
    vectorised tanh cost half of torch's. Layers are stored `width x n`, so that every product is a plain
    BLAS call on views of the parameter vectors.

    Args:
        layers: `(out, in, has_bias)` of each layer; tanh stands between them.
        X: `n x d` inputs.
        C: number of networks.
        dtype: of the computation.
    """

    def __init__(
        self, layers: Sequence[tuple[int, int, bool]], X: Array, C: int, dtype: DTypeLike = np.float64
    ) -> None:
        n, P = len(X), sum(out * (fan_in + bias) for out, fan_in, bias in layers)
        self._X = np.ascontiguousarray(X.T, dtype=dtype)
        self._theta = np.empty((C, P), dtype)
        self._gradient = np.empty((C, P), dtype)
        self._weights = _views(self._theta, layers)
        self._gradients = _views(self._gradient, layers)
        widths = [out for out, _, _ in layers]
        self._h = [np.empty((C, width, n), dtype) for width in widths]
        self._delta = [np.empty((C, width, n), dtype) for width in widths[:-1]]
        self._spare = {width: np.empty((C, width, n), dtype) for width in set(widths[:-1])}

    def outputs(self, theta: Array) -> Array:
        """`C x o x n` outputs for `theta` (`C x P`), a buffer that the next call overwrites."""
        np.copyto(self._theta, theta, casting="same_kind")
        h, last = self._X, len(self._h) - 1
        for index, (weight, bias) in enumerate(self._weights):
            a = self._h[index]
            np.matmul(weight, h, out=a)
            if bias is not None:
                a += bias
            h = np.tanh(a, out=a) if index < last else a
        return h

    def pullback(self, gradient: Array) -> Array:
        """`C x P`, the gradient with respect to the parameters that `outputs` was last given.

        Args:
            gradient: `C x o x n`, with respect to the outputs.
        """
        delta = gradient
        for index in reversed(range(len(self._h))):
            weight, bias = self._gradients[index]
            before = self._h[index - 1] if index else self._X
            np.matmul(delta, before.swapaxes(-1, -2), out=weight)
            if bias is not None:
                np.sum(delta, axis=2, keepdims=True, out=bias)
            if index:
                h, below = self._h[index - 1], self._delta[index - 1]
                np.matmul(self._weights[index][0].swapaxes(-1, -2), delta, out=below)
                spare = self._spare[h.shape[1]]
                np.multiply(h, h, out=spare)
                spare *= below
                below -= spare
                delta = below
        return self._gradient


def _views(theta: Array, layers: Sequence[tuple[int, int, bool]]) -> list[tuple[Array, Array | None]]:
    parts: list[tuple[Array, Array | None]] = []
    start, C = 0, len(theta)
    for out, fan_in, has_bias in layers:
        weight = theta[:, start : start + out * fan_in].reshape(C, out, fan_in)
        start += out * fan_in
        bias = theta[:, start : start + out, None] if has_bias else None
        start += out if has_bias else 0
        assert weight.base is not None  # a view
        parts.append((weight, bias))
    return parts
