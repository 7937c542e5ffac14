"""Regression from arrays: pictures, fields and series with one number each."""

from __future__ import annotations

import numpy as np

from augury.errors import InvalidInputError

#: Where fields and series lie in the unit interval: so many standard deviations from its middle to its ends.
_REACH = 4.0


def rotated_digits(n: int, seed: int, side: int = 32, largest: float = 45.0) -> tuple[np.ndarray, np.ndarray]:
    """Handwritten digits turned by random angles, and the angles.

    Each picture shows another handwritten digit (scikit-learn's 8 x 8 ones, enlarged). The regression of an
    angle from pictures is that of Wilson et al. (2016), there with faces.

    Args:
        n: number of pictures, at most 1,797.
        seed: of their choice and of the angles.
        side: of the pictures.
        largest: angle in degrees, to either side.

    Returns:
        `n x side^2` in `[0, 1]`, and `n` angles in degrees.

    Raises:
        InvalidInputError: more pictures than there are digits.
    """
    from scipy.ndimage import rotate, zoom
    from sklearn.datasets import load_digits

    images = load_digits().images / 16.0
    if not 1 <= n <= len(images):
        raise InvalidInputError(f"there are {len(images)} digits; asked for {n}")
    generator = np.random.default_rng(seed)
    chosen = generator.permutation(len(images))[:n]
    angles = generator.uniform(-largest, largest, n)
    turned = [
        rotate(zoom(images[index], side / images.shape[-1], order=1), angle, order=1, reshape=False)
        for index, angle in zip(chosen, angles, strict=True)
    ]
    return np.clip(np.stack(turned), 0.0, 1.0).reshape(n, -1), angles


def screened_poisson_fields(
    n: int, seed: int, side: int = 32, lengths: tuple[float, float] = (1.0, 8.0)
) -> tuple[np.ndarray, np.ndarray]:
    r"""Fields of random sources on a torus, and how far each source is felt.

    .. math:: (\ell^{-2} - \nabla^2)\, u = \xi

    with white noise `xi` and screening length `ell`, in places of the grid; each field is scaled to
    variance 1, so that its size does not tell the length.

    Args:
        n: number of fields.
        seed: of sources and lengths.
        side: of the grid.
        lengths: the shortest and the longest screening length; logarithms are uniform between.

    Returns:
        `n x side^2` (variance 1, as eighths about 1/2), and the `n` logarithms of the lengths.
    """
    generator = np.random.default_rng(seed)
    sources = generator.standard_normal((n, side, side))
    logarithms = generator.uniform(np.log(lengths[0]), np.log(lengths[1]), n)
    wave = 2.0 * np.pi * np.fft.fftfreq(side)
    squared = wave[:, None] ** 2 + wave**2
    screening = np.exp(-2.0 * logarithms)[:, None, None]
    fields = np.fft.ifft2(np.fft.fft2(sources) / (screening + squared)).real.reshape(n, -1)
    return 0.5 + 0.5 * fields / fields.std(axis=1, keepdims=True) / _REACH, logarithms


def fading_memory_series(
    n: int, seed: int, length: int = 256, exponent: float = 0.7, each_step: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    r"""White series, and a response that remembers all of each, ever more faintly: a fractional integral.

    .. math:: y_t = \sum_{s \le t} (t - s + 1)^{-a} u_s

    Args:
        n: number of series.
        seed: of the series.
        length: number of steps.
        exponent: `a`.
        each_step: whether the response is wanted at each step, or at the last.

    Returns:
        `n x length` (variance 1, as eighths about 1/2), and `n` responses or `n x length`.
    """
    from scipy.signal import fftconvolve

    series = np.random.default_rng(seed).standard_normal((n, length))
    memory = np.arange(1.0, length + 1.0) ** -exponent
    response = fftconvolve(series, memory[None], axes=1)[:, :length]
    return 0.5 + 0.5 * series / _REACH, response if each_step else response[:, -1]
