"""A whole network made linear in its last weights: the layers' maps in a chain, their weights merged."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Self, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.kernels.infinite_width import ActivationLike
from augury.kernels.random_features.base import RandomFeatures
from augury.networks.mlp import Elementwise
from augury.networks.snnk_linear import layer_features, mean_norm


@final
class SNNKSequential(nn.Module):
    r"""A bundled network, `y = \Phi_L(\cdots \Phi_1(x)) \Theta^T + b`.

    Only `Theta` (and `b`) are trained; the maps are fixed. So a squared loss is minimised in closed form
    (`fit`), by gradients, or with a posterior (`augury.models.BundledSurrogate`).

    Args:
        maps: the feature maps, first to last.
        weight: `o x width` of the last map.
        bias: `o`, or None.

    Raises:
        InvalidInputError: maps or weights that do not fit together.
    """

    def __init__(self, maps: Sequence[RandomFeatures], weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        for first, second in pairwise(maps):
            if first.width != second.input_dim:
                raise InvalidInputError(
                    f"a map of {second.input_dim} inputs follows one of {first.width} features"
                )
        if not maps or weight.dim() != 2 or weight.shape[1] != maps[-1].width:
            raise InvalidInputError(
                f"weight must be outputs x {maps[-1].width if maps else 0}, after at least one map; "
                f"given {tuple(weight.shape)}"
            )
        self.maps = nn.Sequential(*maps)
        self.weight = nn.Parameter(weight.detach().clone())
        self.bias = None if bias is None else nn.Parameter(bias.detach().clone())

    def features(self, X: Tensor) -> Tensor:
        """`... x width` of inputs `... x d`."""
        chained: Tensor = self.maps(X)
        return chained

    def forward(self, X: Tensor) -> Tensor:
        """`... x o` of `... x d`."""
        product = self.features(X) @ self.weight.mT
        return product if self.bias is None else product + self.bias

    def fit(self, X: Tensor, Y: Tensor, ridge: float = 1e-3) -> Self:
        r"""The weights of the least squared loss, `(F^T F + \rho n I)^{-1} F^T Y` with centred features `F`.

        Args:
            X: `n x d`.
            Y: `n x o`.
            ridge: `rho`, relative to the mean squared feature.

        Returns:
            The network itself.
        """
        if X.shape[:-1] != Y.shape[:-1] or Y.shape[-1] != len(self.weight) or not ridge > 0.0:
            raise InvalidInputError(
                f"needs n x d inputs, n x {len(self.weight)} outputs and a positive ridge; given "
                f"{tuple(X.shape)}, {tuple(Y.shape)} and {ridge:g}"
            )
        with torch.no_grad():
            F = self.features(X)
            middle = F.mean(dim=0) if self.bias is not None else torch.zeros_like(F[0])
            level = Y.mean(dim=0) if self.bias is not None else torch.zeros_like(Y[0])
            F = F - middle
            gram = F.mT @ F
            gram.diagonal().add_(ridge * gram.diagonal().mean())
            solution = torch.cholesky_solve(F.mT @ (Y - level), torch.linalg.cholesky(gram))
            self.weight.copy_(solution.mT)
            if self.bias is not None:
                self.bias.copy_(level - middle @ solution)
        return self


def bundle(
    network: nn.Sequential,
    num_features: int,
    *,
    inputs: Tensor | None = None,
    seed: int = 0,
) -> SNNKSequential:
    r"""Bundle a feed-forward network, from the input outwards.

    .. math:: W_2 f_1(W_1 x + b_1) \approx (W_2 \Psi_1) \Phi_1(x)

    is a linear layer again, with merged weights and `Phi_1(x)` for inputs; its activation is treated in the
    same way, and so on. What is left to train are the weights of the last map.

    Args:
        network: linear layers and activations in turn, beginning with a linear layer; a last linear layer may
            stand alone. Modules of torch, or `augury.networks.MLP`.
        num_features: number of random features of each layer.
        inputs: `n x d` typical inputs: the norms of what they become scale the features of each layer, and
            where an estimate is worthless, there is a warning.
        seed: of the features; each layer has others.

    Raises:
        InvalidInputError: other modules, or none that can be bundled.

    Warns:
        VarianceWarning: the predicted standard deviation of a layer is larger than what it estimates.
    """
    pairs, last = _layers(network)
    maps: list[RandomFeatures] = []
    merged: Tensor | None = None  # what turns features of the last map into the layer before's outputs
    seen = None if inputs is None else inputs.detach().double()
    for index, (linear, activation) in enumerate(pairs):
        W, b = _weights(linear)
        W = W if merged is None else W @ merged
        norms = W.shape[1] ** 0.5 if seen is None else mean_norm(seen), mean_norm(W)
        features = layer_features(activation, num_features, W.shape[1], norms=norms, seed=seed + index)
        if seen is not None:
            features.warn_of_variance(seen, W, b)
            seen = features(seen)
        merged = features.weight_features(W, b)
        maps.append(features)
    assert merged is not None
    weight, bias = merged, None
    if last is not None:
        W, bias = _weights(last)
        weight = W @ merged
    bundled = SNNKSequential(maps, weight, bias)
    return bundled.to(next(network.parameters()).dtype)


def _weights(linear: nn.Linear) -> tuple[Tensor, Tensor | None]:
    return linear.weight.detach().double(), None if linear.bias is None else linear.bias.detach().double()


def _layers(network: nn.Sequential) -> tuple[list[tuple[nn.Linear, ActivationLike]], nn.Linear | None]:
    """The linear layers with their activations, and the last layer if it has none."""
    modules: list[Any] = list(network)
    pairs: list[tuple[nn.Linear, ActivationLike]] = []
    while len(modules) > 1 and isinstance(modules[0], nn.Linear) and not isinstance(modules[1], nn.Linear):
        linear, activation, *modules = modules
        pairs.append((linear, activation.activation if isinstance(activation, Elementwise) else activation))
    last = modules.pop() if len(modules) == 1 and isinstance(modules[0], nn.Linear) else None
    if not pairs or modules:
        kinds = ", ".join(type(module).__name__ for module in network)
        raise InvalidInputError(
            "only linear layers, each followed by an activation (the last one may be without), can be "
            f"bundled; given {kinds}"
        )
    return pairs, last
