"""Functional Tucker decomposition (FunBaT): a surface, a table of temperatures, and never-seen coordinates.

    python -m reproductions.functional_tensors [--quick]

Published are the figures of the authors' notebooks (root mean squared error). Temperatures (`tensors/` in
`AUGURY_DATA`, the first published split) have index coordinates here, for which the authors' code had 1.77
after 60 sweeps; without the data they are left out. Settings were chosen on other seeds.
"""

from __future__ import annotations

import os
import time
from math import pi
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from augury.models import FunctionalTucker
from reproductions._table import Row, is_quick, print_table

_COVERED = 1.959964


def main() -> None:
    quick = is_quick(__doc__)
    print_table("A surface of one product", [surface(0.0), *([] if quick else [surface(0.006)])])
    print_table(
        "Readings by place and time, simulated", simulated(4_000 if quick else 20_000, 20 if quick else 60)
    )
    if os.environ.get("AUGURY_DATA"):
        print_table("Temperatures of the United States", temperatures(quick))
    else:
        print("AUGURY_DATA is not set: the temperatures are left out")
    sizes = (4_000, 16_000) if quick else (40_000, 160_000, 640_000)
    print_table("Time", [linear_time(sizes)])


def scores(model: FunctionalTucker, X: Tensor, y: Tensor) -> tuple[float, float]:
    """Root mean squared error, and the share of outcomes in the 95 % intervals."""
    with torch.no_grad():
        posterior = model.posterior(X.unsqueeze(-2), observation_noise=True)
    error = (posterior.mean.reshape(-1) - y).abs()
    inside = error <= _COVERED * posterior.variance.reshape(-1).sqrt()
    return float(error.square().mean().sqrt()), float(inside.double().mean())


def surface(noise: float) -> Row:
    """675 of 1,350 points of the paper's surface, on six grids of 15 x 15."""
    rng = np.random.default_rng(0)
    grids = [np.stack(np.meshgrid(rng.random(15), rng.random(15)), axis=-1).reshape(-1, 2) for _ in range(6)]
    X = torch.from_numpy(np.concatenate(grids))
    x, z = X.T
    y = (2 * pi * x).sin() ** 2 * (2 * pi * x).cos() * (-2 * z).exp() * (1.5 * pi * z).sin()
    noisy = y + noise * torch.from_numpy(rng.standard_normal(len(y)))
    rows = torch.from_numpy(rng.permutation(len(y)))
    train, test = rows[: len(y) // 2], rows[len(y) // 2 :]
    model = FunctionalTucker(X[train], noisy[train, None], ranks=1, lengthscale=0.1).fit()
    error, _ = scores(model, X[test], y[test])
    return (
        f"error on the other half, noise {noise:g}",
        "0.004" if not noise else "-",
        f"{error:.2g} (outcomes: {float(y.std()):.3f})",
    )


def simulated(n: int, sweeps: int) -> list[Row]:
    """Sums of two products of functions of 20, 100 and 300 coordinates; a fifth of the last is never seen."""
    rng = np.random.default_rng(1)
    factors, grids = [], []
    for count, length in ((20, 0.4), (100, 0.2), (300, 0.1)):
        t = np.sort(rng.random(count))
        distance = np.abs(t[:, None] - t) * np.sqrt(3.0) / length
        K = (1.0 + distance) * np.exp(-distance) + 1e-8 * np.eye(count)
        factors.append(np.linalg.cholesky(K) @ rng.standard_normal((count, 2)))
        grids.append(t)
    index = np.stack([rng.integers(count, size=n) for count in (20, 100, 300)], axis=1)
    f = np.prod([factor[index[:, k]] for k, factor in enumerate(factors)], axis=0).sum(axis=1)
    y = torch.from_numpy(f + 0.1 * f.std() * rng.standard_normal(n))
    X = torch.from_numpy(np.stack([grid[index[:, k]] for k, grid in enumerate(grids)], axis=1))
    seen = torch.from_numpy(index[:, 2] % 5 != 0)
    kept = torch.from_numpy(rng.random(n) < 0.8)
    model = FunctionalTucker(X[seen & kept], y[seen & kept, None], ranks=2, max_iterations=sweeps).fit()
    rows = []
    for name, which in (("known coordinates", seen & ~kept), ("times never seen", ~seen)):
        error, covered = scores(model, X[which], y[which])
        share = error / float(y.std())
        rows.append(
            (
                f"{name}: error as a share of the deviation (noise: 0.10)",
                "-",
                f"{share:.3f}, {covered:.1%} covered",
            )
        )
    return rows


def temperatures(quick: bool) -> list[Row]:
    """The first published split, coordinates by index."""
    data = np.load(Path(os.environ["AUGURY_DATA"]) / "tensors" / "us_temperature.npz")
    last = data["shape"].astype(float) - 1.0
    X, new = (torch.from_numpy(data[name] / last) for name in ("train_index", "test_index"))
    y, truth = (torch.from_numpy(data[name].astype(float)) for name in ("train_y", "test_y"))
    mean = float((truth - y.mean()).square().mean().sqrt())
    rows: list[Row] = [("error of the mean", "8.69", f"{mean:.2f}")]
    for core, rank, nu, sweeps in (("cp", 1, 1.5, 20), ("cp", 3, 0.5, 40), ("tucker", 3, 0.5, 40)):
        if quick and (core, rank) != ("cp", 3):
            continue
        begin = time.process_time()
        limit = 8 if quick else sweeps
        model = FunctionalTucker(
            X,
            y.unsqueeze(-1),
            ranks=rank,
            core=core,
            nu=nu,
            lengthscale=0.1,
            max_iterations=limit,
            num_starts=1,
        ).fit()
        error, covered = scores(model, new, truth)
        published = "1.17 (1.77 by index)" if (core, rank) == ("cp", 1) else "-"
        seconds = time.process_time() - begin
        rows.append(
            (
                f"{core}, rank {rank}: error, 95 % intervals",
                published,
                f"{error:.2f} (1/{mean / error:.1f} of the mean's), {covered:.1%} covered, {seconds:.0f} s",
            )
        )
    return rows


def linear_time(sizes: tuple[int, ...]) -> Row:
    """Seconds of a sweep, whatever is learnt, for growing numbers of rows and of coordinates with them."""
    rng = np.random.default_rng(2)
    seconds = []
    for n in sizes:
        X = torch.from_numpy(np.stack([rng.integers(n // 40, size=n) for _ in range(3)], axis=1) / (n / 40))
        y = torch.sin(5.0 * X).prod(dim=1, keepdim=True)
        model = FunctionalTucker(X, y, ranks=2, nu=0.5, learn=False, max_iterations=2, num_starts=1)
        model.fit()
        begin = time.process_time()
        model.fit()
        seconds.append((time.process_time() - begin) / 2.0)
    slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
    shown = ", ".join(f"{one:.2f} s" for one in seconds)
    return (f"a sweep of {', '.join(f'{n:,}' for n in sizes)} rows", "linear", f"{shown}: slope {slope:.2f}")


if __name__ == "__main__":
    main()
