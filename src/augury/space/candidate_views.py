"""Candidate views: what a Space that is a finite table says of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.errors import InvalidInputError
from augury.space.candidates import Candidates, Rows
from augury.space.columns import EncodedColumns
from augury.space.scales import Array

if TYPE_CHECKING:
    import torch


class CandidateViews:
    """The rows of a space that is a table of candidates, as encoded points and by their numbers."""

    _columns: EncodedColumns
    _candidates: Candidates | None

    @property
    def candidates(self) -> Array | None:
        """Encoded rows (N x dim) of the finite table, None if the space is not one."""
        return None if self._candidates is None else self._candidates.X

    @property
    def point_cloud(self) -> tuple[Array, Array] | None:
        """All rows of the finite table, also those that `restrict` leaves out: encoded, and the numbers of
        their columns in the user's units (N x dim each); None if the space is not one."""
        return (
            None if self._candidates is None else (self._candidates.whole.X, self._candidates.whole.numbers)
        )

    def row_index(self, X: Array | torch.Tensor) -> Rows:
        """Index into `candidates` of each encoded point.

        Points of a table are told apart by their choices; descriptors follow from them.

        Raises:
            InvalidInputError: not a table, or a point that is not one of its rows.
        """
        return self._rows().index(self._columns.points(X))

    def remaining_rows(self, used: Array | torch.Tensor) -> Rows:
        """Indices into `candidates` of the rows that are not among the encoded points `used` (m x dim).

        Points that are no rows of this space (a restricted table keeps only some) are passed over.
        """
        return self._rows().remaining(self._columns.points(used))

    def _rows(self) -> Candidates:
        if self._candidates is None:
            raise InvalidInputError("this space is not a table of candidates; it has no rows")
        return self._candidates
