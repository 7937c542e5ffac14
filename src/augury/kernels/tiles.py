"""The kernel recursion of a fully connected network, tile by tile in cache, and its gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from augury.kernels.dual import ScaledDual
from augury.numerics.threads import single_blas_thread

#: Rows and columns of a tile: three of them fit the second-level cache of today's cores.
TILE = 192
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


@dataclass(frozen=True)
class _Layer:
    """What a tile's forward pass leaves behind at one layer: `u`, `g(u)`, `g'(u)` and the tangent."""

    u: np.ndarray
    value: np.ndarray
    slope: np.ndarray
    tangent: np.ndarray | None


_Record = dict[tuple[int, int], list[_Layer]]


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
        self._record: _Record | None = {} if keep and needed <= _KEPT_NUMBERS else None

    def _tiles(self) -> list[tuple[int, int]]:
        n, m = self._shape
        return [(i, j) for i in range(0, n, TILE) for j in range(i if self._symmetric else 0, m, TILE)]

    # -- values ----------------------------------------------------------------------------------------

    def evaluate(self, out: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray | None]:
        """`K` (in `out`, if given) and `T` (or None), `n x m`; of a symmetric matrix all but the diagonal."""
        K = np.empty(self._shape) if out is None else out
        T = np.empty(self._shape) if self._tangents else None
        np.matmul(self._left.Z, self._right.Z.T, out=K)

        def work(tiles: Sequence[tuple[int, int]]) -> None:
            pool = _Buffers()
            for i, j in tiles:
                rows, columns = slice(i, i + TILE), slice(j, j + TILE)
                target = K[rows, columns]
                tangent_target = None if T is None else T[rows, columns]
                self._forward(i, j, target, tangent_target, pool)
                if self._symmetric and i != j:
                    for matrix in (K, T):
                        if matrix is not None:
                            matrix[columns, rows] = matrix[rows, columns].T

        self._share(work)
        return K, T

    def _share(self, work: Callable[[Sequence[tuple[int, int]]], None]) -> None:
        """Give the tiles to the threads in turn; NumPy computes without the interpreter's lock."""
        tiles = self._tiles()
        if self._threads == 1:
            work(tiles)
            return
        parts = [tiles[start :: self._threads] for start in range(self._threads)]
        with ThreadPoolExecutor(self._threads - 1) as executor:
            others = [executor.submit(work, part) for part in parts[1:]]
            work(parts[0])
            for other in others:
                other.result()

    def _forward(
        self, i: int, j: int, target: np.ndarray, tangent_target: np.ndarray | None, pool: _Buffers
    ) -> None:
        """Turn `u_1`, which stands in `target`, into the tile of K; keep the layers if asked to."""
        keep = self._record is not None
        buffers = _fresh(target.shape) if keep else pool.of_shape(target.shape)
        np.copyto(buffers[0], target)
        layers = self._layers(i, j, buffers, keep)
        last = layers.pop()
        np.copyto(target, last.u)
        if tangent_target is not None:
            assert last.tangent is not None
            np.copyto(tangent_target, last.tangent)
        if self._record is not None:
            self._record[i, j] = layers

    def _layers(self, i: int, j: int, buffers: Sequence[np.ndarray], keep: bool) -> list[_Layer]:
        """All layers of one tile when they are kept, else the last alone; the last is the result.

        Args:
            i: first row.
            j: first column.
            buffers: five arrays of the tile's shape, `u_1` in the first.
            keep: whether the buffers may be kept, and more be allocated.
        """
        u, value, slope, tangent, scratch = buffers
        if self._tangents:
            np.copyto(tangent, u)
        layers = []
        for dual, scales in zip(self._duals, self._scales(i, j), strict=True):
            gamma_left, gamma_right, beta_left, beta_right = scales
            dual.fill(u, value, slope, scratch)
            if keep:
                kept_tangent = tangent.copy() if self._tangents else None
                layers.append(_Layer(u, value, slope, kept_tangent))
                value, slope, u = value.copy(), slope.copy(), np.empty_like(u)
            np.multiply(gamma_left[:, None], gamma_right, out=scratch)
            value *= scratch
            if self._tangents:
                tangent *= slope
                tangent *= scratch
            np.multiply(beta_left[:, None], beta_right, out=scratch)
            value += scratch
            u, value = value, u
            if self._tangents:
                tangent += u
        layers.append(_Layer(u, value, slope, tangent if self._tangents else None))
        return layers

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
            for i, j in tiles:
                pair = [self._tile_weights(w, i, j) for w in (weights, tangent_weights)]
                self._backward(i, j, pair[0], pair[1] if self._tangents else None, gradient, left_only)

        with single_blas_thread() if self._threads > 1 else nullcontext():
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

    def _kept_layers(self, i: int, j: int) -> list[_Layer]:
        if self._record is not None:
            return self._record[i, j]
        rows, columns = slice(i, i + TILE), slice(j, j + TILE)
        left, right = self._left.Z[rows], self._right.Z[columns]
        buffers = _fresh((len(left), len(right)))
        np.matmul(left, right.T, out=buffers[0])
        return self._layers(i, j, buffers, keep=True)[:-1]

    def _backward(
        self,
        i: int,
        j: int,
        G: np.ndarray,
        V: np.ndarray | None,
        gradient: tuple[Side, Side],
        left_only: bool,
    ) -> None:
        rows, columns = slice(i, i + TILE), slice(j, j + TILE)
        left, right = gradient
        layers = self._kept_layers(i, j)
        for index, scales in reversed(list(enumerate(self._scales(i, j)))):
            gamma_left, gamma_right, beta_left, beta_right = scales
            layer = layers[index]
            if V is not None:
                G += V
            left.beta[index, rows] += G @ beta_right
            if not left_only:
                right.beta[index, columns] += beta_left @ G
            scaled = G * layer.value
            if V is not None:
                assert layer.tangent is not None
                scaled += V * layer.slope * layer.tangent
            left.gamma[index, rows] += scaled @ gamma_right
            if not left_only:
                right.gamma[index, columns] += gamma_left @ scaled
            np.multiply(gamma_left[:, None], gamma_right, out=scaled)
            G *= scaled
            G *= layer.slope
            if V is not None:
                V *= scaled
                self._duals[index].fill_curvature(layer.u, scaled)
                scaled *= layer.tangent
                scaled *= V
                G += scaled
                V *= layer.slope
        if V is not None:
            G += V
        left.Z[rows] += G @ self._right.Z[columns]
        if not left_only:
            right.Z[columns] += G.T @ self._left.Z[rows]


def _fresh(shape: tuple[int, ...]) -> list[np.ndarray]:
    return [np.empty(shape) for _ in range(5)]


class _Buffers:
    """A thread's arrays, one set for each shape of tile (there are four shapes at most)."""

    def __init__(self) -> None:
        self._sets: dict[tuple[int, ...], list[np.ndarray]] = {}

    def of_shape(self, shape: tuple[int, ...]) -> list[np.ndarray]:
        if shape not in self._sets:
            self._sets[shape] = _fresh(shape)
        return self._sets[shape]
