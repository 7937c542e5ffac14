"""The dual map that belongs to an activation."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from augury.kernels.activation import Activation, resolve_activation
from augury.kernels.closed_forms import ErfDual, ExpDual, GeluDual, PiecewiseLinearDual, WaveDual
from augury.kernels.dual import Dual
from augury.kernels.hermite import HermiteDual

_CLOSED_FORMS: dict[str, Callable[[], Dual]] = {
    "erf": ErfDual,
    "sin": lambda: WaveDual(-1.0),
    "cos": lambda: WaveDual(1.0),
    "exp": ExpDual,
    "gelu": GeluDual,
}


def dual_of(activation: str | Callable[[Tensor], Tensor] | Activation) -> Dual:
    """The dual map of an activation: its closed form where there is one, else its Hermite series.

    Args:
        activation: as `resolve_activation` takes it.
    """
    activation = resolve_activation(activation)
    if activation.slopes is not None:
        return PiecewiseLinearDual(*activation.slopes)
    if activation.closed_form:
        return _CLOSED_FORMS[activation.name]()
    return HermiteDual(activation.function, activation.derivative)
