"""The start: the target as if it were alone, cheap versions on the same points, on more once they tell."""

from __future__ import annotations

from math import ceil

import numpy as np

from augury.acquisition.enumeration import is_among
from augury.space.fidelity import Fidelity
from augury.space.observations import Observations
from augury.space.sampling import sobol
from augury.space.space import Space
from augury.strategies.design import default_initial_points, first_occurrence
from augury.strategies.multi_fidelity.target_space import TargetSpace

#: What all cheap versions together may cost, in evaluations of the target: before it is known whether they
#: tell anything of it, and at the start once they do.
UNTRIED, TRIED = 1.0, 2.0
#: No version is begun with more than so many times the points of the target.
_MOST = 10


class NestedDesign:
    """A Sobol sequence whose first points are evaluated in all versions, and more in cheap ones that tell.

    The target has the start that it has alone: the same points. While it is not known whether a cheap version
    tells anything, it is evaluated where the target is and nowhere else: pairs of results show a relation,
    whatever the function between them. A version so dear that all of these cannot be
    evaluated in it for its share of `UNTRIED` evaluations of the target is left out, because finding out
    whether it tells anything would cost more than it can save; a user's own results in it are learnt from.

    Args:
        space: with a fidelity.
        seed: of the sequence.
        n_initial: the size of a start on the target; as `default_initial_points` says when None.
        every_version: begin with the dear ones too.
        observations: what was evaluated. Where one version has succeeded the others come first; where one has
            failed they are likely to fail too, and go on with the next points of the sequence.
    """

    def __init__(
        self,
        space: Space,
        seed: int,
        n_initial: int | None = None,
        every_version: bool = False,
        observations: Observations | None = None,
    ) -> None:
        assert space.fidelity is not None
        self.fidelity: Fidelity = space.fidelity
        self.held = self.fidelity.column in space.fixed_columns
        self.seed = seed
        self._every = every_version
        none = np.empty((0, space.dim))
        self._failed = none if observations is None else observations.X[observations.failed]
        self._succeeded = none if observations is None else observations.X[observations.complete]
        self._separable = TargetSpace.is_separable(space) and not self.held
        self._alone = TargetSpace(space)
        self._whole = space if self.held else at_target(space)
        self.n_initial = n_initial or default_initial_points(self._points_of)

    @property
    def _points_of(self) -> Space:
        return self._alone.space if self._separable else self._whole

    def left(self, known: np.ndarray) -> np.ndarray:
        """The points (`m x d`) that are still to be evaluated, the cheap ones first.

        Args:
            known: `N x d` points that are evaluated or under evaluation, in any version.
        """
        if self.held:
            needed = max(0, self.n_initial - len(known))
            return self._fresh(self.fidelity.target, needed, known)
        counts = dict.fromkeys(self._cheap(UNTRIED), self.n_initial) | {self.fidelity.target: self.n_initial}
        return self._missing(counts, known)

    def unpaired(self, known: np.ndarray) -> np.ndarray:
        """The points (`m x d`) of the target in cheap versions, as far as these are still to be tried."""
        costs = self.fidelity.cost(known)
        at_target = self.fidelity.at_target(known)
        left = UNTRIED * self.fidelity.target_cost - costs[~at_target].sum()
        missing = [np.empty((0, known.shape[1]))]
        for level in self._cheap(UNTRIED):
            points = self.fidelity.at(known[at_target], level)
            points = points[
                ~is_among(points, known) & ~is_among(points, self.fidelity.at(self._failed, level))
            ]
            allowed = np.cumsum(self.fidelity.cost(points)) <= left + 1e-9
            missing.append(points[allowed])
            left -= self.fidelity.cost(points[allowed]).sum()
        return np.concatenate(missing)

    def once_tried(self, known: np.ndarray) -> np.ndarray:
        """The cheap points (`m x d`) still to be evaluated once cheap versions tell of the target."""
        return self._missing(self._cheap(TRIED), known)

    def more(self, n: int, known: np.ndarray) -> np.ndarray:
        """Up to `n` further points (`n x d`) of the target."""
        same = slice(None) if self.held else self.fidelity.at_target(known)
        return self._fresh(self.fidelity.target, n, known[same])

    def _missing(self, counts: dict[float, int], known: np.ndarray) -> np.ndarray:
        versions, missing = known[:, self.fidelity.column], [np.empty((0, known.shape[1]))]
        for level, count in counts.items():
            same = known[np.abs(versions - level) < 1e-9]
            if count > len(same):
                missing.append(self._fresh(level, count - len(same), same))
        return np.concatenate(missing)

    def _fresh(self, level: float, n: int, known: np.ndarray) -> np.ndarray:
        """The next `n` points of the sequence in a version that are not known there."""
        length = 2 ** ceil(np.log2(max(16, n + len(known) + len(self._failed))))
        points = sobol(self._points_of, length, seed=self.seed)
        if self._separable:
            points = self._alone.widen(points, level)
        elif not self.held:
            points = self.fidelity.at(points, level)
        fresh = points[first_occurrence(points) & ~is_among(points, known)]
        succeeded, failed = (self.fidelity.at(X, level) for X in (self._succeeded, self._failed))
        doubt = 1 + 2 * is_among(fresh, failed) - is_among(fresh, succeeded)
        return fresh[np.argsort(doubt, kind="stable")][:n]

    def _cheap(self, share: float) -> dict[float, int]:
        """Encoded cheap version -> at how many points it is evaluated, the cheapest first."""
        levels = self.fidelity.levels
        if not self.fidelity.discrete:
            levels = levels[[0, len(levels) // 2]]
        costs = self.fidelity.cost(self.fidelity.at(np.zeros((len(levels), self._whole.dim)), levels))
        cheap = [index for index in np.argsort(costs, kind="stable") if levels[index] != self.fidelity.target]
        counts, spare = {}, share * self.fidelity.target_cost
        for position, index in enumerate(cheap):
            own = spare / (len(cheap) - position)
            count = int(min(own / costs[index] + 1e-9, _MOST * self.n_initial))
            if count < self.n_initial and self._every:
                count = self.n_initial
            if count >= self.n_initial:
                counts[float(levels[index])] = count
                spare = max(spare - count * costs[index], 0.0)
        return counts


def at_target(space: Space) -> Space:
    """The space of the points in the version that counts."""
    fidelity = space.fidelity
    assert fidelity is not None
    parameter = space.parameters[fidelity.name]
    number = parameter.scale.value(np.array([fidelity.target]))
    if fidelity.column in space.fixed_columns:
        import copy

        other = copy.copy(space)
        other.fixed_columns = {**space.fixed_columns, fidelity.column: fidelity.target}
        return other
    return space.restrict({fidelity.name: parameter.from_numbers(number)[0]})
