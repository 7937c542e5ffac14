"""Random neural networks of sampled architectures as a prior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from augury.inference.prior_fitted.draw import PriorDraw
from augury.inference.prior_fitted.inputs import InputSampler, UniformInputs
from augury.inference.prior_fitted.noise import LogUniformNoise, NoiseSampler

_SPREAD = 12.0**0.5  # a uniform number of the unit interval then has variance 1
_LATER_SCALE = 1.5  # of the weights behind the first layer
_ACTIVATIONS = (torch.tanh, torch.relu, torch.sin, torch.nn.functional.gelu)


@dataclass(frozen=True)
class RandomNetworks:
    """Fully connected networks of one architecture.

    Args:
        activation: of the hidden layers.
        scale: `B x 1 x 1` deviations of the first layer's weights (times root fan-in).
        weights: of each layer, `B x inputs x units`, standard normal.
        kept: which of them are not zero, of the same shapes.
        biases: of each layer, `B x 1 x units`, standard normal.
    """

    activation: Callable[[Tensor], Tensor]
    scale: Tensor
    weights: list[Tensor]
    kept: list[Tensor]
    biases: list[Tensor]

    def values(self, X: Tensor) -> Tensor:
        """`B x rows` values at `X` (`B x rows x d`, in the unit cube), brought to mean 0 and deviation 1."""
        h = (X - 0.5) * _SPREAD
        for layer, (weight, kept, bias) in enumerate(zip(self.weights, self.kept, self.biases, strict=True)):
            if layer:
                h = self.activation(h)
            mean = h @ (weight * kept) / h.shape[-1] ** 0.5 + 0.5 * bias
            h = mean * (_LATER_SCALE if layer else self.scale)
        values = h.squeeze(-1)
        values = values - values.mean(-1, keepdim=True)
        return values / values.square().mean(-1, keepdim=True).clamp_min(1e-6).sqrt()


@dataclass(frozen=True)
class NetworkPrior:
    """Functions of fully connected networks with normal weights; the architecture is drawn too.

    Depth, width and activation are drawn once for each group of data sets of a batch, the scale of the
    weights and the share of them that is zero for each data set. Functions are brought to mean 0 and
    deviation 1 over their own inputs.

    Args:
        depths: least and largest number of hidden layers.
        widths: least and largest width, drawn on a logarithmic scale.
        weight_scales: least and largest deviation of the first layer's weights (times root fan-in).
        sparsity: largest share of zero weights.
        noise: sampler of noise deviations, in units of the function's.
        inputs: sampler of the inputs.
        groups: architectures in a batch.

    Source: Müller et al. (2022), section 6 and appendix (Bayesian networks with architectures sampled).
    """

    depths: tuple[int, int] = (1, 3)
    widths: tuple[int, int] = (8, 64)
    weight_scales: tuple[float, float] = (0.5, 3.0)
    sparsity: float = 0.5
    noise: NoiseSampler = field(default_factory=LogUniformNoise)
    inputs: InputSampler = field(default_factory=UniformInputs)
    groups: int = 4

    def sample(
        self, batch: int, context: int, queries: int, dim: int, generator: torch.Generator
    ) -> PriorDraw:
        """Data sets with the law of new outcomes given the function."""
        groups = min(self.groups, batch)
        sizes = [len(part) for part in torch.arange(batch).chunk(groups)]
        draws = [self._group(size, context, queries, dim, generator) for size in sizes]
        return PriorDraw.concatenate(draws)

    def functions(self, X: Tensor, generator: torch.Generator) -> Tensor:
        """`B x rows` values, of mean 0 and deviation 1, of one architecture's random networks at `X`."""
        return self.networks(len(X), X.shape[-1], generator).values(X)

    def networks(self, batch: int, dim: int, generator: torch.Generator) -> RandomNetworks:
        """Networks of `dim` inputs and of one architecture, which is drawn too."""

        def whole(bounds: tuple[int, int]) -> int:
            return int(torch.randint(bounds[0], bounds[1] + 1, (), generator=generator))

        def normal(*shape: int) -> Tensor:
            return torch.randn(shape, dtype=torch.float64, generator=generator)

        def uniform(*shape: int) -> Tensor:
            return torch.rand(shape, dtype=torch.float64, generator=generator)

        depth = whole(self.depths)
        low, high = (torch.tensor(float(w)).log() for w in self.widths)
        width = int((low + torch.rand((), generator=generator) * (high - low)).exp().round())
        activation = _ACTIVATIONS[whole((0, len(_ACTIVATIONS) - 1))]
        low, high = (torch.tensor(s, dtype=torch.float64).log() for s in self.weight_scales)
        scale = (low + uniform(batch, 1, 1) * (high - low)).exp()
        zero = self.sparsity * uniform(batch, 1, 1)
        weights, kept, biases = [], [], []
        for units in [width] * depth + [1]:
            weights.append(normal(batch, dim, units))
            kept.append(uniform(batch, dim, units) >= zero)
            biases.append(normal(batch, 1, units))
            dim = units
        return RandomNetworks(activation, scale, weights, kept, biases)

    def _group(
        self, batch: int, context: int, queries: int, dim: int, generator: torch.Generator
    ) -> PriorDraw:
        X = self.inputs(batch, context + queries, dim, generator)
        values = self.functions(X, generator)
        noise = self.noise(batch, context + queries, generator)
        normal = torch.randn(batch, context, dtype=torch.float64, generator=generator)
        y = values[:, :context] + noise[:, :context] * normal
        new = noise[:, context:]
        return PriorDraw(X[:, :context], y, X[:, context:], values[:, context:], new, new)
