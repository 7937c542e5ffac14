"""Calibration: what the surrogate predicts for results it has not seen, and how sure it was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from augury.study.report.style import BLUE, GRID, MANY, NICE_STEPS, dress, label, new_figure, write_out

_TWO_SIDED_95 = 1.959963984540054


@dataclass(frozen=True)
class Calibration:
    """The n measured values of one outcome and their predictions without them, in the outcome's units.

    Args:
        measured: n values.
        mean: n predictions, each made without the value it predicts.
        std: n standard deviations of those predictions, measurement noise included.
        folds: None where each value was left out alone, else the number of parts left out in turn.
    """

    measured: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    folds: int | None = None

    @property
    def error(self) -> float:
        """Root mean squared error of the predictions."""
        return float(np.sqrt(np.mean((self.measured - self.mean) ** 2)))

    @property
    def error_of_mean(self) -> float:
        """The same error for always predicting the average of the other values."""
        n = len(self.measured)
        return float(np.std(self.measured) * n / (n - 1))

    @property
    def explained(self) -> float:
        """The share of the variation that the predictions explain: 1 - (error / error of the mean)^2."""
        reference = self.error_of_mean
        return 1.0 - (self.error / reference) ** 2 if reference > 0 else 0.0

    @property
    def coverage(self) -> float:
        """The share of the measured values inside their 95 % prediction interval."""
        return float(np.mean(np.abs(self.measured - self.mean) <= _TWO_SIDED_95 * self.std))

    @property
    def standardized_error(self) -> float:
        """Root mean square of (measured - predicted) / standard deviation; above 1 means overconfident."""
        return float(np.sqrt(np.mean(((self.measured - self.mean) / self.std) ** 2)))


def calibration_figure(calibration: Calibration, outcome: str) -> Figure:
    """Predicted against measured, with 95 % intervals; a perfect model's points lie on the diagonal."""
    figure = new_figure(4.6, 4.3)
    axes = figure.subplots()
    dress(axes)
    mean, half = calibration.mean, _TWO_SIDED_95 * calibration.std
    low = min(calibration.measured.min(), (mean - half).min())
    high = max(calibration.measured.max(), (mean + half).max())
    margin = 0.04 * (high - low) or 1.0
    span = (low - margin, high + margin)
    axes.plot(span, span, color=GRID, linewidth=2, zorder=1)
    crowded = len(mean) > 150
    axes.errorbar(
        calibration.measured,
        mean,
        yerr=half,
        fmt="o",
        color=BLUE,
        ecolor=BLUE,
        markersize=3 if crowded else 4.5,
        elinewidth=0.6 if crowded else 1.0,
        alpha=0.55 if crowded else 0.8,
        rasterized=len(mean) > MANY,
    )
    axes.set_xlim(span)
    axes.set_ylim(span)
    axes.set_aspect("equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=NICE_STEPS))
        write_out(axis)
    axes.set_xlabel(f"measured {label(outcome)}")
    axes.set_ylabel(f"predicted {label(outcome)}")
    return figure
