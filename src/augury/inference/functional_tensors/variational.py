"""Message passing between the modes of a functional tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from math import lgamma, log, pi

import torch
from torch import Tensor

from augury.inference.functional_tensors.contraction import Contraction, Moments
from augury.inference.functional_tensors.mode import Mode

#: Entries are taken in blocks whose largest intermediate result has this many numbers (32 MiB).
_BLOCK_NUMBERS = 1 << 22
#: The prior of the noise's precision: Gamma(1, 1e-3), for standardised outcomes of any small noise.
_SHAPE, _RATE = 1.0, 1e-3
#: Added to predicted variances, of standardised outcomes.
_LEAST_VARIANCE = 1e-10


class FunctionalTensor:
    r"""The posterior :math:`\prod_k q(Z^k)\, q(W)\, q(\tau)` of a functional tensor.

    Each entry sends every mode the message :math:`\Lambda_n = \tau E[b b^T]`, :math:`\eta_n = \tau y_n E[b]`,
    `b` what multiplies that mode's vector; only their sums at each distinct coordinate are kept. The mode's
    posterior is then that of a Gauss-Markov chain. Mode by mode and without damping this is variational
    inference, whose bound never falls.

    Sources: Fang et al., "Functional Bayesian Tucker decomposition for continuous-indexed tensor data", ICLR
    2024, whose conditional expectation propagation has these messages; Kalman smoothing in information form
    and sums instead of one message per entry are ours.

    Args:
        modes: of each coordinate.
        contraction: how they make a value.
        y: `N` outcomes.
        noise: `N` known noise variances; learnt when None.
        constant: whether a constant, at its best value, is added to the products. Without it the mean of the
            outcomes takes up a rank.
    """

    def __init__(
        self,
        modes: Sequence[Mode],
        contraction: Contraction,
        y: Tensor,
        noise: Tensor | None = None,
        constant: bool = True,
    ) -> None:
        self.modes, self.contraction = list(modes), contraction
        self._given, self._noise = y, noise
        self._fits_constant, self._constant = constant, 0.0
        self._shape, self._rate = _SHAPE, _SHAPE
        self._residual = float(y.square().sum())
        self._order = list(range(len(self.modes)))

    @property
    def _y(self) -> Tensor:
        """The outcomes less the constant."""
        return self._given - self._constant

    @property
    def noise_variance(self) -> float:
        """The average noise variance."""
        return self._rate / self._shape if self._noise is None else float(self._noise.mean())

    # -- inference -------------------------------------------------------------------------------------

    def most_telling_first(self) -> None:
        """Sweep through the modes by how much each alone makes the outcomes likelier, the others as they are.

        A mode that tells nothing of them by itself, and is the first to learn, learns to be zero, and no
        other mode can then be anything else.
        """
        gains = []
        for k, mode in enumerate(self.modes):
            alone = copy(mode)
            alone.absorb(*self._messages(k), 0.0)
            gains.append(float(alone.posterior.log_evidence))
        self._order.sort(key=gains.__getitem__, reverse=True)

    def sweep(self, damping: float = 0.0) -> None:
        """Update every mode, the core and the noise once."""
        for k in self._order:
            self.modes[k].absorb(*self._messages(k), damping)
        outcomes = self._y
        parts = ((self._moments(rows), self._weights(rows), outcomes[rows]) for rows in self._blocks())
        self.contraction.update(parts, damping)
        self._update_noise(damping)

    def _messages(self, k: int) -> tuple[Tensor, Tensor]:
        """Their sums at each level of a mode (`D x R x R`, `D x R`), the other modes as they are."""
        mode, outcomes = self.modes[k], self._y
        precision, shift = torch.zeros_like(mode.precision), torch.zeros_like(mode.shift)
        for rows in self._blocks():
            first, second = self.contraction.coefficients(k, self._moments(rows))
            weights, index = self._weights(rows), mode.index[rows]
            precision.index_add_(0, index, second * weights[:, None, None])
            shift.index_add_(0, index, first * (weights * outcomes[rows])[:, None])
        return precision, shift

    def learn(self) -> None:
        """Learn the lengthscale and variance of every mode."""
        for mode in self.modes:
            mode.learn()

    def _update_noise(self, damping: float) -> None:
        outcomes, squares, total, weight = self._y, 0.0, 0.0, 0.0
        for rows in self._blocks():
            first, second = self.contraction.value(self._moments(rows))
            y = outcomes[rows]
            scale = torch.ones_like(y) if self._noise is None else 1.0 / self._noise[rows]
            squares += float(scale @ (y.square() - 2.0 * y * first + second))
            total, weight = total + float(scale @ (y - first)), weight + float(scale.sum())
        if self._fits_constant:
            shift = total / weight
            self._constant += shift
            squares -= total * shift
        self._residual = max(squares, 0.0)
        if self._noise is None:
            self._shape = _SHAPE + 0.5 * len(self._given)
            self._rate = damping * self._rate + (1.0 - damping) * (_RATE + 0.5 * self._residual)

    def bound(self) -> float:
        """The evidence lower bound, after a sweep."""
        n = len(self._given)
        if self._noise is not None:
            fit = -0.5 * (self._residual + float(self._noise.log().sum()) + n * log(2.0 * pi))
        else:
            a, b = self._shape, self._rate
            digamma = float(torch.digamma(torch.tensor(a, dtype=torch.float64)))
            fit = 0.5 * n * (digamma - log(b) - log(2.0 * pi)) - 0.5 * a / b * self._residual
            divergence = (a - _SHAPE) * digamma - lgamma(a) + lgamma(_SHAPE)
            fit -= divergence + _SHAPE * (log(b) - log(_RATE)) + a * (_RATE - b) / b
        return fit - self.contraction.divergence - sum(mode.divergence for mode in self.modes)

    # -- predictions -----------------------------------------------------------------------------------

    def moments_at(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Means (`b x q`) and covariances (`b x q x q`) of values at `X` (`b x q x K`), differentiable."""
        pairs: list[tuple[Tensor, Tensor]] = []
        b, q = X.shape[:2]
        for k, mode in enumerate(self.modes):
            mean, covariance = mode.at(X[..., k])
            second = covariance + mean[:, :, None, :, None] * mean[:, None, :, None, :]
            left = mean.unsqueeze(2).expand(b, q, q, mean.shape[-1])
            pairs.append((left.flatten(0, 2), second.flatten(0, 2)))
        first, products = (part.reshape(b, q, q) for part in self.contraction.value(pairs))
        value = first[..., 0]
        covariance = products - value.unsqueeze(-1) * value.unsqueeze(-2)
        jitter = _LEAST_VARIANCE * torch.eye(q, dtype=torch.float64)
        return value + self._constant, 0.5 * (covariance + covariance.mT) + jitter

    # -- state -----------------------------------------------------------------------------------------

    def state(self) -> dict[str, Tensor]:
        """What has been learnt."""
        numbers = [self._shape, self._rate, self._constant]
        state: dict[str, Tensor] = {"scalars": torch.tensor(numbers, dtype=torch.float64)}
        for name, part in self._parts.items():
            state |= {f"{name}.{key}": value for key, value in part.state().items()}
        return state

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over the `state` of a tensor of the same entries."""
        self._shape, self._rate, self._constant = state["scalars"].tolist()
        for name, part in self._parts.items():
            prefix = f"{name}."
            own = {key.removeprefix(prefix): one for key, one in state.items() if key.startswith(prefix)}
            part.restore(own)

    @property
    def _parts(self) -> dict[str, Contraction | Mode]:
        return {"core": self.contraction, **{f"mode{k}": mode for k, mode in enumerate(self.modes)}}

    # -- blocks ----------------------------------------------------------------------------------------

    def _blocks(self) -> Iterator[slice]:
        size = max(1, _BLOCK_NUMBERS // self.contraction.entry_size)
        return (slice(start, start + size) for start in range(0, len(self._given), size))

    def _moments(self, rows: slice) -> Moments:
        return [tuple(part[mode.index[rows]] for part in mode.moments) for mode in self.modes]  # type: ignore[misc]

    def _weights(self, rows: slice) -> Tensor:
        """The noise precisions of some entries."""
        if self._noise is not None:
            return 1.0 / self._noise[rows]
        return torch.full_like(self._given[rows], self._shape / self._rate)
