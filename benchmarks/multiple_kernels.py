"""How much faster are weights of many kernels learnt from short forms of their matrices than from these?

Both run the same solver to the same tolerance; "dense" holds the `A` matrices themselves (`A n^2` numbers),
"short" numbers for each difference of rows, or factors. Making either counts. The series and tables are those
of `reproductions.multiple_kernels`; needs AUGURY_DATA.

    python -m benchmarks.multiple_kernels [NAME ...]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from reproductions.multiple_kernels import load

from augury.inference.multiple_kernels.majorise_minimise import LearntWeights, majorise_minimise
from augury.inference.multiple_kernels.noise import series_noise_variance
from augury.kernels import GridSpectralMixtureKernel
from augury.numerics.linalg import symmetric_inverse
from benchmarks.timing import Entrant, alternate, print_table

NAMES = ("ale80", "electricitydata", "hoteldata", "employmentdata", "unemployment", "CO2")
#: From so many rows on, three rounds are timed instead of nine.
_MANY_ROWS = 200


class DenseComponents:
    """What the solver asks of `Components`, from `A x n x n` matrices."""

    def __init__(self, matrices: np.ndarray) -> None:
        self.matrices = matrices
        self.num_rows = matrices.shape[1]
        self.has_few_columns = False

    def __len__(self) -> int:
        return len(self.matrices)

    def __getitem__(self, indices: np.ndarray) -> DenseComponents:
        return DenseComponents(self.matrices[indices])

    def _flat(self) -> np.ndarray:
        return self.matrices.reshape(len(self.matrices), -1)

    def matrix(self, weights: np.ndarray) -> np.ndarray:
        total: np.ndarray = (weights @ self._flat()).reshape(self.num_rows, self.num_rows)
        return total

    def forms_and_traces(self, a: np.ndarray, L: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        inverse = symmetric_inverse(L)
        traces = self._flat() @ inverse.reshape(-1)
        return (self.matrices @ a) @ a, traces, float(inverse.trace())

    def diagonal_sums(self) -> np.ndarray:
        return np.einsum("aii->a", self.matrices)


def dense(kernel: GridSpectralMixtureKernel, X: torch.Tensor) -> DenseComponents:
    """The matrices of all components, in one go: a cosine of a difference is a product of two columns."""
    points, angles = X.numpy(), 2.0 * np.pi * kernel.frequencies.numpy()
    one = torch.ones(1, dtype=torch.float64)
    with torch.no_grad():  # the envelope: the component of frequency 0
        envelope = kernel.combination(X, X, one, torch.tensor([0])).numpy()
    matrices = np.empty((len(angles), len(points), len(points)))
    matrices[:] = envelope
    for column, angle in zip(points.T, angles.T, strict=True):
        phase = column * angle[:, None]
        waves = np.stack([np.cos(phase), np.sin(phase)], axis=-1)
        matrices *= waves @ waves.transpose(0, 2, 1)
    return DenseComponents(matrices)


def main() -> None:
    torch.set_num_threads(1)
    rows = [compared(name) for name in sys.argv[1:] or NAMES]
    print_table("The weights of many kernels: numbers for each difference, factors; and matrices", rows)


def compared(name: str) -> dict[str, Any]:
    """Both forms of one data set, by turns."""
    data = load(name)
    y, kernel = data.y.numpy(), GridSpectralMixtureKernel(data.X.shape[1], sampling="uniform")
    noise = series_noise_variance(y)
    found: dict[str, LearntWeights] = {}

    def entrants(form: str, make: Callable[[], Any]) -> dict[str, Entrant]:
        def solve(components: Any) -> None:
            found[form] = majorise_minimise(components, y, noise)

        return {
            f"{form}: make": Entrant(lambda _: make()),
            f"{form}: solve": Entrant(solve, prepare=lambda _: make()),
        }

    both = {
        **entrants("short", lambda: kernel.components(data.X)),
        **entrants("dense", lambda: dense(kernel, data.X)),
    }
    times = alternate(both, 9 if len(y) < _MANY_ROWS else 3)
    short, slow = (times[f"{form}: make"] + times[f"{form}: solve"] for form in ("short", "dense"))
    steps = [len(one.objective_trace) for one in found.values()]
    ends = [one.objective_trace[-1] for one in found.values()]
    return {
        "data": name,
        "n": len(y),
        "A": kernel.num_components,
        "steps": "/".join(map(str, steps)),
        "objective": f"{ends[0]:.6f}",
        "dense less that": ends[1] - ends[0],
        **{f"{label} ms": 1e3 * seconds for label, seconds in times.items()},
        "ratio": slow / short,
    }


if __name__ == "__main__":
    main()
