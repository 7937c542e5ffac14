"""The 1-Wasserstein distance by its dual: a critic held to slope one."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor
from torch.nn.functional import softplus

#: The critic is a noisy bound, retrained from nothing for each step: single precision halves its time.
_DTYPE = torch.float32


@final
class WassersteinCritic:
    r"""A network :math:`\phi: \mathbb R^N \to \mathbb R` that tells two samples of function values apart.

    .. math::
        W_1(p, q) = \sup_{\lVert \phi \rVert_L \le 1} \mathbb E_p[\phi(f)] - \mathbb E_q[\phi(f)]

    `phi` has two hidden layers with softplus, and is held to slope one by the penalty
    :math:`\lambda\, \mathbb E[(\lVert \nabla \phi(\hat f) \rVert - 1)^2]` on points between the samples. The
    penalty is soft: where the distance is `W`, the best slope is `1 + W / (2 lambda)`.

    Args:
        num_points: `N`.
        width: of the hidden layers.
        penalty: `lambda`.
        generator: draws the initial weights and the points of the penalty.

    Source: Gulrajani et al. (2017), equation 3; Tran et al. (2022), section 4.2.
    """

    def __init__(self, num_points: int, width: int, penalty: float, generator: torch.Generator) -> None:
        self.penalty = penalty
        self._generator = generator
        self.parameters: list[Tensor] = []
        for fan_in, fan_out in ((num_points, width), (width, width), (width, 1)):
            xavier = (2.0 / (fan_in + fan_out)) ** 0.5
            for shape, scale in (((fan_in, fan_out), xavier), ((fan_out,), 1.0)):
                weights = scale * torch.randn(shape, dtype=_DTYPE, generator=generator)
                self.parameters.append(weights.requires_grad_(True))

    def __call__(self, values: Tensor) -> Tensor:
        """`phi` of each row (`... x N`)."""
        W1, b1, W2, b2, w3, b3 = self.parameters
        hidden = softplus(softplus(values.to(_DTYPE) @ W1 + b1) @ W2 + b2)
        return (hidden @ w3 + b3).squeeze(-1)

    def slope(self, values: Tensor) -> Tensor:
        """The gradient of `phi` at each row (`... x N`), as a function of the critic's weights.

        Written out, since differentiating through a gradient takes twice the time.
        """
        W1, b1, W2, b2, w3, _ = self.parameters
        first = values @ W1 + b1
        second = softplus(first) @ W2 + b2
        inner = (torch.sigmoid(second) * w3.squeeze(-1)) @ W2.T
        return (torch.sigmoid(first) * inner) @ W1.T

    def difference(self, p: Tensor, q: Tensor) -> Tensor:
        """`E_p[phi] - E_q[phi]` of two samples (`S x N x outputs`), summed over the outputs.

        The gradient goes to the samples and to the critic.
        """
        together = self(torch.cat([p, q]).transpose(-1, -2))
        count = len(p)
        return (together[:count].mean(0) - together[count:].mean(0)).sum()

    def train(self, p: Tensor, q: Tensor, *, steps: int, lr: float, threshold: float) -> None:
        """Maximise the penalised difference by Adagrad.

        Args:
            p: `S x N x outputs` values, as `q`.
            steps: at most so many.
            lr: step size of Adagrad.
            threshold: stop when the norm of the gradient is smaller.
        """
        p, q = p.detach().to(_DTYPE), q.detach().to(_DTYPE)
        squares = [torch.full_like(parameter, 1e-10) for parameter in self.parameters]
        for _ in range(steps):
            share = torch.rand(len(p), 1, 1, dtype=_DTYPE, generator=self._generator)
            between = (share * p + (1.0 - share) * q).transpose(-1, -2)
            excess = self.slope(between).norm(dim=-1) - 1.0
            loss = self.penalty * excess.square().mean() - self.difference(p, q)
            gradients = torch.autograd.grad(loss, self.parameters)
            if float(torch.stack([g.square().sum() for g in gradients]).sum()) < threshold**2:
                break
            with torch.no_grad():
                for parameter, square, gradient in zip(self.parameters, squares, gradients, strict=True):
                    square.addcmul_(gradient, gradient)
                    parameter.addcdiv_(gradient, square.sqrt(), value=-lr)
