"""How long does the kernel of an infinitely wide network take, against neural-tangents and BoTorch?

    python -m benchmarks.infinite_width --peer-python ENVIRONMENT/bin/python

neural-tangents needs a JAX of its time, in an environment of its own (benchmarks/README.md); it is timed in
that process, after its compilation, in turn with ours. Without it, BoTorch's `InfiniteWidthBNNKernel` is the
only peer. Both sides may use the same cores, first one, then two.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from augury.kernels import NNGPKernel, NTKKernel
from augury.kernels.infinite_width import InfiniteWidthKernel
from benchmarks.timing import Entrant, alternate, pin_threads, print_table, settle, verdict, write_json

WEIGHT_VAR, BIAS_VAR = 10.0, 1.6
#: ours / neural-tangents, by kernel and depth.
TARGETS = {("nngp", 3): 1 / 4, ("nngp", 10): 1 / 5, ("ntk", 3): 1 / 2, ("ntk", 10): 1 / 2}
BOTORCH_TARGET = 1 / 4
MEMORY_TARGET = 3.0
AGREEMENT = 1e-10
_MODULE = "benchmarks.infinite_width"


def kernel(kind: str, depth: int, *, learn: bool = False) -> InfiniteWidthKernel:
    """Ours."""
    make = NNGPKernel if kind == "nngp" else NTKKernel
    return make(depth, WEIGHT_VAR, BIAS_VAR, learn=learn)


def inputs(n: int, d: int) -> torch.Tensor:
    """`n x d` points of the unit cube."""
    return torch.from_numpy(np.random.default_rng(0).random((n, d)))


class NeuralTangents:
    """The peer's process.

    Args:
        python: the interpreter of its environment.
        cores: the cores it may use.
    """

    def __init__(self, python: str, cores: list[int]) -> None:
        script = str(Path(__file__).parent / "foreign" / "neural_tangents_kernels.py")
        command = [python, script, ",".join(map(str, cores)), str(WEIGHT_VAR), str(BIAS_VAR)]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(len(cores)))
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **threads, "PYTHONPATH": ""},
        )
        self.version = self._answer()["jax"]

    def __call__(self, path: Path, depth: int, kind: str, out: Path | None = None) -> float:
        """The seconds of one evaluation."""
        assert self._process.stdin is not None
        request = {"X": str(path), "depth": depth, "kind": kind, "out": None if out is None else str(out)}
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return float(self._answer()["seconds"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the peer's process ended; does its Python import jax and neural_tangents?")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def against_neural_tangents(python: str, n: int, d: int, threads: int, repeats: int) -> list[dict[str, Any]]:
    """NNGP and NTK at depths 3 and 10, in turn, on the same cores."""
    cores = sorted(os.sched_getaffinity(0))[-threads:]
    peer = NeuralTangents(python, cores)
    os.sched_setaffinity(0, cores)
    rows = []
    X = inputs(n, d)
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "X.npy", Path(folder) / "K.npy"
        np.save(path, X.numpy())
        for (kind, depth), target in TARGETS.items():
            ours = kernel(kind, depth)
            times: dict[str, list[float]] = {"ours": [], "theirs": []}
            peer(path, depth, kind, out)
            difference = _difference(ours(X).to_dense().numpy(), np.load(out))
            for _ in range(repeats):
                times["theirs"].append(peer(path, depth, kind))
                settle()
                start = time.perf_counter()
                ours(X).to_dense()
                times["ours"].append(time.perf_counter() - start)
            seconds = {name: median(values) for name, values in times.items()}
            ratio = seconds["ours"] / seconds["theirs"]
            rows.append(
                {
                    "kernel": kind,
                    "depth": depth,
                    "threads": threads,
                    "ours s": seconds["ours"],
                    "neural-tangents s": seconds["theirs"],
                    "ratio": ratio,
                    "target": target,
                    "verdict": verdict(ratio, target),
                    "difference": difference,
                    "agreement": verdict(difference, AGREEMENT),
                }
            )
    peer.close()
    return rows


def _difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest relative difference off the diagonal, where neural-tangents rounds the angle of 0."""
    apart = ~np.eye(len(ours), dtype=bool)
    return float(np.abs(ours / theirs - 1.0)[apart].max())


