"""Step sizes that reach a wanted acceptance, by dual averaging."""

from __future__ import annotations

import math
from typing import final


@final
class DualAveraging:
    r"""Adapts a step size until the average acceptance probability is `target`.

    .. math::
        \log \epsilon_{t+1} = \mu - \frac{\sqrt t}{\gamma} \frac{1}{t + t_0} \sum_{i \le t} (\delta - a_i),
        \qquad \log \bar\epsilon_{t+1} = t^{-\kappa} \log \epsilon_{t+1}
            + (1 - t^{-\kappa}) \log \bar\epsilon_t

    Args:
        step_size: the first guess; `mu = log(10 step_size)`.
        target: `delta`, the wanted acceptance probability.
        gamma: larger values adapt more slowly.
        t0: larger values damp the first iterations.
        kappa: forgetting of early iterates in the average.

    Source: Hoffman and Gelman, "The No-U-Turn Sampler", JMLR 15 (2014), section 3.2.1.
    """

    def __init__(
        self,
        step_size: float,
        target: float = 0.8,
        *,
        gamma: float = 0.05,
        t0: float = 10.0,
        kappa: float = 0.75,
    ) -> None:
        self.target, self.gamma, self.t0, self.kappa = target, gamma, t0, kappa
        self.restart(step_size)

    def restart(self, step_size: float) -> None:
        """Begin again from `step_size`, after the geometry has changed."""
        self._center = math.log(10.0 * step_size)
        self._log_step = math.log(step_size)
        self._log_average = 0.0
        self._error = 0.0
        self._count = 0

    def update(self, acceptance: float) -> None:
        """Take the acceptance probability of one iteration (averaged over chains) into account."""
        self._count += 1
        t = float(self._count)
        weight = 1.0 / (t + self.t0)
        self._error = (1.0 - weight) * self._error + weight * (self.target - acceptance)
        self._log_step = self._center - t**0.5 / self.gamma * self._error
        share = t**-self.kappa
        self._log_average = share * self._log_step + (1.0 - share) * self._log_average

    @property
    def step_size(self) -> float:
        """The step size to try next."""
        return math.exp(self._log_step)

    @property
    def average(self) -> float:
        """The step size to keep when adaptation ends."""
        return math.exp(self._log_average) if self._count else self.step_size
