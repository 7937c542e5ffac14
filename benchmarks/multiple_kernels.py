"""How much faster are weights of many kernels learnt from factors of their matrices than from the matrices?

Both run the same solver to the same tolerance; "dense" holds the `A` matrices themselves (`A n^2` numbers).
The time of the dense form includes making them, that of the low-rank form the factors. The series and tables
are those of `reproductions.multiple_kernels`; needs AUGURY_DATA.

    python -m benchmarks.multiple_kernels [NAME ...]
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import torch
from reproductions.multiple_kernels import load

from augury.inference.multiple_kernels.majorise_minimise import LearntWeights, majorise_minimise
from augury.inference.multiple_kernels.noise import series_noise_variance
from augury.kernels import GridSpectralMixtureKernel

NAMES = ("ale80", "electricitydata", "hoteldata", "employmentdata", "unemployment", "CO2")


class DenseComponents:
    """What the solver asks of `Components`, from `A x n x n` matrices."""

    def __init__(self, matrices: np.ndarray) -> None:
        self.matrices = matrices
        self.num_rows = matrices.shape[1]
        self.root_columns = sys.maxsize

    def __len__(self) -> int:
        return len(self.matrices)

    def __getitem__(self, indices: np.ndarray) -> DenseComponents:
        return DenseComponents(self.matrices[indices])

    def _flat(self) -> np.ndarray:
        return self.matrices.reshape(len(self.matrices), -1)

    def matrix(self, weights: np.ndarray) -> np.ndarray:
        total: np.ndarray = (weights @ self._flat()).reshape(self.num_rows, self.num_rows)
        return total

    def forms_and_traces(self, a: np.ndarray, S: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (self.matrices @ a) @ a, self._flat() @ S.reshape(-1)

    def diagonal_sums(self) -> np.ndarray:
        return np.einsum("aii->a", self.matrices)


def dense(kernel: GridSpectralMixtureKernel, X: torch.Tensor) -> DenseComponents:
    """The matrices of all components."""
    one = torch.ones(1, dtype=torch.float64)
    with torch.no_grad():
        matrices = [
            kernel.combination(X, X, one, torch.tensor([i])).numpy() for i in range(kernel.num_components)
        ]
    return DenseComponents(np.stack(matrices))


def _timed(components: Any, y: np.ndarray, noise: float) -> tuple[float, LearntWeights]:
    begin = time.perf_counter()
    learnt = majorise_minimise(components(), y, noise)
    return time.perf_counter() - begin, learnt


def main() -> None:
    torch.set_num_threads(1)
    warm = load("ale80")
    majorise_minimise(warm.kernel.components(warm.X), warm.y.numpy(), warm.noise)
    columns = f"{'low rank s':>11s} {'dense s':>9s} {'ratio':>6s} {'steps':>12s}"
    print(f"{'data':16s} {'n':>5s} {'A':>5s} {columns} ends")
    for name in sys.argv[1:] or NAMES:
        data = load(name)
        kernel = GridSpectralMixtureKernel(data.X.shape[1], sampling="uniform")
        noise = series_noise_variance(data.y.numpy())
        y = data.y.numpy()
        quick, factored = _timed(lambda k=kernel, d=data: k.components(d.X), y, noise)
        slow, reference = _timed(lambda k=kernel, d=data: dense(k, d.X), y, noise)
        steps = f"{len(factored.objective_trace)}/{len(reference.objective_trace)}"
        ends = f"{factored.objective_trace[-1]:.4f} {reference.objective_trace[-1]:.4f}"
        times = f"{quick:11.2f} {slow:9.2f} {slow / quick:6.1f} {steps:>12s}"
        print(f"{name:16s} {len(y):5d} {kernel.num_components:5d} {times} {ends}")


if __name__ == "__main__":
    main()
