"""The tangent kernel of a finite network."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def empirical_ntk(
    module: nn.Module, X1: Tensor, X2: Tensor | None = None, rates: Mapping[str, float] | None = None
) -> Tensor:
    r"""The neural tangent kernel of a finite network at its present weights.

    .. math:: T_{ab} = \sum_\theta \eta_\theta\, \partial_\theta f(x_a)\, \partial_\theta f(x_b)

    Args:
        module: takes `n x d` and gives `n x 1`.
        X1: `n x d`.
        X2: `m x d`; `X1` when None.
        rates: learning rate of each parameter by name; 1 for all when None.

    Returns:
        `n x m`. Memory is of the order of `(n + m)` times the number of parameters.
    """
    parameters = {name: parameter.detach() for name, parameter in module.named_parameters()}

    def output(values: dict[str, Tensor], x: Tensor) -> Tensor:
        result: Tensor = torch.func.functional_call(module, values, (x.unsqueeze(0),))
        return result.reshape(())

    slopes = torch.func.vmap(torch.func.grad(output), in_dims=(None, 0))
    left = slopes(parameters, X1)
    right = left if X2 is None else slopes(parameters, X2)
    kernel = torch.zeros(len(X1), len(X1 if X2 is None else X2), dtype=X1.dtype)
    for name in parameters:
        rate = 1.0 if rates is None else rates[name]
        kernel += rate * (left[name].flatten(1) @ right[name].flatten(1).T)
    return kernel
