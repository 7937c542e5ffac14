"""The kernel recursion of a fully connected network, tile by tile in cache, and its gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from augury.kernels.dual import ScaledDual
from augury.numerics.threads import single_blas_thread

#: Rows and columns of a tile. Smaller ones stay in the second-level cache and are a little faster on one
#: thread; with two, these leave the interpreter's lock alone for longer.
TILE = 256
#: Below this many entries a second thread costs more than it saves.
_ENTRIES_WORTH_THREADS = 1 << 17
#: What the forward pass keeps for the gradient, at most, in numbers (64 MiB); else it is computed again.
_KEPT_NUMBERS = 1 << 23


@dataclass(frozen=True)
class Side:
    r"""What the recursion needs to know of the `n` inputs on one side.

    With `p_l`, `t_l` the scales of the dual of layer `l` (see `ScaledDual`) at the variances before it,

    .. math::
        u_1 = Z Z'^T, \qquad
        u_{l+1} = \gamma_l \gamma_l'^T \circ g(u_l) + \beta_l \beta_l'^T, \qquad K = u_{L+1}

    where `Z = p_1 [x sqrt(w_0 / d), sqrt(b_0)]`, `gamma_l = sqrt(w_l) t_l p_{l+1}`,
    `beta_l = sqrt(b_l) p_{l+1}`, and `p_{L+1} = 1`.

    Args:
        Z: `n x k`.
        gamma: `L x n`.
        beta: `L x n`.
    """

    Z: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray

    def zeros(self) -> Side:
        """A gradient of the same shapes, to be summed up."""
        return Side(np.zeros_like(self.Z), np.zeros_like(self.gamma), np.zeros_like(self.beta))

    def __iadd__(self, other: Side) -> Side:
        for mine, theirs in ((self.Z, other.Z), (self.gamma, other.gamma), (self.beta, other.beta)):
            mine += theirs
        return self


class _Workspace:
    """A tile's arrays: `u`, `g(u)`, `g'(u)` and the tangent at each layer, and scratch.

    Args:
        shape: of the tile.
        layers: how many activations there are.
        tangents: whether there are tangents.
        keep: an array for each layer; else layers share what is overwritten by the next.
    """

    def __init__(self, shape: tuple[int, int], layers: int, *, tangents: bool, keep: bool) -> None:
        self.shape = shape
        self.scratch = np.empty(shape)
        if keep:
            self.u = [np.empty(shape) for _ in range(layers + 1)]
            self.value, self.slope = ([np.empty(shape) for _ in range(layers)] for _ in range(2))
            self.tangent = [np.empty(shape) for _ in range(layers + 1)] if tangents else []
            return
        pair = [np.empty(shape), np.empty(shape)]
        self.u = [pair[layer % 2] for layer in range(layers + 1)]
        self.value = self.u[1:]
        self.slope = [np.empty(shape)] * layers
        self.tangent = [np.empty(shape)] * (layers + 1) if tangents else []


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
        n, m = self._shape = len(self._left.Z), len(self._right.Z)
        self._threads = threads if n * m >= _ENTRIES_WORTH_THREADS else 1
        needed = n * m * len(duals) * (4 if tangents else 3)
        self._record: dict[tuple[int, int], _Workspace] | None = None
        if keep and needed <= _KEPT_NUMBERS:
            self._record = {}

    def _tiles(self) -> list[tuple[int, int]]:
        n, m = self._shape
        return [(i, j) for i in range(0, n, TILE) for j in range(i if self._symmetric else 0, m, TILE)]

    # -- values ----------------------------------------------------------------------------------------

    def evaluate(self, out: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray | None]:
        """`K` (in `out`, if given) and `T` (or None), `n x m`; of a symmetric matrix all but the diagonal."""
        K = np.empty(self._shape) if out is None else out
        T = np.empty(self._shape) if self._tangents else None

        def work(tiles: Sequence[tuple[int, int]]) -> None:
            space: _Workspace | None = None
            for i, j in tiles:
                rows, columns = slice(i, i + TILE), slice(j, j + TILE)
                space = self._workspace(i, j, space, keep=self._record is not None)
                self._forward(i, j, space)
                results = [(K, space.u[-1])] if T is None else [(K, space.u[-1]), (T, space.tangent[-1])]
                for matrix, tile in results:
                    matrix[rows, columns] = tile
                    if self._symmetric and i != j:
                        matrix[columns, rows] = tile.T
                if self._record is not None:
                    self._record[i, j] = space

        self._share(work)
        return K, T

    def _workspace(self, i: int, j: int, last: _Workspace | None, *, keep: bool) -> _Workspace:
        """The arrays for a tile: those of the last one where they may be used again and have its shape."""
        n, m = self._shape
        shape = min(TILE, n - i), min(TILE, m - j)
        if last is not None and last.shape == shape and self._record is None:
            return last
        return _Workspace(shape, len(self._duals), tangents=self._tangents, keep=keep)

    def _share(self, work: Callable[[Sequence[tuple[int, int]]], None]) -> None:
        """Give the tiles to the threads in turn; NumPy computes without the interpreter's lock."""
        tiles = self._tiles()
        if self._threads == 1 and len(tiles) == 1:
            work(tiles)
            return
        with single_blas_thread():  # threads of BLAS would be in the way of these
            self._divide(work, tiles)

    def _divide(
        self, work: Callable[[Sequence[tuple[int, int]]], None], tiles: Sequence[tuple[int, int]]
    ) -> None:
        if self._threads == 1:
            work(tiles)
            return
        parts = [tiles[start :: self._threads] for start in range(self._threads)]
        with ThreadPoolExecutor(self._threads - 1) as executor:
            others = [executor.submit(work, part) for part in parts[1:]]
            work(parts[0])
            for other in others:
                other.result()

    def _forward(self, i: int, j: int, space: _Workspace) -> None:
        """All layers of one tile."""
        np.matmul(self._left.Z[i : i + TILE], self._right.Z[j : j + TILE].T, out=space.u[0])
        if self._tangents:
            np.copyto(space.tangent[0], space.u[0])
        scratch = space.scratch
        for layer, (dual, scales) in enumerate(zip(self._duals, self._scales(i, j), strict=True)):
            gamma_left, gamma_right, beta_left, beta_right = scales
            value, slope, following = space.value[layer], space.slope[layer], space.u[layer + 1]
            dual.fill(space.u[layer], value, slope, scratch)
            np.multiply(gamma_left[:, None], gamma_right, out=scratch)
            np.multiply(value, scratch, out=following)
            if self._tangents:
                tangent = space.tangent[layer + 1]
                np.multiply(space.tangent[layer], slope, out=tangent)
                tangent *= scratch
            np.multiply(beta_left[:, None], beta_right, out=scratch)
            following += scratch
            if self._tangents:
                tangent += following

    def _scales(self, i: int, j: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        rows, columns = slice(i, i + TILE), slice(j, j + TILE)
        for layer in range(len(self._duals)):
            yield (
                self._left.gamma[layer, rows],
                self._right.gamma[layer, columns],
                self._left.beta[layer, rows],
                self._right.beta[layer, columns],
            )

    # -- gradients -------------------------------------------------------------------------------------

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
        totals: list[tuple[Side, Side]] = []

        def work(tiles: Sequence[tuple[int, int]]) -> None:
            gradient = self._left.zeros(), self._right.zeros()
            totals.append(gradient)
            space: _Workspace | None = None
            for i, j in tiles:
                if self._record is None:
                    space = self._workspace(i, j, space, keep=True)
                    self._forward(i, j, space)
                else:
                    space = self._record[i, j]
                pair = [self._tile_weights(w, i, j) for w in (weights, tangent_weights)]
                self._backward(i, j, space, pair[0], pair[1] if self._tangents else None, gradient, left_only)

        self._share(work)
        left, right = totals[0]
        for more_left, more_right in totals[1:]:
            left += more_left
            right += more_right
        return left, right

    def _tile_weights(self, weights: np.ndarray | None, i: int, j: int) -> np.ndarray:
        rows, columns = slice(i, i + TILE), slice(j, j + TILE)
        shape = (len(self._left.Z[rows]), len(self._right.Z[columns]))
        if weights is None:
            return np.zeros(shape)
        weights = np.broadcast_to(weights, self._shape)
        tile = np.array(weights[rows, columns])
        if self._symmetric and i != j:
            tile += weights[columns, rows].T
        elif self._symmetric:
            np.fill_diagonal(tile, 0.0)
        return tile

    def _backward(
        self,
        i: int,
        j: int,
        space: _Workspace,
        G: np.ndarray,
        V: np.ndarray | None,
        gradient: tuple[Side, Side],
        left_only: bool,
    ) -> None:
        rows, columns = slice(i, i + TILE), slice(j, j + TILE)
        left, right = gradient
        scaled = space.scratch
        for index, scales in reversed(list(enumerate(self._scales(i, j)))):
            gamma_left, gamma_right, beta_left, beta_right = scales
            slope = space.slope[index]
            if V is not None:
                G += V
            left.beta[index, rows] += G @ beta_right
            if not left_only:
                right.beta[index, columns] += beta_left @ G
            np.multiply(G, space.value[index], out=scaled)
            if V is not None:
                scaled += V * slope * space.tangent[index]
            left.gamma[index, rows] += scaled @ gamma_right
            if not left_only:
                right.gamma[index, columns] += gamma_left @ scaled
            np.multiply(gamma_left[:, None], gamma_right, out=scaled)
            G *= scaled
            G *= slope
            if V is not None:
                V *= scaled
                self._duals[index].fill_curvature(space.u[index], scaled)
                scaled *= space.tangent[index]
                scaled *= V
                G += scaled
                V *= slope
        if V is not None:
            G += V
        left.Z[rows] += G @ self._right.Z[columns]
        if not left_only:
            right.Z[columns] += G.T @ self._left.Z[rows]
