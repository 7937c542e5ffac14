"""How well are left-out readings of a tensor predicted, against discrete decompositions of equal rank?

The temperatures of the first published split (`tensors/us_temperature.npz` in AUGURY_DATA); tensorly makes
its decompositions with a mask, from outcomes standardised as ours are, in 200 iterations.

    python -m benchmarks.functional_tensors --peer tensorly-env/bin/python
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from augury.models import FunctionalTucker

_RANK, _SWEEPS = 3, 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, required=True, help="python that has tensorly")
    peer = parser.parse_args().peer
    torch.set_num_threads(1)
    data = np.load(Path(os.environ["AUGURY_DATA"]) / "tensors" / "us_temperature.npz")
    y, truth = (data[name].astype(float) for name in ("train_y", "test_y"))
    print(f"mean of all: {np.sqrt(np.mean((truth - y.mean()) ** 2)):.2f}")
    for core in ("cp", "tucker"):
        begin = time.perf_counter()
        error, covered = _ours(data, y, truth, core)
        print(f"augury {core}: {error:.2f}, {covered:.1%} covered, {time.perf_counter() - begin:.0f} s")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "case.npz"), Path(folder, "results.npz")
        scale = y.std()
        np.savez(
            source,
            shape=data["shape"],
            rank=_RANK,
            train_index=data["train_index"],
            test_index=data["test_index"],
            train_y=(y - y.mean()) / scale,
            test_y=(truth - y.mean()) / scale,
        )
        script = Path(__file__).parent / "foreign" / "tensorly_tensors.py"
        subprocess.run([peer, "-P", script, source, target], check=True)
        for name, (error, seconds) in np.load(target).items():
            print(f"tensorly {name}: {error * scale:.2f}, {seconds:.0f} s")


def _ours(data: np.lib.npyio.NpzFile, y: np.ndarray, truth: np.ndarray, core: str) -> tuple[float, float]:
    """Error and coverage of 95 % intervals."""
    last = data["shape"].astype(float) - 1.0
    X, new = (torch.from_numpy(data[name] / last) for name in ("train_index", "test_index"))
    model = FunctionalTucker(
        X,
        torch.from_numpy(y).unsqueeze(-1),
        ranks=_RANK,
        core="tucker" if core == "tucker" else "cp",
        nu=0.5,
        lengthscale=0.1,
        max_iterations=_SWEEPS,
        num_starts=1,
    ).fit()
    with torch.no_grad():
        posterior = model.posterior(new.unsqueeze(-2), observation_noise=True)
    error = np.abs(posterior.mean.reshape(-1).numpy() - truth)
    inside = error <= 1.959964 * posterior.variance.reshape(-1).sqrt().numpy()
    return float(np.sqrt(np.mean(error**2))), float(inside.mean())


if __name__ == "__main__":
    main()
