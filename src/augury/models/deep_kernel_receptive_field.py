"""How far the encoder of a deep kernel sees, beside the lengthscales of its kernel and of its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from math import e, prod

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.deep_kernel import DeepKernelGP
from augury.networks.array_encoder import ArrayEncoder
from augury.networks.global_convolution.encoder import SGConvEncoder
from augury.networks.receptive_field import EffectiveReceptiveField, effective_receptive_field


@dataclass(frozen=True)
class ModelReceptiveField:
    """What `model_receptive_field` finds.

    Args:
        field: of the encoder.
        lengthscales: of the kernel, in standard deviations of each feature over the training rows (one for
            all features: of their joint deviation); None for a kernel without.
        correlation_length: of the training arrays, in places: where the correlation of two places, averaged
            over directions, has fallen to 1/e. An encoder that sees less far cannot tell such arrays apart by
            how they vary; infinite if it never falls so far.
    """

    field: EffectiveReceptiveField
    lengthscales: Tensor | None
    correlation_length: float


def model_receptive_field(
    model: DeepKernelGP, outcome: int = 0, *, rows: int = 16, stage: int = -1, absolute: bool = True
) -> ModelReceptiveField:
    """The effective receptive field of a fitted deep kernel on its own training rows.

    Args:
        model: with an `ArrayEncoder`.
        outcome: whose encoder.
        rows: number of training rows it is averaged over.
        stage: of the encoder.
        absolute: see `effective_receptive_field`; a trained feature may well fall where an input rises.

    Raises:
        InvalidInputError: an encoder that is no `ArrayEncoder`.
    """
    encoder = model.encoder(outcome)
    if not isinstance(encoder, ArrayEncoder):
        raise InvalidInputError(
            f"the encoder is {type(encoder).__name__}, whose inputs have no places; a receptive field is "
            "that of an ArrayEncoder(network, shape)"
        )
    X = model.train_inputs[0]
    with torch.no_grad():
        inputs, features = model.network_inputs(X, outcome), model.features(X, outcome)
    first = encoder.first or 0
    arrays = inputs[:, first : first + prod(encoder.shape)].reshape(-1, *encoder.shape)
    last = isinstance(encoder.network, SGConvEncoder)
    field = effective_receptive_field(
        encoder.network, arrays[:rows], stage=stage, absolute=absolute, channels_last=last
    )
    lengthscales = getattr(model.kernel(outcome), "lengthscale", None)
    if lengthscales is not None:
        lengthscales = lengthscales.detach().flatten()
        deviations = features.std(0, correction=0)
        if lengthscales.numel() != deviations.numel():
            deviations = deviations.square().sum().sqrt()
        lengthscales = lengthscales / deviations
    return ModelReceptiveField(field, lengthscales, correlation_length(arrays.mT if last else arrays))


def correlation_length(arrays: Tensor) -> float:
    """Places over which the correlation within arrays falls to 1/e, on average over channels and directions.

    Args:
        arrays: `B x C x ...`.

    Returns:
        Interpolated between whole lags; infinite where it does not fall so far within the array.
    """
    centred = arrays - arrays.mean(0)
    lengths = []
    for axis in range(2, arrays.dim()):
        lines = centred.movedim(axis, -1)
        side = lines.shape[-1]
        products = [(lines[..., lag:] * lines[..., : side - lag]).mean() for lag in range(side)]
        correlation = torch.stack(products) / products[0].clamp_min(torch.finfo(lines.dtype).tiny)
        below = (correlation < 1.0 / e).nonzero().flatten()
        if not len(below):
            lengths.append(float("inf"))
            continue
        lag = int(below[0])
        high, low = float(correlation[lag - 1]), float(correlation[lag])
        lengths.append(lag - 1 + (high - 1.0 / e) / (high - low))
    return sum(lengths) / len(lengths)
