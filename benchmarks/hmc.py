"""Hamiltonian Monte Carlo for a small network against jitted JAX samplers, on the same density.

    python -m benchmarks.hmc --peer-python jax-env/bin/python [--threads 1] [--repeats 3] [--json FILE]

A 3 x 50 tanh network, 100 rows of the six-dimensional Hartmann function (the logarithm, standardised) with
noise 0.1; weights `N(0, 2 / fan-in)`, biases `N(0, 2)`, the noise inferred. Measured is the smallest bulk
effective sample size of the function at 20 test points per second, of a fresh process: imports, compilation
and adaptation included. Peers are the no-U-turn samplers of NumPyro and BlackJAX, and the HMC of BlackJAX
with 64 steps, all with their own adaptation, in coordinates in which the prior has unit size;
`foreign/jax_samplers.py` says how to make their environment. Entrants take turns and have the same number of
threads.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.timing import THREAD_VARIABLES, print_table, write_json

_VARIANCE = 2.0
_WIDTHS = (6, 50, 50, 50, 1)
_SAMPLES, _BURN_IN, _CHAINS = 300, 150, 8


def problem(seed: int = 0, n: int = 100, tests: int = 20) -> dict[str, Any]:
    """The data, as arrays; the same for every entrant."""
    import torch
    from botorch.test_functions import Hartmann

    from augury.networks import MLP, StackedNetwork

    generator = torch.Generator().manual_seed(seed)
    X = torch.rand(n + tests, 6, dtype=torch.float64, generator=generator)
    f = -torch.log(0.01 - Hartmann(6)(X))
    f = (f - f.mean()) / f.std()
    Y = f[:n] + 0.1 * torch.randn(n, dtype=torch.float64, generator=generator)
    inputs = (X - 0.5) * 12.0**0.5
    network = StackedNetwork(MLP(6))
    scale = _prior(network).scale
    start = torch.cat([network.initial(16, generator) / scale, torch.full((16, 1), -2.0)], dim=1)
    return {
        "X": inputs[:n].numpy(),
        "Y": Y[:, None].numpy(),
        "X_test": inputs[n:].numpy(),
        "scale": scale.numpy(),
        "widths": np.array(_WIDTHS),
        "start": start.numpy(),
    }


def _prior(network: Any) -> Any:
    from augury.inference import GaussianWeightPrior

    return GaussianWeightPrior(network, _VARIANCE)


def sample(given: Path, result: Path, method: str, seed: int) -> None:
    """Our side, in a process of its own."""
    import torch

    from augury.inference import HMC, NUTS, NetworkDensity
    from augury.networks import MLP, StackedNetwork

    data = np.load(given)
    X, Y, X_test = (torch.from_numpy(data[name]) for name in ("X", "Y", "X_test"))
    network = StackedNetwork(MLP(6))
    density = NetworkDensity(network, _prior(network), X, Y)
    inference = HMC(_SAMPLES, _BURN_IN, _CHAINS) if method == "hmc" else NUTS(100, 150, _CHAINS)
    samples = inference.run(density, seed=seed)
    values = samples.predict(X_test)[:, :, 0].reshape(inference.num_chains, inference.num_samples, -1)
    finished = time.time()
    np.savez(
        result,
        values=values.numpy(),
        noise=samples.noise_variance.sqrt().numpy(),
        finished=finished,
        acceptance=samples.diagnostics["acceptance"],
        steps=samples.diagnostics["gradients"] / (inference.num_samples + inference.burn_in),
    )


def measure(command: list[str], result: Path, threads: int) -> dict[str, Any]:
    """Run one entrant; its effective sample size a second, and moments."""
    from augury.inference.diagnostics import effective_sample_size, split_rhat

    environment = {**os.environ, **{name: str(threads) for name in THREAD_VARIABLES}}
    started = time.time()
    subprocess.run(command, env=environment, check=True)
    out = np.load(result)
    seconds, values = float(out["finished"]) - started, out["values"]
    ess = effective_sample_size(values)
    return {
        "seconds": seconds,
        "ess": float(ess.min()),
        "rhat": float(split_rhat(values).max()),
        "rate": float(ess.min()) / seconds,
        "steps": float(out["steps"]),
        "acceptance": float(out["acceptance"]),
        "noise": float(out["noise"].mean()),
        "mean": values.mean(axis=(0, 1)),
        "deviation": values.std(axis=(0, 1)),
        "error": values.std(axis=(0, 1)) / np.sqrt(ess),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer-python", default=os.environ.get("AUGURY_JAX_PYTHON"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--peers", nargs="*", default=["numpyro", "blackjax", "blackjax-hmc", "blackjax-hmc-single"]
    )
    parser.add_argument("--nuts", action="store_true", help="our NUTS too")
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        given, result, method, seed = options.worker
        sample(Path(given), Path(result), method, int(seed))
        return
    with tempfile.TemporaryDirectory() as folder:
        given, result = Path(folder, "problem.npz"), Path(folder, "result.npz")
        np.savez(given, **problem())
        commands = {}
        for method in ("hmc", "nuts") if options.nuts else ("hmc",):
            worker = [sys.executable, "-m", "benchmarks.hmc", "--worker", str(given), str(result), method]
            commands[f"augury {method}"] = worker
        peers = str(Path(__file__).parent / "foreign" / "jax_samplers.py")
        if options.peer_python is None:
            print("no peers: give --peer-python or AUGURY_JAX_PYTHON, the Python of an environment with JAX")
        for peer in options.peers if options.peer_python else ():
            library, single = peer.removesuffix("-single"), peer.endswith("-single")
            command = [options.peer_python, peers, library, str(given), str(result)]
            commands[f"{library}{' float32' if single else ''}"] = command + ["--single"] * single
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
        for seed in range(options.repeats):
            for name, command in commands.items():
                seeded = [*command, str(seed)] if "--worker" in command else [*command, "--seed", str(seed)]
                runs[name].append(measure(seeded, result, options.threads))
                print(name, seed, {k: v for k, v in runs[name][-1].items() if np.ndim(v) == 0}, flush=True)
    report(runs, options)


def report(runs: dict[str, list[dict[str, Any]]], options: argparse.Namespace) -> None:
    """Print medians, ratios, and how far the moments agree."""
    ours = median(run["rate"] for run in runs["augury hmc"])
    reference = runs["augury hmc"][0]
    rows = []
    for name, results in runs.items():
        other = results[-1]
        error = np.sqrt(reference["error"] ** 2 + other["error"] ** 2)
        rate = median(run["rate"] for run in results)
        rows.append(
            {
                "sampler": name,
                "seconds": median(run["seconds"] for run in results),
                "min ESS": median(run["ess"] for run in results),
                "R-hat": median(run["rhat"] for run in results),
                "ESS/s": rate,
                "ours is faster": ours / rate,
                "noise": median(run["noise"] for run in results),
                "mean differs (s.e.)": float(np.abs((other["mean"] - reference["mean"]) / error).max()),
                "sd ratio": float((other["deviation"] / reference["deviation"]).mean()),
            }
        )
    print_table(f"3 x 50 tanh network, n = 100, d = 6, {options.threads} thread(s)", rows)
    write_json(options.json, "hmc", rows)


if __name__ == "__main__":
    main()
