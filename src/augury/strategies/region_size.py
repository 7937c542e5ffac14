"""How large a trust region is: it grows while evaluations in it succeed, shrinks while they fail, and begins
anew when it has become tiny."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

LENGTH_INIT, LENGTH_MIN, LENGTH_MAX = 0.8, 0.5**7, 1.6
_SUCCESSES = 3  # in a row, for a larger region
_FEWEST_FAILURES = 4
_LEAST_GAIN = 1e-3  # of the best value, for a success

#: Whether a point is known that meets the constraints, and the objective there (to be maximised), or minus
#: the violation where there is none.
Score = tuple[bool, float]


@dataclass(frozen=True)
class RegionSize:
    """The counters of a trust region.

    Args:
        length: side of the region relative to the cube's.
        successes: proposals in a row whose results were better than all before them in the region.
        failures: evaluations since the last better one.
        start: number of the first row that belongs to the region; the ones before it belong to earlier ones.
        seen: rows of the region that have been counted.
        best: the best score among these, None before the first.

    Source: Eriksson et al., "Scalable global optimization via local Bayesian optimization", NeurIPS 2019,
    section 2 and supplement; the number of failures is counted in evaluations instead of batches.
    """

    length: float = LENGTH_INIT
    successes: int = 0
    failures: int = 0
    start: int = 0
    seen: int = 0
    best: Score | None = None

    def after(self, seen: int, best: Score, dim: int) -> RegionSize:
        """The size once `seen` rows of the region are known, with the best score among them.

        Args:
            seen: number of rows.
            best: their best score.
            dim: free columns; after as many evaluations without success (at least 4) the region is halved.
        """
        new = seen - self.seen
        if self.best is None or new <= 0:
            return replace(self, seen=max(seen, self.seen), best=best if self.best is None else self.best)
        counted = replace(self, seen=seen, best=max(best, self.best))
        if _is_better(best, self.best):
            successes = self.successes + 1
            if successes < _SUCCESSES:
                return replace(counted, successes=successes, failures=0)
            return replace(counted, length=min(2.0 * self.length, LENGTH_MAX), successes=0, failures=0)
        failures = self.failures + new
        if failures < max(_FEWEST_FAILURES, dim):
            return replace(counted, successes=0, failures=failures)
        return replace(counted, length=0.5 * self.length, successes=0, failures=0)

    @property
    def is_exhausted(self) -> bool:
        """Whether the region is too small to be searched on."""
        return self.length < LENGTH_MIN

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {**vars(self), "best": None if self.best is None else list(self.best)}

    @classmethod
    def from_dict(cls, document: Any) -> RegionSize:
        """The inverse of `to_dict`; a new region from anything else."""
        try:
            best = document["best"]
            return cls(
                length=float(document["length"]),
                best=None if best is None else (bool(best[0]), float(best[1])),
                **{name: int(document[name]) for name in ("successes", "failures", "start", "seen")},
            )
        except (TypeError, KeyError, ValueError, IndexError):
            return cls()


def _is_better(score: Score, than: Score) -> bool:
    if score[0] != than[0]:
        return score[0]
    return score[1] > than[1] + _LEAST_GAIN * abs(than[1])
