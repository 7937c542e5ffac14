"""Random subspaces: many inputs are searched along few coordinates first, then along more and more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

import numpy as np

from augury.space.float import Float
from augury.space.space import Space
from augury.strategies.base import Proposal, State, Strategy, check_request, check_roles
from augury.strategies.choices import check_count
from augury.strategies.design import default_initial_points
from augury.strategies.region_progress import updated
from augury.strategies.region_size import RegionSize
from augury.strategies.sparse_embedding import SparseEmbedding
from augury.strategies.trust_region import TrustRegion

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.strategies.decision import AcquisitionChoice
    from augury.strategies.outcome_models import ModelChoice

#: Coordinates of the first subspace, unless a user says otherwise.
FIRST_DIMENSION = 10
#: Points that differ by less from those of the subspace lie in it.
_SAME = 1e-9


@final
class RandomSubspace(Strategy):
    """A trust region in a random subspace, whose axes are split where it comes to nothing more.

    The inputs are tied together in bins of equal size: all of a bin move as one, some of them mirrored. A
    trust region searches the bins' coordinates; when it has become tiny, every bin is split into up to four
    and the search goes on with all results, since the finer subspace contains the coarser one, until each
    input is its own bin. For functions of hundreds or thousands of inputs of which few matter.

    Results of points outside the subspace (`Study.add`) do not count until it contains them. It is for
    numbers without constraints between them: in a table or a finite space, beside categories, conditions or
    linear constraints, or with no more inputs than `dimension`, it is `TrustRegion`.

    Args:
        model: as in `TrustRegion`; it sees the coordinates of the subspace.
        acquisition: as in `TrustRegion`.
        n_initial: the size of the first design, in the first subspace.
        replicates: as in `TrustRegion`.
        dimension: coordinates of the first subspace.

    Raises:
        InvalidInputError: an unknown model or acquisition, or n_initial or dimension < 1.

    Source: Papenmeier, Nardi and Poloczek, "Increasing the scope as you learn: adaptive Bayesian optimization
    in nested subspaces", NeurIPS 2022 (BAxUS); here by expected improvement, with `TrustRegion`'s counters.
    """

    def __init__(
        self,
        model: ModelChoice = "auto",
        acquisition: AcquisitionChoice = "auto",
        n_initial: int | None = None,
        replicates: bool = False,
        dimension: int = FIRST_DIMENSION,
    ) -> None:
        check_count("dimension", dimension)
        self._region = TrustRegion(model, acquisition, n_initial, replicates)
        self.model, self.acquisition = model, acquisition
        self.n_initial, self.replicates, self.dimension = n_initial, replicates, dimension

    def check_goals(self, goals: Goals) -> None:
        self._region.check_goals(goals)

    def propose(
        self,
        space: Space,
        goals: Goals,
        observations: Observations,
        pending: np.ndarray,
        n: int,
        *,
        seed: int,
        state: State | None = None,
    ) -> Proposal:
        check_request(space, observations, pending, n)
        check_roles(space, {"design"})
        self.check_goals(goals)
        free = _free(space)
        if len(free) <= self.dimension or not _is_plain(space):
            return self._region.propose(space, goals, observations, pending, n, seed=seed, state=state)
        drawn, splits, state = _remembered(state, seed)
        embedding = SparseEmbedding.of(len(free), self.dimension, splits, drawn)
        inner = _inner(embedding, space, observations, free)
        size = RegionSize.from_dict(None if state is None else state.data.get("region"))
        subspace = _subspace(embedding.dim)
        if embedding.dim < len(free) and updated(size, subspace, goals, inner).start > size.start:
            splits, state = splits + 1, None  # all results count for the next subspace, and no memory does
            embedding = SparseEmbedding.of(len(free), self.dimension, splits, drawn)
            inner, subspace = _inner(embedding, space, observations, free), _subspace(embedding.dim)
        waiting = embedding.project(pending[:, free])
        # only the first subspace has a design
        n_initial = self.n_initial or default_initial_points(_subspace(self.dimension))
        region = TrustRegion(self.model, self.acquisition, n_initial, self.replicates)
        proposal = region.propose(subspace, goals, inner, waiting, n, seed=seed, state=state)
        points = _outer(embedding, space, proposal.points, free)
        return Proposal(points, proposal.predictions, _with_memory(proposal.state, drawn, splits))


def _free(space: Space) -> np.ndarray:
    """The columns that are not held."""
    return np.array([c for c in range(space.dim) if c not in space.fixed_columns], dtype=np.intp)


def _is_plain(space: Space) -> bool:
    """Whether every column is a number, free of the others, and there are endlessly many points."""
    bound = space.candidates is not None or space.cardinalities or space.rules or space.conditions
    return not bound and space.size is None


def _subspace(dim: int) -> Space:
    return Space({f"z{axis}": Float(0.0, 1.0) for axis in range(dim)})


def _outer(embedding: SparseEmbedding, space: Space, Z: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Points of the space (n x dim) at coordinates of the subspace (n x d)."""
    X = np.empty((len(Z), space.dim))
    for column, value in space.fixed_columns.items():
        X[:, column] = value
    X[:, free] = embedding.embed(Z)
    snapped: np.ndarray = space.snap(X)
    return snapped


def _inner(
    embedding: SparseEmbedding, space: Space, observations: Observations, free: np.ndarray
) -> Observations:
    """What was observed in the subspace, as its points; without gradients."""
    Z = embedding.project(observations.X[:, free])
    inside = np.abs(_outer(embedding, space, Z, free) - observations.X)[:, free].max(axis=1, initial=0.0)
    return replace(observations, X=Z, gradient=None).rows(inside < _SAME)


def _remembered(state: State | None, seed: int) -> tuple[int, int, State | None]:
    """The seed of the assignment, how often axes were split, and what the trust region remembers."""
    try:
        assert state is not None
        drawn, splits = state.data["subspace"]
        return int(drawn), max(int(splits), 0), state
    except (AssertionError, KeyError, TypeError, ValueError):
        return seed, 0, None


def _with_memory(state: State | None, drawn: int, splits: int) -> State:
    if state is None:
        return State(1, {"subspace": [drawn, splits]})
    return replace(state, data={**state.data, "subspace": [drawn, splits]})
