"""Several points at once: each the best given the others, by coordinate ascent on the joint acquisition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from augury.acquisition.base import Acquisition
from augury.acquisition.search import SearchResult, maximize
from augury.space.space import Space

#: `(further pending points: p x d) -> Acquisition`: what one more point is worth beside them.
Conditional = Callable[[np.ndarray], Acquisition]

_LEAST_GAIN = 1e-3  # of a log acquisition; a smaller one does not pay for another sweep
#: So many built acquisitions are kept.
_REMEMBERED = 8


@dataclass(frozen=True)
class BatchResult:
    """What `maximize_batch` found.

    Args:
        X: `q x dim`, distinct points of the space (where it has as many).
        values: `q`, what each was worth beside those before it, when it was chosen.
    """

    X: np.ndarray
    values: np.ndarray


def maximize_batch(
    conditional: Conditional,
    space: Space,
    q: int,
    *,
    sweeps: int = 1,
    n_restarts: int | None = None,
    n_raw: int | None = None,
    incumbents: np.ndarray | None = None,
    avoid: np.ndarray | None = None,
    seed: int = 0,
) -> BatchResult:
    r"""`q` points that are worth most together.

    A joint expected improvement is the sum of what each point adds to those before it,

    .. math::
        \mathrm{qEI}(x_1 \ldots x_q) = \sum_i \mathbb E\,[\max(f(x_i) - \max(f^*, f(x_1), \ldots,
        f(x_{i-1})), 0)]

    so the points are first chosen one by one, each with those before it pending (their outcomes integrated
    out), and then in each sweep chosen again with all others pending: coordinate ascent on the joint value,
    in which every step is a search in `dim` and not in `q dim` variables.

    Args:
        conditional: gives the acquisition beside further pending points, `Situation.with_pending` and a
            registered acquisition, for instance.
        space: where.
        q: number of points.
        sweeps: how often at most the whole batch is chosen again.
        n_restarts: see `maximize`.
        n_raw: see `maximize`.
        incumbents: see `maximize`.
        avoid: see `maximize`; points of the batch avoid each other.
        seed: the same seed gives the same batch.

    Source: Wilson, Hutter, Deisenroth, "Maximizing acquisition functions for Bayesian optimization",
    NeurIPS 2018, section 3.2, for the greedy choice.
    """
    options: dict[str, Any] = {"n_restarts": n_restarts, "n_raw": n_raw}
    X = np.empty((0, space.dim))
    values: list[float] = []
    for index in range(q):
        result = maximize(
            conditional(X),
            space,
            incumbents=_joined(incumbents, X),
            avoid=_joined(avoid, X),
            seed=seed + index,
            **options,
        )
        X = np.concatenate([X, result.x[None]])
        values.append(result.value)
    for sweep in range(sweeps if q > 1 else 0):
        if not _choose_again(conditional, space, X, avoid, seed + q * (sweep + 1)):
            break
    return BatchResult(X, np.array(values))


def built_once(conditional: Conditional) -> Conditional:
    """The same, that builds what was asked for last only once."""
    built: dict[bytes, Acquisition] = {}

    def remembered(further: np.ndarray) -> Acquisition:
        key = further.tobytes()
        if key not in built:
            if len(built) >= _REMEMBERED:
                built.pop(next(iter(built)))
            built[key] = conditional(further.copy())
        return built[key]

    return remembered


def _choose_again(
    conditional: Conditional, space: Space, X: np.ndarray, avoid: np.ndarray | None, seed: int
) -> bool:
    """Improve each point in place with the others pending; whether one of them gained."""
    gained = False
    if hasattr(conditional(X[:0]), "search"):  # it has no value at a point alone
        return False
    for index in range(len(X) - 1):  # the last was chosen with all others pending already
        others = np.delete(X, index, axis=0)
        acquisition = conditional(others)
        present = float(acquisition.value(X[index : index + 1])[0])
        result: SearchResult = maximize(
            acquisition,
            space,
            n_restarts=4,
            n_raw=64,
            incumbents=X[index : index + 1],
            avoid=_joined(avoid, others),
            seed=seed + index,
        )
        if result.value > present + _LEAST_GAIN:
            X[index] = result.x
            gained = True
    return gained


def _joined(first: np.ndarray | None, second: np.ndarray) -> np.ndarray:
    if first is None or not len(second):
        return second if first is None else first
    return np.concatenate([first, second])
