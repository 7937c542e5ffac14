"""The rectified features: the arc-cosine kernel between inputs and weights."""

from __future__ import annotations

from math import pi
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.kernels.arc_cosine import arc_cosine
from augury.kernels.random_features.base import RandomFeatures, biases, check_counts
from augury.kernels.random_features.directions import gaussian_directions


@final
class ReLUFeatures(RandomFeatures):
    r"""Features `relu(G x) / sqrt(m)` of inputs and of weights alike.

    .. math::
        \mathbb E\big[\operatorname{relu}(g^T \tilde x) \operatorname{relu}(g^T \tilde w)\big]
            = \tfrac12 |\tilde x| |\tilde w| \kappa_1(\cos \theta), \qquad
        \tilde x = (x, \beta), \quad \tilde w = (w, b / \beta)

    half the arc-cosine kernel of order 1. That is no estimate of `relu(w^T x + b)`, but a function of its own
    of the angle between input and weights; it grows with both, is positive, and its variance does not
    explode.

    Source: Sehanobish et al. (2024), section 3.2; Cho and Saul (2009).

    Args:
        num_features: number `m` of directions.
        input_dim: number `d` of inputs.
        bias_scale: `beta`, a constant coordinate beside the inputs, so that the function can have biases; 0
            for none.
        orthogonal: directions are orthogonal in blocks of the inputs' number.
        antithetic: directions come in pairs of opposite sign.
        seed: of the directions.

    Raises:
        InvalidInputError: a number that is not positive, or a negative scale.
    """

    projection: Tensor

    def __init__(
        self,
        num_features: int,
        input_dim: int,
        *,
        bias_scale: float = 1.0,
        orthogonal: bool = True,
        antithetic: bool = True,
        seed: int = 0,
    ) -> None:
        check_counts(num_features, input_dim)
        if not 0.0 <= bias_scale < float("inf"):
            raise InvalidInputError(f"bias_scale must be 0 or a positive number; given {bias_scale:g}")
        super().__init__(input_dim, num_features)
        self.bias_scale, self.antithetic = float(bias_scale), antithetic
        generator = torch.Generator().manual_seed(seed)
        directions = gaussian_directions(
            num_features,
            input_dim + (bias_scale > 0.0),
            generator,
            orthogonal=orthogonal,
            antithetic=antithetic,
        )
        self.register_buffer("projection", directions)

    def input_features(self, X: Tensor) -> Tensor:
        self._check(X, "inputs")
        return self._rectified(self._inputs(X))

    def weight_features(self, W: Tensor, b: Tensor | None = None) -> Tensor:
        self._check(W, "weights")
        return self._rectified(self._weights(W, b))

    def _inputs(self, X: Tensor) -> Tensor:
        if not self.bias_scale:
            return X
        return torch.cat([X, X.new_full((*X.shape[:-1], 1), self.bias_scale)], dim=-1)

    def _weights(self, W: Tensor, b: Tensor | None) -> Tensor:
        if not self.bias_scale:
            if b is not None and bool((b != 0.0).any()):
                raise InvalidInputError("features with bias_scale = 0 have no biases; given some")
            return W
        return torch.cat([W, biases(b, W).unsqueeze(-1) / self.bias_scale], dim=-1)

    def _rectified(self, values: Tensor) -> Tensor:
        return torch.relu(values @ self.projection.mT) * self.width**-0.5

    def expectation(self, X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
        size, cosine = self._polar(X, W, b)
        return 0.5 * size * arc_cosine(cosine)

    def deviation(self, X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
        r"""See `RandomFeatures`; `E[relu(a)^2 relu(b)^2]` is the arc-cosine function of order 2,

        .. math:: |\tilde x|^2 |\tilde w|^2
            \big(3 \sin\theta \cos\theta + (\pi - \theta)(1 + 2 \cos^2\theta)\big) / 2 \pi

        and of a pair of opposite directions one product is always 0.
        """
        size, cosine = self._polar(X, W, b)
        cosine = cosine.clamp(-1.0, 1.0)
        angle = torch.acos(cosine)
        order_2 = 3.0 * angle.sin() * cosine + (pi - angle) * (1.0 + 2.0 * cosine.square())
        mean = 0.5 * size * arc_cosine(cosine)
        single = size.square() * order_2 / (2.0 * pi) - mean.square()
        total = single / self.width
        if self.antithetic:
            total = total - 2 * (self.width // 2) * mean.square() / self.width**2
        return total.clamp_min(0.0).sqrt()

    def _polar(self, X: Tensor, W: Tensor, b: Tensor | None) -> tuple[Tensor, Tensor]:
        """`|x| |w|` and the cosine between them (`n x l` each)."""
        inputs, weights = self._inputs(X), self._weights(W, b)
        size = inputs.norm(dim=-1, keepdim=True) * weights.norm(dim=-1)
        return size, inputs @ weights.mT / size.clamp_min(torch.finfo(size.dtype).tiny)
