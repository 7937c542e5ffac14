"""The network that maps a preference to a design."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from augury.networks.mlp import MLP

#: Norms below are taken to be this, so that a parameter without a gradient is not divided by 0.
_LEAST_NORM = 1e-12


@final
class PreferenceNetwork(nn.Module):
    r"""A design for every preference,

    .. math::
        x(\lambda) = l + (u - l)\, \sigma(W_3\, r(W_2\, r(W_1 \lambda + b_1) + b_2) + b_3)

    with `r` the rectifier and `sigma` the logistic function, inside the box `[l, u]`.

    Args:
        n_objectives: `k`, the length of a preference.
        bounds: `2 x d`, lower and upper bounds; where they are equal, the design is held.
        hidden: widths of the hidden layers.
        seed: of the initial weights (PyTorch's default initialisation).

    Source: Lin et al., "Pareto set learning for expensive multi-objective optimization", NeurIPS 2022,
    section 3.
    """

    low: Tensor
    width: Tensor

    def __init__(
        self, n_objectives: int, bounds: Tensor, hidden: Sequence[int] = (256, 256), seed: int = 0
    ) -> None:
        super().__init__()
        self.layers = MLP(n_objectives, hidden, bounds.shape[-1], "relu", seed=seed)
        self.register_buffer("low", bounds[0].clone(), persistent=False)
        self.register_buffer("width", bounds[1] - bounds[0], persistent=False)

    def forward(self, preferences: Tensor) -> Tensor:
        """Designs (`... x d`) for preferences (`... x k`)."""
        share: Tensor = self.layers(preferences).sigmoid()
        return self.low + self.width * share

    @torch.no_grad()
    def remember(self, preferences: Tensor) -> Tensor:
        """Designs (`n x d`) for preferences (`n x k`); what `accumulate` needs is kept."""
        self._inputs = [preferences]
        for layer in self._dense[:-1]:
            self._inputs.append(torch.addmm(layer.bias, self._inputs[-1], layer.weight.T).clamp_min_(0.0))
        last = self._dense[-1]
        self._share = torch.addmm(last.bias, self._inputs[-1], last.weight.T).sigmoid_()
        return self.low + self.width * self._share

    @torch.no_grad()
    def accumulate(self, slopes: Tensor, weights: Tensor | None, plain: Tensor | None) -> None:
        r"""Put into the `grad` of every parameter `p` a combination of the particles' gradients,

        .. math::
            \frac 1 n \sum_i \left( w_i\, \frac{\partial_p t_i}{\lVert \partial_p t \rVert}
            + \partial_p s_i \right), \qquad
            \lVert \partial_p t \rVert^2 = \sum_i (\partial_p t_i)^2.

        The gradient of one particle in a dense layer is an outer product of what comes from above and what
        went in, so that sums and norms over particles are matrix products and no `n x P` matrix is made.

        Args:
            slopes: `n x d`, the derivative of each particle's `t_i` by its design, at the last `remember`.
            weights: `n`; None for `w_i = 1` without the norms.
            plain: `n x d`, the derivative of `s_i`; None for none.
        """
        scale = self.width * self._share * (1.0 - self._share) / len(slopes)
        delta = scale * slopes
        rest = None if plain is None else scale * plain
        for index in reversed(range(len(self._dense))):
            layer, before = self._dense[index], self._inputs[index]
            weight, bias = _combined(delta, before, weights, len(slopes))
            if rest is not None:
                weight, bias = torch.addmm(weight, rest.T, before), bias + rest.sum(dim=0)
            layer.weight.grad, layer.bias.grad = weight, bias
            if index:
                active = before > 0.0
                delta = (delta @ layer.weight) * active
                rest = None if rest is None else (rest @ layer.weight) * active

    @property
    def _dense(self) -> list[nn.Linear]:
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]


def _combined(delta: Tensor, before: Tensor, weights: Tensor | None, n: int) -> tuple[Tensor, Tensor]:
    """The weighted sum over particles of `delta_i before_i^T`, each entry over its norm, and of `delta_i`."""
    if weights is None:
        return delta.T @ before, delta.sum(dim=0)
    weighted, squares = weights[:, None] * delta, delta.square()
    norms = (squares.T @ before.square()).sqrt_().clamp_min_(_LEAST_NORM / n).mul_(n)
    bias_norms = squares.sum(dim=0).sqrt_().clamp_min_(_LEAST_NORM / n).mul_(n)
    return (weighted.T @ before).div_(norms), weighted.sum(dim=0) / bias_norms
