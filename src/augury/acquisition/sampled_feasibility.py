"""The probability of feasibility of outcomes whose posterior is known by samples only."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from augury.acquisition.analytic import LogProbabilityOfFeasibility
from augury.acquisition.autograd import TorchAcquisition
from augury.acquisition.base import Acquisition
from augury.acquisition.mixture import over_members
from augury.errors import NotSupportedError

_SAMPLES = 256
#: Least smoothing, relative to the size of the outcome.
_LEAST_DEVIATION = 1e-9


def log_feasibility(model: Any, sign: float, offset: float, seed: int) -> Acquisition:
    """The logarithm of the probability that `sign * y + offset <= 0`: in closed form where the model has one,
    else by samples.

    Args:
        model: model of the constrained outcome.
        sign: as in `LogProbabilityOfFeasibility`.
        offset: as in `LogProbabilityOfFeasibility`.
        seed: of the samples.
    """
    return over_members(model, lambda member: _log_feasibility(member, sign, offset, seed), "mixture")


def _log_feasibility(model: Any, sign: float, offset: float, seed: int) -> Acquisition:
    try:
        return LogProbabilityOfFeasibility(model, sign, offset)
    except NotSupportedError:
        return TorchAcquisition(SampledFeasibility(model, sign, offset, seed))


class SampledFeasibility:
    r"""The logarithm of a smoothed share of samples that keep an outcome constraint.

    .. math::
        \log \frac1M \sum_m \Phi\left(-\frac{s\, y_m(x) + o}{h}\right), \qquad
        h = 1.06\, M^{-1/5} \hat\sigma(x)

    with the bandwidth of Silverman's rule, so that it has a gradient everywhere, also where no sample keeps
    the constraint.

    Args:
        model: a BoTorch model of one outcome, whatever its posterior.
        sign: `s`.
        offset: `o`.
        seed: of the samples, which stay the same.

    Source: Silverman, "Density estimation" (1986), eq. 3.28, for the bandwidth.
    """

    def __init__(self, model: Any, sign: float, offset: float, seed: int = 0) -> None:
        self.model, self.sign, self.offset, self.seed = model, float(sign), float(offset), int(seed)
        self._sampler: Any = None

    def __call__(self, X: Tensor) -> Tensor:
        """`N` values at `X` (`N x 1 x d`)."""
        from botorch.sampling.get_sampler import get_sampler

        posterior = self.model.posterior(X)
        if self._sampler is None:
            self._sampler = get_sampler(posterior, torch.Size([_SAMPLES]), seed=self.seed)
        slack = -(self.sign * self._sampler(posterior)[..., 0, 0] + self.offset)
        deviation = posterior.variance[:, 0, 0].clamp(min=_LEAST_DEVIATION * (1.0 + self.offset**2)).sqrt()
        bandwidth = 1.06 * _SAMPLES**-0.2 * deviation
        return torch.special.log_ndtr(slack / bandwidth).logsumexp(dim=0) - math.log(_SAMPLES)
