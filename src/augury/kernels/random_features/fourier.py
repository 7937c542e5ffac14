"""Random features of activations that are sums of waves."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.kernels.random_features.base import RandomFeatures, biases, check_counts
from augury.kernels.random_features.directions import allocate, gaussian_directions
from augury.kernels.random_features.fourier_series import FourierSeries


@final
class FourierFeatures(RandomFeatures):
    r"""Unbiased features of `f(w^T x + b)`, `f(z) = Re sum_k c_k exp(i omega_k z)`.

    A wave is a product of an input and of weights in an exponent, which is linear in expectation over normal
    directions `g`: with `A >= 0`, `C = sqrt(1 + 4 A)` and the norms' ratio `r`,

    .. math::
        e^{u^T v} &= \mathbb E_g[L_g(u) L_g(v)], \qquad
            L_g(u) = C^{d/2} \exp\big(-A |g|^2 + C g^T u - u^T u / 2\big) \\
        e^{i \omega w^T x} &= e^{u^T v} \quad \text{with} \quad
            u = i \sqrt{\omega / r}\, x, \quad v = \sqrt{\omega r}\, w

    Each wave has a share of the directions, larger where its term varies more; the constant is exact. A
    feature is a direction and a wave, in two real columns. Real parts of products:
    `Re(a b) = Re a Re b - Im a Im b`, the sign being with the weights. The variance grows like
    `exp(2 omega |x| |w|)`: scale inputs and weights so that the product of their norms is about 1.

    Source: Sehanobish et al. (2024), section 3; the general `A` from Likhosherstov et al., "Chefs' random
    tables" (2022), equation 8. The split of `omega` by the norms, `A` and the moments are derived here.

    Args:
        series: the activation.
        num_features: number of directions over all waves, at least one for each.
        input_dim: number `d` of inputs.
        norms: of the inputs and of the weights, about: they decide on `r`, `A` and the shares.
        damping: `A`; the best one for independent directions when None.
        orthogonal: directions of one wave are orthogonal in blocks of `d`.
        antithetic: directions come in pairs of opposite sign.
        seed: of the directions.

    Raises:
        InvalidInputError: a number or norm that is not positive, or a negative damping.
    """

    frequencies: Tensor
    wave: Tensor
    counts: Tensor
    directions: Tensor
    damping: Tensor
    phase: Tensor

    def __init__(
        self,
        series: FourierSeries,
        num_features: int,
        input_dim: int,
        *,
        norms: tuple[float, float] = (1.0, 1.0),
        damping: float | None = None,
        orthogonal: bool = True,
        antithetic: bool = True,
        seed: int = 0,
    ) -> None:
        check_counts(num_features, input_dim)
        if not min(norms) > 0.0:
            raise InvalidInputError(f"norms must be positive; given {norms}")
        if damping is not None and not damping >= 0.0:
            raise InvalidInputError(f"damping must not be negative; given {damping:g}")
        waves = series.frequencies > 0.0
        frequencies, coefficients = series.frequencies[waves], series.coefficients[waves]
        constant = float(series.coefficients[~waves].real.sum())
        spread = torch.expm1(2.0 * frequencies * norms[0] * norms[1]).sqrt()
        counts = allocate(coefficients.abs() * spread, num_features)
        super().__init__(input_dim, 2 * int(counts.sum()) + (constant != 0.0))
        self.ratio, self.constant, self.antithetic = norms[0] / norms[1], constant, antithetic
        generator = torch.Generator().manual_seed(seed)
        directions = [
            gaussian_directions(count, input_dim, generator, orthogonal=orthogonal, antithetic=antithetic)
            for count in counts.tolist()
        ]
        strengths = frequencies * norms[0] * norms[1]
        best = _best_damping(strengths, input_dim) if damping is None else strengths.new_tensor(damping)
        wave = torch.arange(len(frequencies)).repeat_interleave(counts)
        self.register_buffer("wave", wave, persistent=False)
        self.register_buffer("counts", counts, persistent=False)
        self.register_buffer("frequencies", frequencies)
        # complex numbers as pairs: a module's conversion to another precision would drop their phases
        self.register_buffer("phase", torch.view_as_real(coefficients.resolve_conj()).clone())
        self.register_buffer("damping", best.expand(len(frequencies)).clone())
        self.register_buffer("directions", torch.cat(directions))

    @property
    def _stretch(self) -> Tensor:
        """`C` of each wave."""
        return (1.0 + 4.0 * self.damping).sqrt()

    def _log_modulus(self) -> Tensor:
        """`log C^{d/2} - A |g|^2` of each feature."""
        norms = self.directions.square().sum(dim=-1)
        return (0.5 * self.input_dim * self._stretch.log())[self.wave] - self.damping[self.wave] * norms

    def input_features(self, X: Tensor) -> Tensor:
        self._check(X, "inputs")
        omega = self.frequencies[self.wave]
        angle = X @ (self._stretch[self.wave] * (omega / self.ratio).sqrt() * self.directions.mT)
        growth = 0.5 * omega / self.ratio * X.square().sum(dim=-1, keepdim=True)
        modulus = (self._log_modulus() + growth).exp()
        columns = [modulus * angle.cos(), modulus * angle.sin()]
        if self.constant:
            columns.append(X.new_ones(*X.shape[:-1], 1))
        return torch.cat(columns, dim=-1)

    def weight_features(self, W: Tensor, b: Tensor | None = None) -> Tensor:
        self._check(W, "weights")
        omega = self.frequencies[self.wave]
        projected = W @ (self._stretch[self.wave] * (omega * self.ratio).sqrt() * self.directions.mT)
        growth = -0.5 * omega * self.ratio * W.square().sum(dim=-1, keepdim=True)
        modulus = (self._log_modulus() + projected + growth).exp() / self.counts[self.wave]
        phase = torch.view_as_complex(self.phase)[self.wave]
        factor = phase * torch.polar(torch.ones_like(modulus), biases(b, W).unsqueeze(-1) * omega)
        columns = [modulus * factor.real, -modulus * factor.imag]
        if self.constant:
            columns.append(W.new_full((*W.shape[:-1], 1), self.constant))
        return torch.cat(columns, dim=-1)

    def _waves(self, X: Tensor, W: Tensor, b: Tensor | None) -> Tensor:
        """`K x n x l` complex terms of the series."""
        z = X @ W.mT + biases(b, W)
        omega, c = self.frequencies[:, None, None], torch.view_as_complex(self.phase)[:, None, None]
        return c * torch.polar(torch.ones_like(z), omega * z)

    def expectation(self, X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
        return self._waves(X, W, b).real.sum(dim=0) + self.constant

    def deviation(self, X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
        r"""See `RandomFeatures`; of each wave, `E|Z|^2` and `E Z^2` are normal integrals,

        .. math:: \mathbb E_g e^{-4 A |g|^2 + 2 C g^T a} = (1 + 8 A)^{-d/2} e^{2 C^2 a^T a / (1 + 8 A)}

        with `a = Re(u + v)` and `a = u + v`; in antithetic pairs `a = i Im(u + v)` and `a = 0` too.
        """
        omega, A = self.frequencies[:, None, None], self.damping[:, None, None]
        term = self._waves(X, W, b)
        inputs = omega / self.ratio * X.square().sum(dim=-1, keepdim=True)
        weights = omega * self.ratio * W.square().sum(dim=-1)
        log_scale = self.input_dim * (torch.log1p(4.0 * A) - 0.5 * torch.log1p(8.0 * A))
        slope = 2.0 * (1.0 + 4.0 * A) / (1.0 + 8.0 * A)
        squares = weights - inputs  # u'u + v'v
        modulus = term.abs().square() * (log_scale + slope * weights - squares).exp()
        # term^2 holds exp(2 u'v): (u + v)'(u + v) = u'u + v'v + 2 u'v
        plain = torch.view_as_complex(self.phase)[:, None, None].square() * torch.polar(
            torch.ones_like(modulus), 2.0 * omega * biases(b, W)
        )
        phase = 2.0 * omega * (X @ W.mT)
        square = plain * torch.polar((log_scale + (slope - 1.0) * squares).exp(), slope * phase)
        variance = 0.5 * (modulus + square.real) - term.real.square()
        counts = self.counts[:, None, None]
        total = variance / counts
        if self.antithetic:
            opposite = term.abs().square() * (log_scale - slope * inputs - squares).exp()
            both = plain * (log_scale - squares).exp()
            covariance = 0.5 * (opposite + both.real) - term.real.square()
            total = total + 2 * (counts // 2) * covariance / counts**2
        return total.sum(dim=0).clamp_min(0.0).sqrt()


def _best_damping(strength: Tensor, dim: int) -> Tensor:
    r"""The `A` of the least second moment, `16 d A^2 + (2 d - 4 s) A = s` with `s = omega |x| |w|`."""
    half = 2.0 * dim - 4.0 * strength
    return ((half.square() + 64.0 * dim * strength).sqrt() - half) / (32.0 * dim)
