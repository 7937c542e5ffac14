"""An image beside what a field makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from augury.errors import InvalidInputError
from augury.inference.fields.samplers import ImageSampler
from augury.models.bundled_surrogate import BundledSurrogate

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def peak_signal_to_noise(image: Any, reconstruction: Any, peak: float = 1.0) -> float:
    """`10 log10(peak^2 / mean squared error)`, in dB; infinite where there is no error.

    Args:
        image: numbers of any shape.
        reconstruction: of the same shape.
        peak: the largest possible value.

    Raises:
        InvalidInputError: other shapes.
    """
    image, reconstruction = (np.asarray(one, dtype=np.float64) for one in (image, reconstruction))
    if image.shape != reconstruction.shape:
        raise InvalidInputError(f"images of shapes {image.shape} and {reconstruction.shape} do not compare")
    error = float(np.mean(np.square(image - reconstruction)))
    return float("inf") if error == 0.0 else 10.0 * float(np.log10(peak**2 / error))


def image_moments(sampler: ImageSampler, model: BundledSurrogate) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mean and standard deviation of each pixel (`H x W x C` each), in blocks of pixels."""
    channels = [model.subset_output([c]).mean_variance(sampler.coordinates) for c in range(sampler.shape[2])]
    mean, variance = (
        torch.stack(parts, dim=-1).reshape(sampler.shape) for parts in zip(*channels, strict=True)
    )
    return mean.numpy(), variance.sqrt().numpy()


def field_picture(image: Any, reconstruction: Any, deviation: Any, title: str = "") -> Figure:
    """A figure of an image, its reconstruction, the error and the posterior standard deviation.

    Args:
        image: `H x W x C` in [0, 1], `C` of 1 or 3.
        reconstruction: of the same shape; cut to [0, 1] where shown.
        deviation: of the same shape.
        title: above the picture.

    Returns:
        A matplotlib figure: `figure.savefig("field.png")`.

    Raises:
        InvalidInputError: shapes that do not agree, or another number of channels.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    image, reconstruction, deviation = (np.asarray(one) for one in (image, reconstruction, deviation))
    if (
        image.ndim != 3
        or image.shape[2] not in (1, 3)
        or {reconstruction.shape, deviation.shape} != {image.shape}
    ):
        raise InvalidInputError(
            "needs three arrays of one shape, H x W x 1 or H x W x 3; given "
            f"{image.shape}, {reconstruction.shape}, {deviation.shape}"
        )
    height = 7.0 * image.shape[0] / image.shape[1] + 1.0
    figure = Figure(figsize=(9.0, min(max(height, 3.0), 18.0)), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(2, 2)
    error = np.abs(reconstruction - image).mean(axis=2)
    for place, name, colours in ((axes[0, 0], "image", image), (axes[0, 1], "field", reconstruction)):
        shown = np.clip(colours, 0.0, 1.0)
        place.imshow(shown[:, :, 0] if shown.shape[2] == 1 else shown, cmap="gray", vmin=0.0, vmax=1.0)
        place.set_title(name)
    for place, name, numbers in (
        (axes[1, 0], "absolute error", error),
        (axes[1, 1], "posterior standard deviation", np.sqrt(np.square(deviation).mean(axis=2))),
    ):
        drawn = place.imshow(numbers, cmap="viridis")
        figure.colorbar(drawn, ax=place, shrink=0.7)
        place.set_title(name)
    for place in axes.flat:
        place.set_axis_off()
    if title:
        figure.suptitle(title)
    return figure
