"""What all ways to offline designs have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from augury.inference.base import Progress
    from augury.strategies.offline.table import OfflineTable

#: `(first, last) -> encoded designs (N x dim)`: those that the search comes to from the rows of these ranks
#: (the best is 0, the last is left out), most promising first. They may repeat, and may be known. A search
#: that does not start from rows gives as many as it can, at least `last - first`.
Search = Callable[[int, int], np.ndarray]


class OfflineMethod(ABC):
    """A way to designs that are better than those of a table; its options are arguments of the
    constructor."""

    @abstractmethod
    def learn(self, table: OfflineTable, *, seed: int, progress: Progress | None = None) -> Search:
        """Train on a table.

        Args:
            table: what is known.
            seed: of all random numbers.
            progress: called now and then with `(steps done, steps in all, what is being done)`.

        Returns:
            The search for designs.
        """
