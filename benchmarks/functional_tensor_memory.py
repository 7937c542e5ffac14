"""How much memory does a functional tensor take for each reading? A fresh process for each number of rows.

Three coordinates of 200 levels each, rank 3, two sweeps; a small fit before is the baseline. The readings
themselves are 32 bytes a row (three coordinates and an outcome).

    python -m benchmarks.functional_tensor_memory
"""

from __future__ import annotations

import multiprocessing

import numpy as np

from benchmarks.memory import peak_mib

ROWS, LEVELS, RANK = (10_000, 100_000, 1_000_000), 200, 3


def fit(n: int, core: str) -> float:
    """MiB at the peak of a fit of `n` rows, in this process, above what a small fit took."""
    import torch

    from augury.models import FunctionalTucker

    torch.set_num_threads(1)

    def one(rows: int) -> None:
        generator = torch.Generator().manual_seed(rows)
        X = torch.randint(LEVELS, (rows, 3), generator=generator) / (LEVELS - 1.0)
        Y = (3.0 * X[:, :1]).cos() * (9.0 * X[:, 1:2]).sin() + X[:, 2:]
        model = FunctionalTucker(X, Y, ranks=RANK, core=core, max_iterations=2, num_starts=1, learn=False)  # type: ignore[arg-type]
        model.fit()

    one(1_000)
    baseline = peak_mib()
    one(n)
    return peak_mib() - baseline


def main() -> None:
    print(f"{'rows':>9s} {'CP MiB':>8s} {'Tucker MiB':>11s}")
    grown: dict[str, list[float]] = {"cp": [], "tucker": []}
    for n in ROWS:
        for core, peaks in grown.items():
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                peaks.append(pool.apply(fit, (n, core)))
        print(f"{n:9d} {grown['cp'][-1]:8.1f} {grown['tucker'][-1]:11.1f}", flush=True)
    for core, peaks in grown.items():
        slope = np.log10(peaks[-1] / peaks[-2])
        each = 2**20 * (peaks[-1] - peaks[-2]) / (ROWS[-1] - ROWS[-2])
        print(f"{core}: slope {slope:.2f} from {ROWS[-2]:,} to {ROWS[-1]:,}, {each:.0f} bytes a row")


if __name__ == "__main__":
    main()
