"""A random neural network as the function to optimise, in any number of dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import final

import torch
from botorch.test_functions.synthetic import SyntheticTestFunction
from torch import Tensor

from augury.errors import InvalidInputError


@final
class NetworkDraw(SyntheticTestFunction):
    r"""A multilayer perceptron whose weights and biases are all standard normal, on the unit cube; maximised.

    .. math::
        f(x) = w_3^\top \tanh(W_2 \tanh(W_1 x + b_1) + b_2) + b_3, \qquad
        W, w, b \sim \mathcal N(0, 1)

    Nothing is scaled by the width, so the second layer is saturated and the function is rough.

    Source: Li, Rudner and Wilson, "A study of Bayesian neural network surrogates for Bayesian optimization"
    (ICLR 2024), "neural network draw": d = 400, hidden layers 256 and 256.

    Args:
        dim: number of inputs.
        seed: of the weights.
        hidden: widths of the hidden layers.
        noise_std, negate: as in BoTorch.

    Raises:
        InvalidInputError: dim or a width below 1, or a negative seed.
    """

    _is_minimization_by_default = False
    _check_grad_at_opt = False

    def __init__(
        self,
        dim: int = 400,
        seed: int = 0,
        hidden: Sequence[int] = (256, 256),
        noise_std: float | None = None,
        negate: bool = False,
    ) -> None:
        if dim < 1 or seed < 0 or min(hidden, default=1) < 1:
            raise InvalidInputError(
                f"NetworkDraw(dim={dim}, seed={seed}, hidden={tuple(hidden)}): dim and widths must be at "
                "least 1, the seed at least 0"
            )
        self.dim = dim
        self.continuous_inds = list(range(dim))
        self._bounds = [(0.0, 1.0)] * dim
        super().__init__(noise_std=noise_std, negate=negate)
        generator = torch.Generator().manual_seed(seed)
        self._shapes = [
            shape for fan_in, width in pairwise([dim, *hidden, 1]) for shape in ((width, fan_in), (width,))
        ]
        count = sum(map(prod, self._shapes))
        self.set_parameters(torch.randn(count, dtype=torch.float64, generator=generator))

    def set_parameters(self, vector: Tensor) -> None:
        """Give the network other weights.

        Args:
            vector: all weights and biases, layer by layer, each weight matrix (`width x fan_in`) before its
                bias, as in `torch.nn.utils.parameters_to_vector`.
        """
        parts = vector.to(torch.float64).split([prod(shape) for shape in self._shapes])
        self.parts = [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def _evaluate_true(self, X: Tensor) -> Tensor:
        layers = list(zip(self.parts[::2], self.parts[1::2], strict=True))
        hidden = X
        for weight, bias in layers[:-1]:
            hidden = torch.tanh(hidden @ weight.to(X).T + bias.to(X))
        weight, bias = layers[-1]
        return (hidden @ weight.to(X).T + bias.to(X)).squeeze(-1)
