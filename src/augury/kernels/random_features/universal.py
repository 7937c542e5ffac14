"""Random features of an activation, whatever it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from augury.errors import InvalidInputError
from augury.kernels.activation import Activation, resolve_activation
from augury.kernels.random_features.base import RandomFeatures
from augury.kernels.random_features.fourier import FourierFeatures
from augury.kernels.random_features.fourier_series import FourierSeries
from augury.kernels.random_features.polynomial import PolynomialFeatures
from augury.kernels.random_features.power_series import PowerSeries


def universal_random_features(
    activation: str | Callable[[Tensor], Tensor] | Activation,
    num_features: int,
    input_dim: int,
    *,
    expansion: Literal["fourier", "hermite"] = "fourier",
    norms: tuple[float, float] = (1.0, 1.0),
    seed: int = 0,
) -> RandomFeatures:
    """Features whose product estimates `f(w^T x + b)` without bias, but for the error of the expansion of
    `f`.

    The expansion is made for arguments of the size of the norms' product: on twice that to either side for
    waves, for normal ones of that deviation for polynomials. Waves suit smooth functions (`cos` and `sin` are
    exact), polynomials also those with kinks (ReLU). `FourierFeatures` and `PolynomialFeatures` have further
    options.

    Args:
        activation: as in `augury.kernels.activation.resolve_activation`.
        num_features: number of features.
        input_dim: number of inputs.
        expansion: waves ("fourier") or polynomials ("hermite").
        norms: of the inputs and of the weights, about.
        seed: of the random numbers.

    Raises:
        InvalidInputError: an unknown activation or expansion, or one that does not serve this activation.
    """
    function = resolve_activation(activation)
    size = norms[0] * norms[1]
    if expansion == "fourier":
        series = FourierSeries.of(function, reach=2.0 * size)
        return FourierFeatures(series, num_features, input_dim, norms=norms, seed=seed)
    if expansion == "hermite":
        powers = PowerSeries.of(function, scale=size)
        return PolynomialFeatures(powers, num_features, input_dim, norms=norms, seed=seed)
    raise InvalidInputError(f"expansion must be 'fourier' or 'hermite'; given {expansion!r}")
