"""The start: every version on points of one design, the dearer ones on the first of them."""

from __future__ import annotations

from math import ceil

import numpy as np

from augury.acquisition.enumeration import is_among
from augury.space.fidelity import Fidelity
from augury.space.sampling import sobol
from augury.space.space import Space
from augury.strategies.design import default_initial_points, first_occurrence

#: The target is evaluated at this share of the points that a start without cheap versions has, but at least
#: at so many; each cheap version at no more than so many times that start.
_SHARE, _FEWEST, _MOST = 0.5, 3, 4


class NestedDesign:
    """A Sobol sequence whose first points are evaluated in every version, further ones in the cheap ones.

    The cheap versions share equally what the target's points cost less than a start on the target alone.

    Args:
        space: with a fidelity.
        seed: of the sequence.
        n_initial: the size of a start on the target alone; as `default_initial_points` says when None.
    """

    def __init__(self, space: Space, seed: int, n_initial: int | None = None) -> None:
        assert space.fidelity is not None
        self.fidelity: Fidelity = space.fidelity
        self.held = self.fidelity.column in space.fixed_columns
        name = self.fidelity.name
        parameter = space.parameters[name]
        target = parameter.from_numbers(parameter.scale.value(np.array([self.fidelity.target])))[0]
        self.space = space if self.held else space.restrict({name: target})
        self.seed = seed
        alone = n_initial or default_initial_points(self.space)
        self.counts = {self.fidelity.target: alone} if self.held else _counts(self.fidelity, alone)

    def left(self, known: np.ndarray) -> np.ndarray:
        """The points (`m x d`) that are still to be evaluated, the cheap ones first.

        Args:
            known: `N x d` points that are evaluated or under evaluation, in any version.
        """
        versions = known[:, self.fidelity.column]
        missing = []
        for level, count in self.counts.items():
            same = slice(None) if self.held else np.abs(versions - level) < 1e-9
            needed = count - len(known[same])
            if needed > 0:
                missing.append(self._fresh(level, needed, known[same]))
        return np.concatenate([np.empty((0, known.shape[1])), *missing])

    def more(self, n: int, known: np.ndarray) -> np.ndarray:
        """Up to `n` further points (`n x d`) of the target."""
        versions = known[:, self.fidelity.column]
        same = np.abs(versions - self.fidelity.target) < 1e-9
        return self._fresh(self.fidelity.target, n, known[slice(None) if self.held else same])

    def _fresh(self, level: float, n: int, known: np.ndarray) -> np.ndarray:
        """The next `n` points of the sequence in a version that are not known there."""
        length = 2 ** ceil(np.log2(max(16, n + len(known))))
        points = sobol(self.space, length, seed=self.seed)
        if not self.held:
            points = self.fidelity.at(points, level)
        return points[first_occurrence(points) & ~is_among(points, known)][:n]


def _counts(fidelity: Fidelity, alone: int) -> dict[float, int]:
    """Encoded level -> at how many points it is evaluated, cheap ones first."""
    costs = fidelity.level_costs()
    levels = fidelity.levels if fidelity.discrete else fidelity.levels[[0, len(fidelity.levels) // 2, -1]]
    cost_of = dict(zip(fidelity.levels.tolist(), costs.tolist(), strict=True))
    cheap = sorted((level for level in levels.tolist() if level != fidelity.target), key=cost_of.__getitem__)
    target = min(alone, max(_FEWEST, ceil(_SHARE * alone)))
    spare = (alone - target) * fidelity.target_cost / max(len(cheap), 1)
    counts = {
        level: int(np.clip(spare / cost_of[level], target, max(target, _MOST * alone))) for level in cheap
    }
    return counts | {fidelity.target: target}
