"""Critical initialisation of finite networks, in the style of `torch.nn.init`."""

from __future__ import annotations

import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.kernels.criticality import ActivationLike, critical_point

_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


@torch.no_grad()
def critical_init_(
    module: nn.Module,
    activation: ActivationLike,
    residual: float = 0.0,
    generator: torch.Generator | None = None,
) -> nn.Module:
    r"""Draw the weights and biases of every linear and convolutional layer at the critical point.

    .. math:: W \sim \mathcal N(0, C_W / \text{fan-in}), \qquad b \sim \mathcal N(0, C_b)

    Signals and gradients then neither explode nor vanish with depth, for inputs with `|x|^2 / d` near 1
    (standardised ones). For ReLU this is `torch.nn.init.kaiming_normal_`.

    Source: Roberts, Yaida and Hanin (2022), chapter 5.

    Args:
        module: any network; other layers (normalisations, embeddings) are left alone.
        activation: the nonlinearity between its layers: a name, a callable, or an `Activation`.
        residual: the weight `gamma` of the identity in layers `z' = b + W sigma(z) + gamma z`.
        generator: of the draws; torch's global one when None, as in `torch.nn.init`.

    Returns:
        The module itself.

    Raises:
        InvalidInputError: the module has no linear or convolutional layer, or one of them is not yet shaped.
        NotSupportedError: the activation has no critical point.
    """
    point = critical_point(activation, residual)
    layers = [layer for layer in module.modules() if isinstance(layer, _LAYERS)]
    if not layers:
        raise InvalidInputError(
            f"{type(module).__name__} has no Linear or Conv layer to initialise; other layers are left alone"
        )
    for layer in layers:
        if isinstance(layer.weight, nn.parameter.UninitializedParameter):
            raise InvalidInputError(
                f"{type(layer).__name__} has no shape yet; pass one batch through the network before"
            )
        fan_in = layer.weight[0].numel()  # of a convolution: channels of its group times kernel size
        nn.init.normal_(layer.weight, 0.0, (point.weight_var / fan_in) ** 0.5, generator)
        if layer.bias is not None:
            nn.init.normal_(layer.bias, 0.0, point.bias_var**0.5, generator)
    return module
