"""The search for the point of a Space where an acquisition function is largest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from augury.acquisition.base import Acquisition, is_smooth
from augury.acquisition.continuous import refine_in_box
from augury.acquisition.enumeration import best_of, is_among, listed_points
from augury.acquisition.linear_constraints import refine_in_polytope
from augury.acquisition.mixed import refine_mixed
from augury.acquisition.perturbation import refine_by_perturbation
from augury.acquisition.starts import choose_starts, is_box, raw_points
from augury.errors import InvalidInputError
from augury.space.sampling import sobol
from augury.space.space import Space

#: Where few columns are free, fewer points see as much.
_FEW_COLUMNS = 2
_RESTARTS, _RAW_POINTS = (12, 8), (512, 256)


@dataclass(frozen=True)
class SearchResult:
    """What `maximize` found.

    Args:
        x: `dim`, a point of the space (snapped, feasible, held columns kept).
        value: the acquisition value there.
    """

    x: np.ndarray
    value: float


def maximize(
    acquisition: Acquisition,
    space: Space,
    *,
    n_restarts: int | None = None,
    n_raw: int | None = None,
    incumbents: np.ndarray | None = None,
    avoid: np.ndarray | None = None,
    seed: int = 0,
) -> SearchResult:
    """The point of a space with the largest acquisition value that can be found.

    Tables and small finite spaces are evaluated completely. Elsewhere many raw points are evaluated at once
    and the best are refined, all together: by batched L-BFGS in a box, by sequential quadratic programming
    inside linear constraints, and alternating with moves of the discrete columns where there are some. Where
    gradients do not tell (`is_smooth`), the best points are moved at random, less and less far, as well.

    Args:
        acquisition: what is maximised; by its own `search(space, seed)` where it has one.
        space: where; `fixed_columns` keep their values.
        n_restarts: number of points refined; by default 12, 8 for one or two free columns.
        n_raw: number of points evaluated to begin with; by default 512, 256 for one or two free columns.
        incumbents: `k x dim` points worth a closer look, usually the best observed ones.
        avoid: `m x dim` points not to return while the space has others.
        seed: the same seed gives the same result.

    Raises:
        InvalidInputError: what was given has no values.
    """
    if hasattr(acquisition, "search"):
        return SearchResult(*acquisition.search(space, seed))
    if not hasattr(acquisition, "value"):
        raise InvalidInputError(
            "an acquisition must have value(X) and value_gradient(X) (augury.acquisition.base.Acquisition); "
            f"given {type(acquisition).__name__}: does the function of acquisition= return what it makes?"
        )
    points = listed_points(space)
    if points is not None:
        return SearchResult(*best_of(acquisition, points, avoid))
    few = space.dim - len(space.fixed_columns) <= _FEW_COLUMNS
    n_restarts = n_restarts or _RESTARTS[few]
    rng = np.random.default_rng(seed)
    raw = raw_points(space, n_raw or _RAW_POINTS[few], incumbents=incumbents, seed=rng)
    raw_values = acquisition.value(raw)
    starts = choose_starts(raw, raw_values, n_restarts, seed=rng)
    if is_box(space):
        lower, upper = space.bounds.copy()
        for column, value in space.fixed_columns.items():
            lower[column] = upper[column] = value
        refined, values = refine_in_box(acquisition, starts, lower, upper)
    else:
        refined, values = _refine_in(space, acquisition, starts)
    points, values = np.concatenate([refined, raw]), np.concatenate([values, raw_values])
    if not is_smooth(acquisition):
        points, values = refine_by_perturbation(acquisition, space, points, values, seed=seed)
    return _best(acquisition, space, points, values, avoid, seed)


def _refine_in(space: Space, acquisition: Acquisition, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if space.rules:
        refine = partial(refine_in_polytope, acquisition, space)
    else:
        refine = partial(refine_in_box, acquisition)
    return refine_mixed(acquisition, space, starts, refine)


def _best(
    acquisition: Acquisition,
    space: Space,
    points: np.ndarray,
    values: np.ndarray,
    avoid: np.ndarray | None,
    seed: int,
) -> SearchResult:
    """The best of all points seen that are not to be avoided; one that nobody has seen where all are."""
    values = np.where(np.isnan(values), -np.inf, values)
    best = int(np.argmax(values))
    if is_among(points[best : best + 1], avoid).any():
        allowed = ~is_among(points, avoid)
        if not allowed.any():
            points = sobol(space, 1, seed=seed, avoid=np.concatenate([avoid, points]))
            return SearchResult(points[0], float(acquisition.value(points)[0]))
        points, values = points[allowed], values[allowed]
        best = int(np.argmax(values))
    return SearchResult(space.snap(points[best : best + 1])[0], float(values[best]))
