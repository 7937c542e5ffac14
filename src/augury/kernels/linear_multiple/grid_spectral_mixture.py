"""Spectral mixtures on a grid of frequencies, of which only the weights are learnt (GSM and GSMP)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from math import pi
from typing import Literal, final

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.kernels.linear_multiple.base import LinearMultipleKernel
from augury.kernels.linear_multiple.components import Components
from augury.kernels.linear_multiple.lags import Lags
from augury.kernels.linear_multiple.row_pairs import RowPairs, distinct_differences
from augury.numerics.linalg import pivoted_root
from augury.numerics.quasi_random import quasi_uniform

Sampling = Literal["uniform", "sobol", "random"]

#: So many components on one input, and on each of several.
_OF_ONE_INPUT, _OF_EACH_INPUT = 500, 100
#: Products over several inputs are formed in chunks of this many entries (32 MiB).
_CHUNK_ENTRIES = 1 << 22
#: A sum by factors takes `n^2 2^P` operations on each component, one by differences a number for each of
#: them, which is read at this many times the time of an operation; a table of these has at most 512 MiB.
_WORTH, _LAG_ENTRIES = 8, 1 << 26
#: From so many inputs on, also where differences do not repeat; of fewer, making the numbers takes too long.
_MANY_INPUTS = 4
#: So many differences at once are read from tables of cosines, which keeps them in the cache.
_LAG_BLOCK = 64
#: What may be left of the envelope's diagonal, which is 1, as a share of the number of rows.
_ENVELOPE_TOLERANCE = 1e-14


@final
class GridSpectralMixtureKernel(LinearMultipleKernel):
    r"""Spectral mixture with fixed frequencies and width, one weight per component.

    .. math::
        k(x, x') = \sum_{i=1}^{A} \theta_i \prod_{p=1}^{P} e^{-2 \pi^2 \tau_p^2 s_p^2}
        \cos(2 \pi \mu_{ip} \tau_p), \qquad \tau = x - x'

    Of one input this is the grid spectral mixture (GSM), of several the product form (GSMP), whose number of
    components is linear in the number of inputs. With the defaults inputs are meant in units of the spacing
    of the observations, in which no frequency above 1/2 can be told from a lower one.

    Sources: Suwandi et al. (2023), "Sparsity-aware distributed learning for Gaussian processes with linear
    multiple kernel"; Yin et al., "Linear multiple low-rank kernel based stationary Gaussian processes
    regression for time series", IEEE Trans. Signal Process. 68 (2020), for one input.

    Args:
        num_dims: number of inputs `P`.
        num_components: `A`; 500 for one input, 100 for each of several when None.
        frequency_range: lowest and highest frequency, in periods per unit of the input; one pair for all
            inputs, or one for each.
        std: standard deviation `s_p` of each component's frequency; one for all inputs, or one for each.
        sampling: "uniform": equal steps, the same in all inputs; "sobol": points of low discrepancy, the
            first of which is the lowest frequency; "random": independent. By default uniform for one input,
            Sobol for several.
        seed: of the points that are not uniform.

    Raises:
        InvalidInputError: counts below one, an empty range, a negative width, a sampling of another name.
    """

    frequencies: Tensor  # A x P
    std: Tensor  # P

    def __init__(
        self,
        num_dims: int = 1,
        num_components: int | None = None,
        frequency_range: tuple[float, float] | Sequence[tuple[float, float]] = (0.0, 0.5),
        std: float | Sequence[float] = 1e-3,
        sampling: Sampling | None = None,
        seed: int = 0,
    ) -> None:
        if num_dims < 1:
            raise InvalidInputError(f"num_dims must be at least 1; given {num_dims}")
        if num_components is None:
            num_components = _OF_ONE_INPUT if num_dims == 1 else _OF_EACH_INPUT * num_dims
        super().__init__(num_components)
        ranges = np.broadcast_to(np.asarray(frequency_range, dtype=np.float64), (num_dims, 2))
        widths = np.broadcast_to(np.asarray(std, dtype=np.float64), (num_dims,))
        if not (
            np.isfinite(ranges).all() and (ranges[:, 0] >= 0).all() and (ranges[:, 0] <= ranges[:, 1]).all()
        ):
            raise InvalidInputError(
                f"frequency_range must be 0 <= lowest <= highest; given {frequency_range}"
            )
        if not (np.isfinite(widths).all() and (widths >= 0).all()):
            raise InvalidInputError(f"std must be finite and not negative; given {std}")
        sampling = sampling or ("uniform" if num_dims == 1 else "sobol")
        grid = _unit_grid(num_components, num_dims, sampling, seed)
        frequencies = ranges[:, 0] + grid * (ranges[:, 1] - ranges[:, 0])
        self.register_buffer("frequencies", torch.from_numpy(frequencies))
        self.register_buffer("std", torch.from_numpy(widths.copy()))

    @property
    def num_dims(self) -> int:
        """The number of inputs."""
        return len(self.std)

    def _envelope(self, x1: Tensor, x2: Tensor) -> Tensor:
        difference = (x1 * self.std).unsqueeze(-2) - (x2 * self.std).unsqueeze(-3)
        return (-2.0 * pi**2 * difference.square().sum(dim=-1)).exp()

    def combination(self, x1: Tensor, x2: Tensor, weights: Tensor, indices: Tensor) -> Tensor:
        x1, x2 = x1.double(), x2.double()
        self._check_width(x1)
        angles = 2.0 * pi * self.frequencies[indices]
        envelope = self._envelope(x1, x2)
        if self.num_dims == 1:
            left, right = (torch.cat([(x @ angles.T).cos(), (x @ angles.T).sin()], dim=-1) for x in (x1, x2))
            return envelope * ((left * weights.repeat(2)) @ right.mT)
        size = max(1, _CHUNK_ENTRIES // max(envelope.numel(), 1))
        total = torch.zeros_like(envelope)
        for part, weight in zip(angles.split(size), weights.split(size), strict=True):
            total = total + (_products(x1, x2, part) * weight).sum(dim=-1)
        return envelope * total

    def diagonal_combination(self, x: Tensor, weights: Tensor, indices: Tensor) -> Tensor:
        return weights.sum().expand(x.shape[:-1])

    def components(self, X: Tensor) -> Components:
        X = X.double()
        self._check_width(X)
        n, A, P = len(X), len(self.frequencies), self.num_dims
        with torch.no_grad():
            pairs = distinct_differences(X.numpy(), _most_differences(n, A, P))
            lags = None if pairs is None else Lags.of(self._at_differences(pairs.differences), pairs)
        if n < 2**P:  # products of cosines would be no shorter than the matrix
            made, size = partial(self._square_factors, X), n
        else:
            made, size = partial(self._factors, X.numpy()), 2**P
        root = cache(partial(self._envelope_root, X, pairs))
        return Components(made, n, np.full(A, size), np.arange(A), root, lags)

    def _envelope_root(self, X: Tensor, pairs: RowPairs | None) -> np.ndarray:
        """`n x g` with the envelope at `X` (`n x P`) as its outer product."""
        if pairs is None:
            with torch.no_grad():
                envelope = self._envelope(X, X).numpy()
        else:
            envelope = pairs.matrix(self._envelope_at(pairs.differences))
        return pivoted_root(envelope, _ENVELOPE_TOLERANCE * len(X))

    def _envelope_at(self, differences: np.ndarray) -> np.ndarray:
        """`U` numbers: the envelope at `U x P` differences."""
        values: np.ndarray = np.exp(-2.0 * pi**2 * ((differences * self.std.numpy()) ** 2).sum(axis=1))
        return values

    def _factors(self, X: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """`n x A 2^P`: products of a cosine or a sine of each input (`n x P`), of `A` of the components."""
        n, A = len(X), len(kept)
        factors = np.ones((n, A, 1))
        for column, frequencies in zip(X.T, self.frequencies.numpy()[kept].T, strict=True):
            angle = 2.0 * pi * column[:, None] * frequencies
            waves = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
            factors = (factors[..., :, None] * waves[..., None, :]).reshape(n, A, -1)
        return factors.reshape(n, -1)

    def _square_factors(self, X: Tensor, kept: np.ndarray) -> np.ndarray:
        """`n x A n`: roots of the products of cosines at `X` (`n x P`), of `A` of the components."""
        n = len(X)
        sides = 2.0 * pi * self.frequencies[torch.from_numpy(kept)]
        with torch.no_grad():
            short = Components.of_matrices([_products(X, X, side[None])[..., 0].numpy() for side in sides])
        factors = np.zeros((n, len(kept) * n))
        filled = np.arange(n) < short.sizes[:, None]
        factors[:, filled.reshape(-1)] = short.factors
        return factors

    def _at_differences(self, differences: np.ndarray) -> np.ndarray:
        """`U x A`: the components at `U x P` differences."""
        steps, angles = torch.from_numpy(differences).T, 2.0 * pi * self.frequencies.T
        readers = [_cosine_reader(*one) for one in zip(steps, angles, strict=True)]
        envelope = self._envelope_at(differences)[:, None]
        values = np.empty((len(differences), len(self.frequencies)))
        for first in range(0, len(values), _LAG_BLOCK):
            block = slice(first, first + _LAG_BLOCK)
            part = values[block]
            part[:] = envelope[block]
            for read in readers:
                part *= read(block)
        return values

    def _check_width(self, x: Tensor) -> None:
        if x.shape[-1] != self.num_dims:
            raise InvalidInputError(
                f"the kernel has {self.num_dims} inputs; given points of width {x.shape[-1]}"
            )


def _most_differences(n: int, A: int, P: int) -> int:
    """With so many at most, sums by them are quicker than by factors."""
    shorter = n**2 * 2**P // _WORTH
    repeated = n**2 // 3
    return min(shorter if P >= _MANY_INPUTS else min(shorter, repeated), _LAG_ENTRIES // A)


def _cosine_reader(steps: Tensor, angles: Tensor) -> Callable[[slice], np.ndarray]:
    """Gives the cosines of some steps (of `U`) times all angles, from a table where few steps differ."""

    def cosines(steps: Tensor) -> np.ndarray:
        values: np.ndarray = torch.outer(steps, angles).cos_().numpy()
        return values

    levels, place = np.unique(steps.numpy(), return_inverse=True)
    if 2 * len(levels) > len(steps):
        return lambda block: cosines(steps[block])
    table = cosines(torch.from_numpy(levels))
    return lambda block: table.take(place[block], axis=0)


def _products(x1: Tensor, x2: Tensor, angles: Tensor) -> Tensor:
    """`... x n1 x n2 x A`: the products over the inputs of `cos(angle_p tau_p)`."""
    difference = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    product = (difference[..., :1] * angles[:, 0]).cos()
    for p in range(1, angles.shape[-1]):
        product = product * (difference[..., p : p + 1] * angles[:, p]).cos()
    return product


def _unit_grid(count: int, dim: int, sampling: Sampling, seed: int) -> np.ndarray:
    """`count x dim` points of the unit cube."""
    if sampling == "uniform":
        return np.repeat(np.linspace(0.0, 1.0, count)[:, None], dim, axis=1)
    if sampling == "random":
        return np.random.default_rng(seed).random((count, dim))
    if sampling == "sobol":
        points = quasi_uniform(count, dim, seed)
        points[0] = 0.0
        return points
    raise InvalidInputError(f"sampling must be 'uniform', 'sobol' or 'random'; given {sampling!r}")
