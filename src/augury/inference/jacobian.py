"""The derivative of a network's outputs with respect to its weights, measured by the weights' prior."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Literal, final

import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev, vmap

from augury.errors import NotSupportedError
from augury.networks.stacked import StackedNetwork

Part = Literal["all", "last-layer"]


class Jacobian(ABC):
    r"""The whitened Jacobian at `points`, :math:`J = (\partial f / \partial w)\, \Lambda_0^{-1/2}`.

    `Lambda_0` is the diagonal precision of the prior, so that in the coordinates of `J` the prior is standard
    normal. The rows are points times the `o` outputs.
    """

    @abstractmethod
    def cross(self, other: Any) -> Tensor:
        """`J J'^T`: `batch x q` points here and `n` points there give `batch x (q o) x (n o)`."""

    @abstractmethod
    def gram(self) -> Tensor:
        """`J J^T` among the last axis of points: `batch x (q o) x (q o)`."""

    @abstractmethod
    def reshape(self, *points: int) -> Jacobian:
        """The same rows with the points arranged in another shape."""


@final
class DenseJacobian(Jacobian):
    """All entries.

    Args:
        entries: `points x o x P`.
    """

    def __init__(self, entries: Tensor) -> None:
        self.entries = entries

    def cross(self, other: DenseJacobian) -> Tensor:
        return self.entries.flatten(-3, -2) @ other.entries.flatten(-3, -2).T

    def gram(self) -> Tensor:
        flat = self.entries.flatten(-3, -2)
        return flat @ flat.mT

    def reshape(self, *points: int) -> DenseJacobian:
        return DenseJacobian(self.entries.reshape(*points, *self.entries.shape[-2:]))


@final
class LayerJacobian(Jacobian):
    r"""In factors, for weights that stand in `Linear` layers: a layer's block is :math:`g \otimes a`, with
    its input `a` and the derivative `g` of the network's outputs with respect to the layer's own.

    Inner products multiply those of the factors; the Jacobian itself is never formed.

    Args:
        inputs: of each layer, `points x in` (whitened; one more column stands for the bias).
        slopes: of each layer, `points x o x out`.
    """

    def __init__(self, inputs: list[Tensor], slopes: list[Tensor]) -> None:
        self.inputs, self.slopes = inputs, slopes

    def cross(self, other: LayerJacobian) -> Tensor:
        total: Any = 0.0
        for a, g, b, h in zip(self.inputs, self.slopes, other.inputs, other.slopes, strict=True):
            total = total + _outputwise(a @ b.T, g, h) * (g.flatten(-3, -2) @ h.flatten(-3, -2).T)
        return total

    def gram(self) -> Tensor:
        total: Any = 0.0
        for a, g in zip(self.inputs, self.slopes, strict=True):
            flat = g.flatten(-3, -2)
            total = total + _outputwise(a @ a.mT, g, g) * (flat @ flat.mT)
        return total

    def reshape(self, *points: int) -> LayerJacobian:
        return LayerJacobian(
            [a.reshape(*points, *a.shape[-1:]) for a in self.inputs],
            [g.reshape(*points, *g.shape[-2:]) for g in self.slopes],
        )


def _outputwise(inner: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """`batch x q x n` repeated for the outputs of both sides."""
    for axis, slopes in ((-2, left), (-1, right)):
        if slopes.shape[-2] > 1:
            inner = inner.repeat_interleave(slopes.shape[-2], axis)
    return inner


def network_jacobian(
    network: StackedNetwork, theta: Tensor, variance: Tensor, X: Tensor, part: Part = "all"
) -> tuple[Tensor, Jacobian]:
    """Outputs (`N x o`) and whitened Jacobian at `X` (`N x d`), differentiable in `X`.

    A network with parameters outside of `Linear` layers is differentiated by `torch.func`, which keeps
    `N x o x P` numbers.

    Args:
        network: whose weights they are.
        theta: `P` weights.
        variance: `P` prior variances.
        X: `N x d`.
        part: all parameters, or those of the last `Linear` layer.
    """
    if part == "last-layer" or only_linear(network):
        return layer_jacobian(network, theta, variance, X, part)

    def output(weights: Tensor, x: Tensor) -> Tensor:
        return network(weights.unsqueeze(0), x.unsqueeze(0))[0, 0]

    entries = vmap(jacrev(output), in_dims=(None, 0))(theta, X) * variance.sqrt()
    return network(theta.unsqueeze(0), X)[0], DenseJacobian(entries)


def only_linear(network: StackedNetwork) -> bool:
    """Whether all parameters stand in `Linear` layers."""
    counted = sum(parameter.numel() for _, layer in _linear(network) for parameter in layer.parameters())
    return counted == network.num_parameters


def layer_jacobian(
    network: StackedNetwork, theta: Tensor, variance: Tensor, X: Tensor, part: Part = "all"
) -> tuple[Tensor, LayerJacobian]:
    """As `network_jacobian`, always in factors.

    Raises:
        NotSupportedError: a network without `Linear` layers, one that uses a layer twice or on more than one
            vector a row, or (for all parameters) one with parameters elsewhere.
    """
    layers = _linear(network)
    if not layers or (part == "all" and not only_linear(network)):
        raise NotSupportedError(
            "this structure needs a network whose parameters stand in torch.nn.Linear layers; "
            "use structure='full' (or 'last-layer' where the last layer is a Linear)"
        )
    layers = layers[-1:] if part == "last-layer" else layers
    differentiable = X.requires_grad and torch.is_grad_enabled()
    with torch.enable_grad():
        points = X if differentiable else X.detach().requires_grad_(True)
        values, inputs, outputs = _record(network, theta, points, layers)
        rows = [
            torch.autograd.grad(values[:, j].sum(), outputs, retain_graph=True, create_graph=differentiable)
            for j in range(values.shape[-1])
        ]
        slopes = [torch.stack(column, dim=-2) for column in zip(*rows, strict=True)]
        inputs = [
            _whitened(network, name, layer, variance, a)
            for (name, layer), a in zip(layers, inputs, strict=True)
        ]
    if not differentiable:
        values, inputs, slopes = values.detach(), [a.detach() for a in inputs], [g.detach() for g in slopes]
    return values, LayerJacobian(inputs, slopes)


def last_linear(network: StackedNetwork) -> str:
    """The name of the last `Linear` layer."""
    return _linear(network)[-1][0]


def _linear(network: StackedNetwork) -> list[tuple[str, nn.Linear]]:
    return [(name, part) for name, part in network.module.named_modules() if type(part) is nn.Linear]


def _record(
    network: StackedNetwork, theta: Tensor, X: Tensor, layers: list[tuple[str, nn.Linear]]
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """The network's outputs, and the inputs and outputs of its layers."""
    seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def keep(layer: nn.Module, arguments: tuple[Tensor, ...], output: Tensor) -> Tensor:
        if layer in seen or output.dim() != 2:
            raise NotSupportedError("a Linear layer must be used once, on one vector a row")
        if not output.requires_grad:  # nothing before it depends on the points
            output = output.requires_grad_(True)
        seen[layer] = (arguments[0], output)
        # A view, so that an activation in place does not overwrite what was recorded.
        return output * 1.0

    hooks = [layer.register_forward_hook(keep) for _, layer in layers]
    try:
        values = functional_call(network.module, network.unflatten(theta), (X,))
    finally:
        for hook in hooks:
            hook.remove()
    pairs = [seen[layer] for _, layer in layers]
    return values, [a for a, _ in pairs], [z for _, z in pairs]


def _whitened(network: StackedNetwork, name: str, layer: nn.Linear, variance: Tensor, a: Tensor) -> Tensor:
    """A layer's input times the prior deviation of its weights, and that of its bias as one more column."""
    position = {part.name: part.start for part in network.slices}
    prefix = f"{name}." if name else ""
    weight = a * variance[position[f"{prefix}weight"]].sqrt()
    if layer.bias is None:
        return weight
    bias = variance[position[f"{prefix}bias"]].sqrt()
    return torch.cat([weight, bias.expand(*a.shape[:-1], 1)], dim=-1)
