"""The formulas of a point in one version (`augury.acquisition.versions`) as acquisitions by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from augury.acquisition.max_value_entropy import draw_best_values
from augury.acquisition.version_situation import VersionSituation, constrained
from augury.acquisition.versions import (
    Formula,
    augmented_ei,
    max_value_entropy,
    variable_fidelity_ei,
    version_acquisition,
)
from augury.space.sampling import sobol

_CANDIDATES = 256  # among which draws of the best value are taken
#: Of the outcomes' deviation: so much better than the best mean are draws of the best value.
_MARGIN = 1e-3


@dataclass(frozen=True)
class ByFormula:
    """A formula of the moments of version and target, in each version.

    Args:
        formula: of `augury.acquisition.versions`.
        situation: of one objective.
        best: the best value of the target, larger is better, or draws of it.
    """

    formula: Formula
    situation: VersionSituation
    best: Any

    def acquisition(self, level: float) -> Any:
        """Of points in one version."""
        situation = self.situation
        return constrained(
            situation,
            version_acquisition(
                self.formula,
                situation.models[0],
                self.best,
                column=situation.column,
                level=level,
                target=situation.target,
                cost=situation.cost(level),
                maximize=situation.maximize,
            ),
        )


def augmented_expected_improvement(situation: VersionSituation) -> ByFormula:
    """Augmented expected improvement, see `augmented_ei`."""
    return ByFormula(augmented_ei, situation, float(situation.values.max()))


def variable_fidelity_expected_improvement(situation: VersionSituation) -> ByFormula:
    """Variable-fidelity expected improvement, see `variable_fidelity_ei`."""
    return ByFormula(variable_fidelity_ei, situation, float(situation.values.max()))


def max_value_entropy_per_cost(situation: VersionSituation) -> ByFormula:
    """Multi-fidelity max-value entropy search, see `augury.acquisition.versions.max_value_entropy`."""
    points = np.concatenate(
        [sobol(situation.space, _CANDIDATES, seed=situation.seed), situation.observed[-_CANDIDATES:]]
    )
    maxima = draw_best_values(
        situation.models[0],
        points,
        maximize=situation.maximize,
        margin=_MARGIN * situation.scale,
        seed=situation.seed,
    )
    return ByFormula(max_value_entropy, situation, torch.from_numpy(situation.signs[0] * maxima))