def against_botorch(n: int, d: int, threads: int, repeats: int) -> list[dict[str, Any]]:
    """Value, and value with the gradient in inputs and variances, in the same process."""
    from botorch.models.kernels.infinite_width_bnn import InfiniteWidthBNNKernel

    pin_threads(threads)
    X, weights = inputs(n, d), torch.from_numpy(np.random.default_rng(1).standard_normal((n, n)))
    rows = []
    for depth in (3, 10):
        theirs = InfiniteWidthBNNKernel(depth).double()
        theirs.weight_var = torch.tensor(WEIGHT_VAR, dtype=torch.float64)
        theirs.bias_var = torch.tensor(BIAS_VAR, dtype=torch.float64)
        ours = kernel("nngp", depth, learn=True)
        for what, call in (("value", _value), ("gradient", _gradient)):
            seconds = alternate(
                {
                    name: Entrant(lambda _, k=k, c=call: c(k, X, weights), lambda _: settle())
                    for name, k in (("ours", ours), ("BoTorch", theirs))
                },
                repeats,
            )
            ratio = seconds["ours"] / seconds["BoTorch"]
            rows.append(
                {
                    "what": what,
                    "depth": depth,
                    "threads": threads,
                    "ours s": seconds["ours"],
                    "BoTorch s": seconds["BoTorch"],
                    "ratio": ratio,
                    "target": BOTORCH_TARGET,
                    "verdict": verdict(ratio, BOTORCH_TARGET),
                }
            )
    return rows


def _value(k: Callable[..., Any], X: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        K: torch.Tensor = k(X).to_dense()
    return K


def _gradient(k: Any, X: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, ...]:
    X = X.clone().requires_grad_(True)
    K = k(X).to_dense()
    return torch.autograd.grad(K, [X, *k.parameters()], weights)


def memory_rows(n: int, d: int) -> list[dict[str, Any]]:
    """The peak of memory during one evaluation, each in a process of its own, in matrices of n x n."""
    rows = []
    for what in ("nngp", "ntk", "nngp-gradient"):
        command = [sys.executable, "-m", _MODULE, "--measure-memory", what, "--n", str(n), "--d", str(d)]
        matrices = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        rows.append(
            {
                "what": what,
                "n": n,
                "peak, in matrices": matrices,
                "target": MEMORY_TARGET,
                "verdict": verdict(matrices, MEMORY_TARGET),
            }
        )
    return rows


def peak_matrices(what: str, n: int, d: int) -> float:
    """By how much this process grew at most, in matrices of n x n; one of them is the result (Linux)."""
    k = kernel("ntk" if what == "ntk" else "nngp", 3, learn="gradient" in what)
    call = _gradient if "gradient" in what else _value
    small, X = inputs(300, d), inputs(n, d)
    call(k, small, torch.ones(300, 300, dtype=torch.float64))
    weights = torch.ones(1, 1, dtype=torch.float64).expand(n, n)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew from what is in use
    before = _peak_kib()
    call(k, X, weights)
    return (_peak_kib() - before) * 1024 / (8.0 * n * n)


def _peak_kib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", default=os.environ.get("AUGURY_NEURAL_TANGENTS_PYTHON"))
    parser.add_argument("--n", type=int, default=2000)
    parser.add_argument("--d", type=int, default=10)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure-memory", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure_memory:
        print(peak_matrices(options.measure_memory, options.n, options.d))
        return
    everything = sorted(os.sched_getaffinity(0))
    rows: list[dict[str, Any]] = []
    for threads in options.threads:
        pin_threads(threads)
        if options.peer_python:
            new = against_neural_tangents(options.peer_python, options.n, options.d, threads, options.repeats)
            print_table(f"Kernel of an infinitely wide ReLU network, n = {options.n}, d = {options.d}", new)
            rows += new
        os.sched_setaffinity(0, everything[-threads:])
        new = against_botorch(options.n, options.d, threads, options.repeats)
        print_table("Against BoTorch's InfiniteWidthBNNKernel", new)
        rows += new
        os.sched_setaffinity(0, everything)
    new = memory_rows(options.n, options.d)
    print_table("Memory", new)
    write_json(options.json, "infinite_width", rows + new)


if __name__ == "__main__":
    main()
