"""An offline problem: what is known, what may be proposed, and how good that would have been."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self, final

import numpy as np

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.goal import Maximize
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.parameters import Categorical, Float
from augury.space.space import Space

if TYPE_CHECKING:
    from augury.strategies.base import Proposal, Strategy

Oracle = Callable[[np.ndarray], np.ndarray]

#: As many designs as the published comparisons score.
PUBLISHED_DESIGNS = 128


class Percentiles(NamedTuple):
    """Of the normalised scores of a set of designs."""

    p50: float
    p80: float
    p100: float


@final
class OfflineProblem:
    """A fixed table of designs and their scores (larger is better), and an oracle for designs not in it.

    Args:
        space: the designs.
        X: `n x dim` encoded designs of the table.
        Y: their n scores.
        oracle: `N x dim` encoded designs -> N scores; None where only the table is known.
        y_min: the score that counts as 0; the least in the table when None.
        y_max: the score that counts as 1; the largest in the table when None.

    Raises:
        InvalidInputError: no rows, or shapes that do not agree; scores that are not finite; y_min >= y_max.

    The normalisation is that of Trabucco et al., "Design-Bench: benchmarks for data-driven offline
    model-based optimization", ICML 2022.
    """

    def __init__(
        self,
        space: Space,
        X: np.ndarray,
        Y: np.ndarray,
        oracle: Oracle | None = None,
        y_min: float | None = None,
        y_max: float | None = None,
    ) -> None:
        self.space = space
        self.X = np.asarray(X, dtype=np.float64)
        self.Y = np.asarray(Y, dtype=np.float64)
        if (
            self.X.ndim != 2
            or self.X.shape[1] != space.dim
            or self.Y.shape != (len(self.X),)
            or not len(self.X)
        ):
            raise InvalidInputError(
                f"X must be n x {space.dim} and Y have n entries, at least one; given {self.X.shape} and "
                f"{self.Y.shape}"
            )
        if not np.isfinite(self.Y).all():
            raise InvalidInputError("Y has a score that is not finite; leave that row out")
        self.oracle = oracle
        self.y_min = float(self.Y.min() if y_min is None else y_min)
        self.y_max = float(self.Y.max() if y_max is None else y_max)
        if not self.y_min < self.y_max:
            raise InvalidInputError(
                f"the scores that count as 0 and 1 must differ, the second being larger; given {self.y_min} "
                f"and {self.y_max}"
            )

    @classmethod
    def of_arrays(
        cls,
        X: np.ndarray,
        Y: np.ndarray,
        *,
        bounds: Sequence[tuple[float, float]] | None = None,
        categories: Sequence[Sequence[Any]] | None = None,
        oracle: Oracle | None = None,
        y_min: float | None = None,
        y_max: float | None = None,
    ) -> Self:
        """A problem of numbers (with `bounds`) or of letters (with `categories`).

        Args:
            X: `n x d`: numbers within the bounds, or codes 0, 1, ... of the categories.
            Y: n scores.
            bounds: `(low, high)` of each column.
            categories: the values of each column, in the order of the codes.
            oracle: as the class takes it, of rows like those of X.
            y_min, y_max: as the class takes them.

        Raises:
            InvalidInputError: both or none of `bounds` and `categories`, not one for each column; numbers
                outside their bounds, or codes that are not whole numbers of the categories.
        """
        X = np.asarray(X, dtype=np.float64)
        if (bounds is None) == (categories is None):
            raise InvalidInputError("give bounds (of numbers) or categories (of codes), one of the two")
        given = categories if bounds is None else bounds
        assert given is not None
        if X.ndim != 2 or X.shape[1] != len(given):
            raise InvalidInputError(
                f"X has shape {X.shape}, which does not fit the {len(given)} columns given"
            )
        if categories is not None:
            sizes = np.array([len(values) for values in categories])
            if not (np.isin(X % 1.0, 0.0).all() and (X >= 0).all() and (sizes > X).all()):
                raise InvalidInputError("X must hold the codes 0, 1, ... of the categories of each column")
            space = Space({f"x{j}": Categorical(list(values)) for j, values in enumerate(categories)})
            return cls(space, X, Y, oracle, y_min, y_max)
        low, high = np.array(given, dtype=np.float64).T
        if not ((low <= X) & (high >= X)).all():
            raise InvalidInputError("X has a number outside its bounds, or that is not finite")
        space = Space({f"x{j}": Float(*map(float, pair)) for j, pair in enumerate(given)})
        raw = oracle
        return cls(
            space,
            (X - low) / (high - low),
            Y,
            None if raw is None else lambda cube: raw(low + cube * (high - low)),
            y_min,
            y_max,
        )

    @property
    def goals(self) -> Goals:
        """The score, as large as possible."""
        return Goals.of(Maximize("score"))

    @cached_property
    def observations(self) -> Observations:
        """The table as a strategy sees it."""
        n = len(self.X)
        return Observations(
            self.X,
            self.Y[:, None],
            np.full((n, 1), np.nan),
            np.full(n, np.nan),
            np.full(n, "complete"),
        )

    @property
    def best(self) -> float:
        """The normalised score of the best design in the table."""
        return float(self.normalized_score(self.Y.max()))

    def normalized_score(self, y: np.ndarray | float) -> np.ndarray:
        """`(y - y_min) / (y_max - y_min)`."""
        return (np.asarray(y) - self.y_min) / (self.y_max - self.y_min)

    def percentiles(self, X: np.ndarray) -> Percentiles:
        """The 50th, 80th and 100th percentiles of the normalised scores of designs (`N x dim`, encoded).

        Raises:
            NotSupportedError: there is no oracle.
        """
        if self.oracle is None:
            raise NotSupportedError("this problem has no oracle, so new designs cannot be scored")
        scores = self.normalized_score(self.oracle(X))
        return Percentiles(*(float(value) for value in np.percentile(scores, (50, 80, 100))))

    def propose(self, strategy: Strategy, n: int = PUBLISHED_DESIGNS, *, seed: int = 0) -> Proposal:
        """What a strategy proposes with the table as all its knowledge."""
        nothing = np.empty((0, self.space.dim))
        return strategy.propose(self.space, self.goals, self.observations, nothing, n, seed=seed)
