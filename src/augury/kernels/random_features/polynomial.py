"""Random features of activations that are polynomials."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.kernels.random_features.base import RandomFeatures, biases, check_counts
from augury.kernels.random_features.directions import allocate
from augury.kernels.random_features.power_series import PowerSeries


@final
class PolynomialFeatures(RandomFeatures):
    r"""Unbiased features of `f(w^T x + b)`, `f(z) = sum_n p_n z^n`.

    .. math::
        (\tilde w^T \tilde x)^n = \mathbb E \prod_{i=1}^n (\tilde w^T g_i)(\tilde x^T g_i), \qquad
        \tilde x = (x, 1), \quad \tilde w = (w, b)

    with `n` independent vectors `g_i` of random signs. Each degree has a share of the features, larger where
    its term varies more; the constant is exact.

    Source: Kar and Karnick, "Random feature maps for dot product kernels" (2012).

    Args:
        series: the activation.
        num_features: number of features over all degrees, at least one for each.
        input_dim: number `d` of inputs.
        norms: of the inputs and of the weights, about: they decide on the shares.
        seed: of the signs.

    Raises:
        InvalidInputError: a number or norm that is not positive.
    """

    def __init__(
        self,
        series: PowerSeries,
        num_features: int,
        input_dim: int,
        *,
        norms: tuple[float, float] = (1.0, 1.0),
        seed: int = 0,
    ) -> None:
        check_counts(num_features, input_dim)
        if not min(norms) > 0.0:
            raise InvalidInputError(f"norms must be positive; given {norms}")
        coefficients = series.coefficients
        present = coefficients.abs() > 1e-12 * coefficients.abs().max()
        degrees = [n for n in range(1, len(coefficients)) if bool(present[n])]
        if not degrees:
            raise InvalidInputError("the activation is constant; there is nothing to make features of")
        size = norms[0] * norms[1] + 1.0
        shares = torch.tensor([abs(float(coefficients[n])) * (2.0**0.5 * size) ** n for n in degrees])
        counts = allocate(shares.double(), num_features).tolist()
        super().__init__(input_dim, sum(counts) + 1)
        self.degrees, self.counts = degrees, counts
        self.coefficients = coefficients.tolist()
        generator = torch.Generator().manual_seed(seed)
        for degree, count in zip(self.degrees, counts, strict=True):
            signs = torch.randint(2, (degree, input_dim + 1, count), generator=generator)
            self.register_buffer(f"signs_{degree}", (2 * signs - 1).double())

    def _products(self, values: Tensor) -> list[Tensor]:
        """Of values (`... x (d + 1)`), `... x count` for each degree."""
        products = []
        for degree in self.degrees:
            signs: Tensor = getattr(self, f"signs_{degree}")
            products.append(torch.einsum("...d,ndc->n...c", values, signs.to(values)).prod(dim=0))
        return products

    def input_features(self, X: Tensor) -> Tensor:
        self._check(X, "inputs")
        one = X.new_ones(*X.shape[:-1], 1)
        return torch.cat([one, *self._products(torch.cat([X, one], dim=-1))], dim=-1)

    def weight_features(self, W: Tensor, b: Tensor | None = None) -> Tensor:
        self._check(W, "weights")
        products = self._products(torch.cat([W, biases(b, W).unsqueeze(-1)], dim=-1))
        factors = [self.coefficients[n] / count for n, count in zip(self.degrees, self.counts, strict=True)]
        constant = W.new_full((*W.shape[:-1], 1), self.coefficients[0])
        scaled = [factor * product for factor, product in zip(factors, products, strict=True)]
        return torch.cat([constant, *scaled], dim=-1)

    def expectation(self, X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
        z = X @ W.mT + biases(b, W)
        degrees = [0, *self.degrees]
        return torch.stack([self.coefficients[n] * z**n for n in degrees]).sum(dim=0)

    def deviation(self, X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
        r"""See `RandomFeatures`; of one vector of signs,

        .. math:: \mathbb E(\tilde w^T g)^2 (\tilde x^T g)^2
            = |\tilde w|^2 |\tilde x|^2 + 2 (\tilde w^T \tilde x)^2 - 2 \sum_i \tilde w_i^2 \tilde x_i^2
        """
        bias = biases(b, W)
        z = X @ W.mT + bias
        inputs, weights = X.square(), W.square()
        norms = (inputs.sum(dim=-1, keepdim=True) + 1.0) * (weights.sum(dim=-1) + bias.square())
        moment = norms + 2.0 * z.square() - 2.0 * (inputs @ weights.mT + bias.square())
        total = torch.zeros_like(z)
        for degree, count in zip(self.degrees, self.counts, strict=True):
            variance = moment**degree - z ** (2 * degree)
            total = total + self.coefficients[degree] ** 2 * variance / count
        return total.clamp_min(0.0).sqrt()
