"""Any prior of the scale, integrated over by quadrature."""

from __future__ import annotations

import copy
from math import log
from typing import final

import numpy as np
import torch
from botorch.posteriors import GPyTorchPosterior
from torch import Tensor
from torch.distributions import Distribution

from augury.errors import InvalidInputError
from augury.models.posteriors.scale_mixture import ScaleMixturePosterior
from augury.models.scale_mixture.scale_prior import Evidence, ScalePrior
from augury.numerics.predictive_law import NormalMixture

#: Beyond this many nats below its maximum the integrand is left out.
_NEGLIGIBLE = 36.0
_NEGLIGIBLE_WEIGHT = 1e-16
_SEARCH_NODES, _SEARCHES = 256, 3
_WIDEST = 60.0  # in log s, to either side of 0
#: A share of the variance per datum below which `Q` is rounding error.
_LEAST_QUADRATIC = 1e-12


@final
class Quadrature(ScalePrior):
    r"""A prior with any density on the positive numbers.

    The trapezoidal rule on `t = log s`, on the interval around the mode of
    `psi(t) = log H(e^t) + t - (N/2) t - Q e^{-t} / 2` outside of which `psi` has fallen by 36 nats. For
    smooth priors it converges faster than any power of the spacing, and unlike importance sampling from `H`
    it does not lose its nodes as `N` grows. One Cholesky factor serves all nodes.

    Args:
        distribution: a torch distribution of one positive number.
        num_nodes: of the rule.

    Raises:
        InvalidInputError: not such a distribution.

    Source: Lee et al., ICLR 2022, section 3.2 (there importance sampling from `H`); Trefethen and Weideman,
    SIAM Review 56 (2014), for the rule.
    """

    def __init__(self, distribution: Distribution, num_nodes: int = 64) -> None:
        if not isinstance(distribution, Distribution) or distribution.batch_shape + distribution.event_shape:
            raise InvalidInputError(
                f"scale_prior must be a torch distribution of one positive number; given {distribution!r}"
            )
        if num_nodes < 16:
            raise InvalidInputError(f"num_nodes must be at least 16; given {num_nodes}")
        self.distribution = copy.deepcopy(distribution)
        self.distribution._validate_args = False  # outside the support the log density is -inf, no error
        self.num_nodes = num_nodes
        try:
            density = self._log_density(torch.linspace(-20.0, 20.0, 101).double())
        except ValueError:
            density = torch.full((), torch.nan)
        if not bool(torch.isfinite(density).any()):
            raise InvalidInputError(f"scale_prior has no density on the positive numbers: {distribution!r}")

    @property
    def typical(self) -> float:
        """`1 / E[1/s]`, the harmonic mean, as for the inverse gamma; the geometric mean where that is 0."""
        logs, scales = self._nodes(torch.zeros((), dtype=torch.float64), 0)
        weights = logs.softmax(-1)
        harmonic = float(1.0 / (weights / scales).sum())
        return harmonic if harmonic > 1e-6 else float((weights * scales.log()).sum().exp())

    def log_evidence(self, quadratic: float, count: int) -> Evidence:
        logs, scales = self._nodes(torch.tensor(quadratic, dtype=torch.float64), count)
        spacing = log(float(scales[1] / scales[0]))
        weights = logs.softmax(-1)
        precision = float((weights / scales).sum())
        spread = float((weights * (1.0 / scales - precision).square()).sum())
        return Evidence(float(logs.logsumexp(-1)) + log(spacing), precision, spread)

    def expected_scale(self, quadratic: Tensor, count: int) -> Tensor:
        weights, scales = self.weights(quadratic, count)
        return (weights * scales).sum(-1)

    def posterior(self, gaussian: GPyTorchPosterior, quadratic: Tensor, count: int) -> ScaleMixturePosterior:
        return ScaleMixturePosterior(gaussian, *self.weights(quadratic, count))

    def law(self, quadratic: float, count: int) -> tuple[NormalMixture, float]:
        weights, scales = self.weights(torch.tensor(quadratic, dtype=torch.float64), count)
        kept = weights > _NEGLIGIBLE_WEIGHT
        weights = weights[kept] / weights[kept].sum()
        return NormalMixture(weights.numpy(), scales[kept].numpy()), 1.0

    def weights(self, quadratic: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Weights of sum 1 and nodes (`batch x K` each) of the scale's posterior, for a batch of `Q`."""
        logs, scales = self._nodes(quadratic, count)
        weights = logs.softmax(-1).clamp_min(1e-300)
        return weights, scales

    def _log_density(self, t: Tensor) -> Tensor:
        """`log H(e^t) + t`, the log density of `t = log s`; -inf outside the support."""
        return (self.distribution.log_prob(t.exp()).to(torch.float64) + t).nan_to_num(nan=-torch.inf)

    def _integrand(self, t: Tensor, quadratic: Tensor, count: int) -> Tensor:
        return self._log_density(t) - 0.5 * count * t - 0.5 * quadratic.unsqueeze(-1) * (-t).exp()

    def _nodes(self, quadratic: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """The log integrand, differentiable by `Q`, and the scale at the nodes, `batch x K` each."""
        quadratic = quadratic.clamp_min(_LEAST_QUADRATIC * max(count, 1))
        with torch.no_grad():
            low, high = (torch.full_like(quadratic, bound) for bound in (-_WIDEST, _WIDEST))
            for _ in range(_SEARCHES):
                t = _grid(low, high, _SEARCH_NODES)
                psi = self._integrand(t, quadratic, count)
                kept = psi > psi.amax(-1, keepdim=True) - _NEGLIGIBLE
                first = kept.to(torch.int8).argmax(-1, keepdim=True)
                last = _SEARCH_NODES - 1 - kept.flip(-1).to(torch.int8).argmax(-1, keepdim=True)
                low = t.gather(-1, (first - 1).clamp_min(0)).squeeze(-1)
                high = t.gather(-1, (last + 1).clamp_max(_SEARCH_NODES - 1)).squeeze(-1)
            t = _grid(low, high, self.num_nodes)
        return self._integrand(t, quadratic, count), t.exp()


def _grid(low: Tensor, high: Tensor, count: int) -> Tensor:
    """`batch x count` equally spaced numbers."""
    share = torch.from_numpy(np.linspace(0.0, 1.0, count))
    return low.unsqueeze(-1) + (high - low).unsqueeze(-1) * share
