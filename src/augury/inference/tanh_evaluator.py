"""The posterior of tanh networks for samplers: closed forms on NumPy buffers, output biases integrated
out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import DTypeLike

from augury.inference.evaluator import Array, Evaluator
from augury.inference.noise_prior import LOG_NOISE_LOCATION, LOG_NOISE_SCALE, NOISE_FLOOR
from augury.inference.weight_prior import GaussianWeightPrior
from augury.networks.dense_gradient import TanhStackGradient

if TYPE_CHECKING:
    from augury.inference.network_density import NetworkDensity

Layers = list[tuple[int, int, bool]]


@final
class TanhEvaluator(Evaluator):
    r"""The posterior of a tanh network under a normal prior, without the biases of its outputs.

    An output's bias `b` shifts all its values alike: by far the stiffest direction of the posterior, which
    would dictate the step size. Given the rest it is normal, so it is integrated out: with residuals
    `r = y - (f - b)`, precisions `w_i = 1 / sigma_i^2`, `A = sum w_i` and `kappa = v / (1 + v A)`,

    .. math::
        \log p(y \mid \ldots) = -\tfrac12 \Big[ \sum_i w_i r_i^2 - \kappa \big(\sum_i w_i r_i\big)^2
            - \sum_i \log w_i + \log(1 + v A) \Big], \qquad
        b \mid \ldots \sim \mathcal N\big(\kappa \textstyle\sum_i w_i r_i, \kappa\big)

    Args:
        density: of a network for which `applies` holds.
        C: number of chains.
    """

    def __init__(self, density: NetworkDensity, C: int) -> None:
        assert isinstance(density.prior, GaussianWeightPrior)
        self._density = density
        self._o, self._inferred = density.num_outputs, density.noise is None
        self._P = density.num_weights - self._o  # weights that are sampled; output biases stand last
        variance = density.prior.variance.numpy()
        self._precision = 1.0 / variance[: self._P]
        self._bias_variance = variance[self._P :, None]  # o x 1
        scale = density.scale.numpy()
        super().__init__(np.concatenate([scale[: self._P], scale[density.num_weights :]]))
        self._Y = np.ascontiguousarray(density.Y.numpy().T)
        self._weights = None if density.noise is None else np.ascontiguousarray(1.0 / density.noise.numpy().T)
        self._double, self._single = self._stack(C, np.float64), self._stack(C, np.float32)
        self._result = np.empty((C, len(self.scale)))
        self._spare = np.empty((C, self._P))

    @staticmethod
    def applies(density: NetworkDensity) -> bool:
        """Whether the network is a tanh stack with output biases, and its prior is normal."""
        stack = density.network.dense
        return (
            stack is not None
            and stack.is_tanh
            and stack.layers[-1][2]
            and density.X.dim() == 2
            and isinstance(density.prior, GaussianWeightPrior)
        )

    def value_gradient(self, position: Array) -> tuple[Array, Array]:
        value, gradient = self._likelihood(self._double, position, gradient=True)
        assert gradient is not None
        return value - self._minus_log_prior(position), gradient

    def value(self, position: Array) -> Array:
        return self._likelihood(self._double, position)[0] - self._minus_log_prior(position)

    def gradient(self, position: Array) -> Array:
        gradient = self._likelihood(self._single, position, gradient=True)[1]
        assert gradient is not None
        return gradient

    def reduce(self, theta: Array) -> Array:
        return np.concatenate([theta[:, : self._P], theta[:, self._P + self._o :]], axis=1)

    def complete(self, position: Array, rng: np.random.Generator) -> Array:
        noise = rng.standard_normal((len(position), self._o))
        parts = []
        size = len(self._result)
        for start in range(0, len(position), size):  # the buffers hold as many as there are chains
            block = position[start : start + size]
            padded = np.concatenate([block, np.repeat(block[:1], size - len(block), axis=0)])
            residual = self._residual(self._double, padded)
            w = self._noise_weights(padded)
            kappa = self._bias_variance / (1.0 + self._bias_variance * _sum(w, residual.shape))
            mean = -kappa * (w * residual).sum(axis=2, keepdims=True)
            kappa = np.broadcast_to(kappa, mean.shape)
            parts.append(np.concatenate([mean, kappa], axis=2)[: len(block)])
        moments = np.concatenate(parts)
        bias = moments[..., 0] + np.sqrt(moments[..., 1]) * noise
        return np.concatenate([position[:, : self._P], bias, position[:, self._P :]], axis=1)

    def _stack(self, C: int, dtype: DTypeLike) -> TanhStackGradient:
        stack = self._density.network.dense
        assert stack is not None
        out, fan_in, _ = stack.layers[-1]
        return TanhStackGradient(
            [*stack.layers[:-1], (out, fan_in, False)], self._density.X.numpy(), C, dtype
        )

    def _residual(self, stack: TanhStackGradient, position: Array) -> np.ndarray[Any, np.dtype[Any]]:
        """`C x o x n`: outputs without their biases, minus the outcomes."""
        residual = stack.outputs(position[:, : self._P])
        np.subtract(residual, self._Y, out=residual, casting="same_kind")
        return residual

    def _noise_weights(self, position: Array) -> Array:
        """The precisions, `C x o x 1` where the noise is inferred and `o x n` where it is known."""
        if self._weights is not None:
            return self._weights
        w: Array = 1.0 / (np.exp(2.0 * position[:, self._P :, None]) + NOISE_FLOOR**2)
        return w

    def _likelihood(
        self, stack: TanhStackGradient, position: Array, *, gradient: bool = False
    ) -> tuple[Array, Array | None]:
        residual = self._residual(stack, position)
        w, v = self._noise_weights(position), self._bias_variance
        total = _sum(w, residual.shape)  # A
        kappa = v / (1.0 + v * total)  # ... x o x 1
        weighted = residual * w  # in double precision
        linear = weighted.sum(axis=2, keepdims=True)
        quadratic = (weighted * residual).sum(axis=2, keepdims=True)
        value = quadratic - kappa * linear**2 + np.log1p(v * total)
        value = -0.5 * value.sum(axis=(1, 2))
        if self._inferred:
            log_noise = position[:, self._P :]
            deviation = (log_noise - LOG_NOISE_LOCATION) / LOG_NOISE_SCALE
            value += 0.5 * (residual.shape[2] * np.log(w[..., 0]) - deviation**2).sum(axis=1)
        if not gradient:
            return value, None
        result = self._result
        if self._inferred:
            by_noise = quadratic - kappa * (2.0 - kappa * total) * linear**2
            by_noise += kappa * total - residual.shape[2]
            by_noise *= 1.0 - NOISE_FLOOR**2 * w
            result[:, self._P :] = by_noise[..., 0] - deviation / LOG_NOISE_SCALE
        weighted -= kappa * linear * w
        np.negative(weighted, out=residual, casting="same_kind")
        np.multiply(position[:, : self._P], self._precision, out=self._spare)
        np.subtract(stack.pullback(residual), self._spare, out=result[:, : self._P])
        return value, result

    def _minus_log_prior(self, position: Array) -> Array:
        half: Array = 0.5 * (position[:, : self._P] ** 2 @ self._precision)
        return half


def _sum(w: Array, shape: tuple[int, ...]) -> Array:
    """The sum of the precisions over the rows, `... x o x 1`."""
    return w.sum(axis=-1, keepdims=True) if w.shape[-1] == shape[-1] > 1 else w * shape[-1]
