"""The Laplace approximation against laplace-torch, at the same weights, prior precision and noise.

laplace-torch needs torchvision, which has no CPU build on the package index, so it lives in an environment
of its own (several GB):

    python -m venv laplace-env
    laplace-env/bin/pip install torch torchvision laplace-torch==0.3
    python -m benchmarks.laplace --peer laplace-env/bin/python

Compared are the joint predictive covariance, the log marginal likelihood, and the time of curvature,
marginal likelihood and joint prediction together, one thread each. Our Kronecker factors take a layer's bias
as one more input, laplace-torch's as a block of its own: without biases the two must agree, with them only
nearly.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from augury.inference.evidence import KroneckerFactors, LaplaceEvidence, gram_log_determinant
from augury.inference.jacobian import layer_jacobian, network_jacobian
from augury.inference.linearised import GramCovariance, KroneckerCovariance
from augury.networks import MLP, StackedNetwork
from benchmarks.timing import pin_threads, print_table, write_json

WIDTHS = (6, 20, 20, 1)
ROWS, NEW, REPEATS = 100, 50, 3
PRECISION, SIGMA = 2.5, 0.3
STRUCTURES = ("full", "kronecker", "last-layer")


def case() -> dict[str, Any]:
    """Data, and weights of a network with and without biases."""
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(ROWS, WIDTHS[0], generator=generator, dtype=torch.float64)
    values: dict[str, Any] = {
        "X": X,
        "Y": torch.sin(X.sum(dim=1, keepdim=True)),
        "new": torch.randn(NEW, WIDTHS[0], generator=generator, dtype=torch.float64),
        "widths": torch.tensor(WIDTHS),
        "precision": torch.tensor(PRECISION, dtype=torch.float64),
        "sigma": torch.tensor(SIGMA, dtype=torch.float64),
        "repeats": torch.tensor(REPEATS),
    }
    for bias in (1, 0):
        values[f"theta{bias}"] = 1.5 * network(bias).initial(1, generator)[0]
    return values


def network(bias: int) -> StackedNetwork:
    """The architecture."""
    return StackedNetwork(MLP(WIDTHS[0], WIDTHS[1:-1], WIDTHS[-1], bias=bool(bias)))


def ours(values: dict[str, Any], structure: str, bias: int) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Joint covariance at the new points, log marginal likelihood, and seconds."""
    stacked, theta = network(bias), values[f"theta{bias}"]
    variance = torch.ones_like(theta)
    noise = torch.full_like(values["Y"], SIGMA**2)
    part = "last-layer" if structure == "last-layer" else "all"
    jacobian_of = layer_jacobian if structure == "kronecker" else network_jacobian
    last = WIDTHS[-2] * WIDTHS[-1] + bias * WIDTHS[-1]
    uncertain = theta[-last:] if part == "last-layer" else theta
    seconds = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        mean, jacobian = jacobian_of(stacked, theta, variance, values["X"], part)
        if structure == "kronecker":
            factors = KroneckerFactors(jacobian)
            log_determinant, covariance = (
                factors.log_determinant,
                KroneckerCovariance(factors, PRECISION, noise),
            )
        else:
            log_determinant = gram_log_determinant(jacobian)
            covariance = GramCovariance(jacobian, PRECISION, noise)
        evidence = LaplaceEvidence(
            values["Y"] - mean, float(uncertain.square().sum()), log_determinant, noise
        )(values["precision"].log(), None)
        projected = covariance.project(jacobian_of(stacked, theta, variance, values["new"], part)[1])
        seconds.append(time.perf_counter() - start)
    return projected, evidence, median(seconds[1:])


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer", type=Path, required=True, help="python that has laplace-torch")
    parser.add_argument("--json", type=Path, help="write the rows here")
    arguments = parser.parse_args()
    pin_threads(1)
    values = case()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "case.npz", Path(folder) / "theirs.npz"
        np.savez(source, **{name: value.numpy() for name, value in values.items()})
        script = Path(__file__).parent / "foreign" / "laplace_torch.py"
        # -P: this folder has a laplace.py too
        subprocess.run([arguments.peer, "-P", script, source, target], check=True, env=_environment())
        theirs = dict(np.load(target))
    rows = []
    for structure in STRUCTURES:
        for bias in (1, 0):
            covariance, evidence, seconds = ours(values, structure, bias)
            name = f"{structure}{bias}"
            expected = torch.from_numpy(theirs[f"covariance_{name}"])
            rows.append(
                {
                    "structure": structure,
                    "biases": "yes" if bias else "no",
                    "largest difference of the covariance, relative": float(
                        (covariance - expected).abs().max() / expected.abs().max()
                    ),
                    "difference of the log evidence": float(
                        abs(evidence - float(theirs[f"evidence_{name}"].squeeze()))
                    ),
                    "augury, ms": 1e3 * seconds,
                    "laplace-torch, ms": 1e3 * float(theirs[f"seconds_{name}"]),
                    "ratio": seconds / float(theirs[f"seconds_{name}"]),
                }
            )
    print_table(f"Laplace, {'-'.join(map(str, WIDTHS))} tanh, n = {ROWS}, {NEW} joint points", rows)
    write_json(arguments.json, "laplace", rows)


if __name__ == "__main__":
    main()
