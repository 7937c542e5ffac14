"""Activation functions of networks, with their derivatives, by name or from any callable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import pi, sqrt
from typing import Any

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError


@dataclass(frozen=True)
class Activation:
    """An elementwise nonlinearity and its derivative.

    Args:
        name: for messages and tables; also tells which closed form of Gaussian expectations applies.
        function: `Tensor -> Tensor`, elementwise.
        derivative: of `function`, elementwise; at a kink, either one-sided value or one between.
        slopes: `(below 0, above 0)` of a function that is linear on either side of 0 and 0 there, else None.
        kinks: where the function or its derivative jumps; quadrature splits there.
        closed_form: whether Gaussian expectations are known by `name`; False for a user's function.
    """

    name: str
    function: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor], Tensor]
    slopes: tuple[float, float] | None = None
    kinks: tuple[float, ...] = ()
    closed_form: bool = False

    def __call__(self, z: Tensor) -> Tensor:
        return self.function(z)


def piecewise_linear(below: float, above: float, name: str | None = None) -> Activation:
    """`a_- z` for `z < 0` and `a_+ z` for `z > 0`: ReLU (0, 1), leaky ReLU, absolute value, identity.

    Args:
        below: slope `a_-`.
        above: slope `a_+`.
        name: as in `Activation`.
    """
    below, above = float(below), float(above)
    kinks = () if below == above else (0.0,)
    return Activation(
        name or f"piecewise_linear({below:g}, {above:g})",
        partial(_piecewise, below=below, above=above),
        partial(_piecewise_slope, below=below, above=above),
        slopes=(below, above),
        kinks=kinks,
        closed_form=True,
    )


def leaky_relu(slope: float = 0.01) -> Activation:
    """Leaky ReLU: `z` for `z > 0`, `slope * z` below."""
    return piecewise_linear(slope, 1.0, "leaky_relu")


def resolve_activation(activation: str | Callable[[Tensor], Tensor] | Activation) -> Activation:
    """The `Activation` that a user means.

    Args:
        activation: a name of `ACTIVATIONS`; an `Activation`; or any elementwise callable of tensors, whose
            derivative is then taken by autograd. The functions and modules of torch that have a name here
            (`torch.relu`, `nn.LeakyReLU(0.1)`) are recognised.

    Raises:
        InvalidInputError: an unknown name, or a callable that is not an elementwise function of tensors.
    """
    if isinstance(activation, Activation):
        return activation
    if isinstance(activation, str):
        found = ACTIVATIONS.get(activation.lower())
        if found is None:
            allowed = ", ".join(repr(name) for name in ACTIVATIONS)
            raise InvalidInputError(
                f"there is no activation called {activation!r}; choose one of {allowed}, or give a callable"
            )
        return found
    if not callable(activation):
        raise InvalidInputError(
            f"activation must be a name, a callable or an Activation; given {type(activation).__name__}"
        )
    return _recognised(activation) or _from_callable(activation)


def _recognised(function: Any) -> Activation | None:
    if isinstance(function, nn.LeakyReLU):
        return leaky_relu(function.negative_slope)
    if isinstance(function, nn.GELU) and function.approximate != "none":
        return None
    if isinstance(function, nn.Softplus) and (function.beta != 1.0 or function.threshold != 20.0):
        return None
    for known, name in _TORCH_MODULES.items():
        if type(function) is known:
            return ACTIVATIONS[name]
    for alias, name in _TORCH_FUNCTIONS:
        if function is alias:
            return ACTIVATIONS[name]
    return None


def _from_callable(function: Callable[[Tensor], Tensor]) -> Activation:
    name = getattr(function, "__name__", type(function).__name__)
    probe = torch.tensor([[-1.5, -0.5, 0.0], [0.25, 1.0, 2.0]], dtype=torch.float64)
    try:
        with torch.no_grad():
            values = function(probe)
            alone = torch.stack([function(z.reshape(1)).reshape(()) for z in probe.reshape(-1)])
    except Exception as error:
        raise InvalidInputError(
            f"the activation {name!r} failed on a tensor of shape {tuple(probe.shape)}: {error}"
        ) from error
    if not isinstance(values, Tensor) or values.shape != probe.shape:
        raise InvalidInputError(f"the activation {name!r} must return a tensor of the shape it is given")
    if not bool(torch.isfinite(values).all()):
        raise InvalidInputError(f"the activation {name!r} is not finite between -1.5 and 2")
    if not torch.allclose(alone, values.reshape(-1), rtol=1e-6, atol=1e-8):
        raise InvalidInputError(
            f"the activation {name!r} must act on each entry alone; its values depend on the other entries"
        )
    return Activation(name, function, partial(_autograd_derivative, function))


def _autograd_derivative(function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    with torch.enable_grad():
        inputs = z if z.requires_grad else z.detach().requires_grad_(True)
        values = function(inputs)
        if not values.requires_grad:
            return torch.zeros_like(z)
        (slope,) = torch.autograd.grad(
            values.sum(), inputs, create_graph=z.requires_grad, materialize_grads=True
        )
    return slope


def _piecewise(z: Tensor, below: float, above: float) -> Tensor:
    return above * z.clamp_min(0.0) + below * z.clamp_max(0.0)


def _piecewise_slope(z: Tensor, below: float, above: float) -> Tensor:
    return torch.where(z > 0, above, below).to(z)


def _linear(z: Tensor) -> Tensor:
    return z


def _erf_slope(z: Tensor) -> Tensor:
    return (2.0 / sqrt(pi)) * torch.exp(-z * z)


def _tanh_slope(z: Tensor) -> Tensor:
    return 1.0 - torch.tanh(z).square()


def _gelu(z: Tensor) -> Tensor:
    return z * torch.special.ndtr(z)


def _gelu_slope(z: Tensor) -> Tensor:
    return torch.special.ndtr(z) + z * torch.exp(-0.5 * z * z) / sqrt(2.0 * pi)


def _silu(z: Tensor) -> Tensor:
    return z * torch.sigmoid(z)


def _silu_slope(z: Tensor) -> Tensor:
    gate = torch.sigmoid(z)
    return gate * (1.0 + z * (1.0 - gate))


def _softplus(z: Tensor) -> Tensor:
    return torch.logaddexp(z, torch.zeros_like(z))


def _sigmoid_slope(z: Tensor) -> Tensor:
    gate = torch.sigmoid(z)
    return gate * (1.0 - gate)


def _negative_sin(z: Tensor) -> Tensor:
    return -torch.sin(z)


_RELU = piecewise_linear(0.0, 1.0, "relu")
_IDENTITY = piecewise_linear(1.0, 1.0, "linear")
_SILU = Activation("silu", _silu, _silu_slope)

#: The activations by name.
ACTIVATIONS: dict[str, Activation] = {
    "relu": _RELU,
    "leaky_relu": leaky_relu(),
    "abs": piecewise_linear(-1.0, 1.0, "abs"),
    "linear": _IDENTITY,
    "identity": _IDENTITY,
    "erf": Activation("erf", torch.erf, _erf_slope, closed_form=True),
    "sin": Activation("sin", torch.sin, torch.cos, closed_form=True),
    "cos": Activation("cos", torch.cos, _negative_sin, closed_form=True),
    "exp": Activation("exp", torch.exp, torch.exp, closed_form=True),
    "gelu": Activation("gelu", _gelu, _gelu_slope, closed_form=True),
    "tanh": Activation("tanh", torch.tanh, _tanh_slope),
    "sigmoid": Activation("sigmoid", torch.sigmoid, _sigmoid_slope),
    "silu": _SILU,
    "swish": _SILU,
    "softplus": Activation("softplus", _softplus, torch.sigmoid),
}

_TORCH_MODULES: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.Identity: "linear",
    nn.GELU: "gelu",
    nn.Tanh: "tanh",
    nn.Sigmoid: "sigmoid",
    nn.SiLU: "silu",
    nn.Softplus: "softplus",
}

_TORCH_FUNCTIONS: tuple[tuple[Any, str], ...] = (
    (torch.relu, "relu"),
    (nn.functional.relu, "relu"),
    (nn.functional.gelu, "gelu"),
    (nn.functional.silu, "silu"),
    (nn.functional.softplus, "softplus"),
    (nn.functional.tanh, "tanh"),
    (nn.functional.sigmoid, "sigmoid"),
    (nn.functional.leaky_relu, "leaky_relu"),
    (torch.tanh, "tanh"),
    (torch.sigmoid, "sigmoid"),
    (torch.erf, "erf"),
    (torch.special.erf, "erf"),
    (torch.sin, "sin"),
    (torch.cos, "cos"),
    (torch.exp, "exp"),
    (torch.abs, "abs"),
)
