"""Outcomes on a logarithmic scale that begins at the best one, where the data speak for it.

A smooth valley (Rosenbrock's, Beale's) has few very bad values and many good ones that hardly differ on their
scale; a Gaussian process of the logarithm tells these apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from augury.models.standardization import Standardization

if TYPE_CHECKING:
    from augury.models.exact.model import ExactModel

#: The offsets that are tried, in units of the median distance from the best outcome.
_OFFSETS = (1.0, 0.2, 0.04)
#: Fewer outcomes say nothing of their law.
_FEWEST_ROWS = 5
_LARGEST_EXPONENT = 200.0  # far beyond any prediction of use; three times it does not overflow


@dataclass(frozen=True)
class LogWarping:
    r"""An increasing map of outcomes that magnifies what is close to the best one.

    .. math::
        w(y) = -s \log(1 + v / c), \qquad v = s\,(y^* - y), \qquad s = \pm 1

    Args:
        best: `y^*`; outcomes are not better than it by `c` or more.
        offset: `c > 0`; the smaller, the stronger the warping.
        sign: `s`, +1 where larger outcomes are better, -1 where smaller ones are.

    Source: Snelson, Rasmussen and Ghahramani, "Warped Gaussian processes", NeurIPS 2003; the logarithm for
    costs as in Hutter et al., "Sequential model-based optimization for general algorithm configuration",
    LION 2011.
    """

    best: float
    offset: float
    sign: float

    def __call__(self, y: np.ndarray) -> np.ndarray:
        """The warped outcomes (any shape)."""
        warped: np.ndarray = -self.sign * np.log1p(self.sign * (self.best - y) / self.offset)
        return warped

    def log_slope(self, y: np.ndarray) -> np.ndarray:
        """`log dw/dy` (any shape)."""
        slope: np.ndarray = -np.log(self.offset + self.sign * (self.best - y))
        return slope

    def moments(self, mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r"""Mean and variance of `y` where `w(y)` is normal: those of a shifted log-normal law.

        .. math::
            \mathbb E\,v = c\,(e^{m + \sigma^2 / 2} - 1), \qquad
            \operatorname{Var} v = c^2\, e^{2m + \sigma^2} (e^{\sigma^2} - 1)

        Args:
            mean: of `w(y)`.
            variance: of `w(y)`.
        """
        half = np.minimum(0.5 * variance - self.sign * mean, _LARGEST_EXPONENT)
        expected = np.exp(half)
        spread = np.expm1(np.minimum(variance, _LARGEST_EXPONENT))
        return self.best - self.sign * self.offset * (expected - 1.0), (self.offset * expected) ** 2 * spread


def choose_warping(model: ExactModel, y: np.ndarray, sign: float) -> LogWarping | None:
    """The warping under which outcomes are likelier than as they are; None where there is none.

    All are compared under the hyperparameters of the model of the plain outcomes, so that its factor serves
    for each; the density of a warped outcome is that of its standardised value times the slopes.

    Args:
        model: a fitted Gaussian process of the plain outcomes, of one outcome whose noise is inferred.
        y: `n` outcomes.
        sign: +1 where larger ones are better, else -1.
    """
    best = float(sign * (sign * y).max())
    worse = np.sort(sign * (best - y))
    median = 0.5 * float(worse[(len(y) - 1) // 2] + worse[len(y) // 2])
    if len(y) < _FEWEST_ROWS or not median > 0.0:
        return None
    warpings = [LogWarping(best, share * median, sign) for share in _OFFSETS]
    candidates = np.stack([y, *(warping(y) for warping in warpings)], axis=1)
    standardization = Standardization.of(candidates)
    standardised, _ = standardization(candidates, None)
    evidence = model.regressions.outcomes[0].log_likelihood_of(standardised)
    evidence -= len(y) * np.log(standardization.scale)
    evidence[1:] += [warping.log_slope(y).sum() for warping in warpings]
    likeliest = int(evidence.argmax())
    return warpings[likeliest - 1] if likeliest else None
