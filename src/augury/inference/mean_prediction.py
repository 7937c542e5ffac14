"""The average prediction of a network as a function of its parameters, and its gradient."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call

from augury.errors import InvalidInputError

#: Mean predictions (C) of C parameter vectors (`C x P`).
MeanPrediction = Callable[[Tensor], Tensor]
#: Predictions (`n` or `n x 1`) of a module, given its parameters by name, at inputs.
ModulePrediction = Callable[[nn.Module, dict[str, Tensor], Tensor], Tensor]


def slopes(mean: MeanPrediction, theta: Tensor) -> Tensor:
    """The gradients (`C x P`) of mean predictions at parameters (`C x P`)."""
    at = theta.detach().requires_grad_(True)
    with torch.enable_grad():
        return slope_of(mean(at), at)


def slope_of(values: Tensor, at: Tensor, *, create_graph: bool = False) -> Tensor:
    """The gradient of the sum of values by what they were computed from.

    Raises:
        InvalidInputError: they were not computed from it.
    """
    if values.requires_grad:
        (slope,) = torch.autograd.grad(values.sum(), at, create_graph=create_graph, allow_unused=True)
        if slope is not None:
            return slope
    raise InvalidInputError("the predictions do not depend on the parameters that mean_fn was given")


def trainable(module: nn.Module) -> dict[str, Tensor]:
    """The parameters of a module that are trained, by name."""
    return {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}


def module_mean(
    module: nn.Module, X: Tensor, mean_fn: ModulePrediction | None
) -> tuple[MeanPrediction, Tensor]:
    """The average prediction of a module as a function of its flat parameters (`1 x P`), and these.

    Each call draws the same random numbers (dropout) and leaves running statistics alone.
    """
    parameters = trainable(module)
    if not parameters:
        raise InvalidInputError("the module has no trainable parameters")
    predict = mean_fn or _called
    random_state = torch.get_rng_state()

    def mean(theta: Tensor) -> Tensor:
        given, offset = {name: buffer.clone() for name, buffer in module.named_buffers()}, 0
        for name, parameter in parameters.items():
            part = theta[0, offset : offset + parameter.numel()]
            given[name], offset = (
                part.reshape(parameter.shape).to(parameter.dtype),
                offset + parameter.numel(),
            )
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(random_state)
            predictions = predict(module, given, X)
        if predictions.shape not in ((len(X),), (len(X), 1)):
            raise InvalidInputError(
                f"the predictions must be one for each of the {len(X)} inputs; given a tensor of shape "
                f"{tuple(predictions.shape)}; give mean_fn"
            )
        return predictions.mean().reshape(1)

    return mean, torch.cat([p.detach().reshape(-1) for p in parameters.values()])[None]


def _called(module: nn.Module, given: dict[str, Tensor], X: Tensor) -> Tensor:
    predictions: Tensor = functional_call(module, given, (X,))
    return predictions
