"""The kernel matrix of a fully connected network, tile by tile in cache, and its gradient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from augury.kernels.dual import ScaledDual
from augury.kernels.shared_tiles import InOrder, share
from augury.kernels.side import Side
from augury.kernels.tile_recursion import Workspace, backward, forward

#: Rows and columns of a tile. Smaller ones stay in the second-level cache and are a little faster on one
#: thread; with two, these leave the interpreter's lock alone for longer.
TILE = 256
#: Below this many entries a second thread costs more than it saves.
_ENTRIES_WORTH_THREADS = 1 << 17
#: What the forward pass keeps for the gradient, at most, in numbers (64 MiB); else it is computed again.
_KEPT_NUMBERS = 1 << 23
#: Columns of a tile that are copied to the transposed place at a time: more share too few lines of the cache.
_STRIP = 16

#: Where a tile is: its place among the tiles, its rows and its columns.
_Place = tuple[int, slice, slice]


class TileRecursion:
    r"""The NNGP kernel `K`, and with `tangents` the neural tangent kernel `T`, between two sides.

    `T` is carried in the scale of `u`: `tau_1 = u_1`,
    `tau_{l+1} = u_{l+1} + gamma_l gamma_l'^T o g'(u_l) o tau_l` (Jacot et al. 2018, weights and biases
    learning at the rates of their variances).

    Args:
        duals: of the activations, first layer first.
        left: the inputs of the rows.
        right: those of the columns; None for the symmetric matrix of `left`, of which then only half is
            computed, and whose diagonal is left to the caller.
        tangents: whether `T` is wanted.
        keep: remember what `pullback` needs, where that is not too much.
        threads: work on the tiles of large matrices.
    """

    def __init__(
        self,
        duals: Sequence[ScaledDual],
        left: Side,
        right: Side | None = None,
        *,
        tangents: bool = False,
        keep: bool = False,
        threads: int = 1,
    ) -> None:
        self._duals = duals
        self._left, self._right = left, left if right is None else right
        self._symmetric = right is None
        self._tangents = tangents
        n, m = self._shape = len(self._left), len(self._right)
        self._threads = threads if n * m >= _ENTRIES_WORTH_THREADS else 1
        needed = n * m * len(duals) * (4 if tangents else 3)
        self._record: dict[int, Workspace] | None = None
        if keep and needed <= _KEPT_NUMBERS:
            self._record = {}
        starts = [(i, j) for i in range(0, n, TILE) for j in range(i if self._symmetric else 0, m, TILE)]
        self._places: list[_Place] = [
            (place, slice(i, min(i + TILE, n)), slice(j, min(j + TILE, m)))
            for place, (i, j) in enumerate(starts)
        ]

    def evaluate(self, out: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray | None]:
        """`K` (in `out`, if given) and `T` (or None), `n x m`; of a symmetric matrix all but the diagonal."""
        K = np.empty(self._shape) if out is None else out
        T = np.empty(self._shape) if self._tangents else None

        def work(places: Iterable[_Place]) -> None:
            space: Workspace | None = None
            for place, rows, columns in places:
                space = self._workspace(rows, columns, space, keep=self._record is not None)
                forward(self._duals, *self._sides(rows, columns), space)
                self._write(K, rows, columns, space.u[-1])
                if T is not None:
                    self._write(T, rows, columns, space.tangent[-1])
                if self._record is not None:
                    self._record[place] = space

        share(work, self._places, self._threads)
        return K, T

    def _sides(self, rows: slice, columns: slice) -> tuple[Side, Side]:
        left = self._left[rows]
        return left, left if self._symmetric and rows == columns else self._right[columns]

    def _write(self, matrix: np.ndarray, rows: slice, columns: slice, tile: np.ndarray) -> None:
        matrix[rows, columns] = tile
        if self._symmetric and rows != columns:
            transposed = matrix[columns, rows]
            for start in range(0, len(tile), _STRIP):
                strip = slice(start, start + _STRIP)
                transposed[:, strip] = tile[strip].T

    def _workspace(self, rows: slice, columns: slice, last: Workspace | None, *, keep: bool) -> Workspace:
        """The arrays for a tile: those of the last one where they may be used again and have its shape."""
        shape = rows.stop - rows.start, columns.stop - columns.start
        if last is not None and last.shape == shape and self._record is None:
            return last
        return Workspace(shape, len(self._duals), tangents=self._tangents, keep=keep)

    def pullback(
        self,
        weights: np.ndarray | None,
        tangent_weights: np.ndarray | None = None,
        *,
        left_only: bool = False,
    ) -> tuple[Side, Side]:
        """The gradient of `sum_ij W_ij K_ij + V_ij T_ij` with respect to both sides.

        Of a symmetric matrix the diagonal's weights are not counted, and the gradient with respect to the one
        set of inputs is the sum of the two sides.

        Args:
            weights: `W`, `n x m` or broadcasting to it, or None for 0.
            tangent_weights: `V`, the same.
            left_only: leave out the gradient of the right side.
        """
        left, right = self._left.zeros(), self._right.zeros()

        def take(part: tuple[slice, slice, tuple[Side, Side | None]]) -> None:
            rows, columns, (to_left, to_right) = part
            total = left[rows]
            total += to_left
            if to_right is not None:
                total = right[columns]
                total += to_right

        total = InOrder(take)

        def work(places: Iterable[_Place]) -> None:
            space: Workspace | None = None
            for place, rows, columns in places:
                sides = self._sides(rows, columns)
                if self._record is None:
                    space = self._workspace(rows, columns, space, keep=True)
                    forward(self._duals, *sides, space)
                else:
                    space = self._record[place]
                G = self._tile_weights(weights, rows, columns)
                V = self._tile_weights(tangent_weights, rows, columns) if self._tangents else None
                parts = backward(self._duals, *sides, space, G, V, left_only=left_only)
                total.add(place, (rows, columns, parts))

        share(work, self._places, self._threads)
        return left, right

    def _tile_weights(self, weights: np.ndarray | None, rows: slice, columns: slice) -> np.ndarray:
        if weights is None:
            return np.zeros((rows.stop - rows.start, columns.stop - columns.start))
        weights = np.broadcast_to(weights, self._shape)
        tile = np.array(weights[rows, columns])
        if self._symmetric and rows != columns:
            tile += weights[columns, rows].T
        elif self._symmetric:
            np.fill_diagonal(tile, 0.0)
        return tile
