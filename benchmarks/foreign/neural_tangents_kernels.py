"""The peer of `benchmarks/infinite_width.py`, run by a Python that has neural-tangents and an old JAX.

Imports nothing of augury. One JSON request a line on standard input, one answer a line on standard output:
{"X": path of an .npy, "depth": L, "kind": "nngp" | "ntk", "out": path or null} -> {"seconds": ...}. A kernel
function is compiled, and run once, at its first request, which is not timed.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> None:
    """Serve requests until standard input ends."""
    cores = {int(core) for core in sys.argv[1].split(",")}
    os.sched_setaffinity(0, cores)  # XLA makes as many threads as it may use cores
    weight_var, bias_var = float(sys.argv[2]), float(sys.argv[3])
    import jax

    jax.config.update("jax_enable_x64", True)
    import numpy as np
    from neural_tangents import stax

    def network(depth: int):
        layers = []
        for _ in range(depth):
            layers += [stax.Dense(1, weight_var**0.5, bias_var**0.5), stax.Relu()]
        layers.append(stax.Dense(1, weight_var**0.5, bias_var**0.5))
        return stax.serial(*layers)[2]

    compiled = {}
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print does not mix with the answers
    print(json.dumps({"jax": jax.__version__}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        X = jax.device_put(np.load(request["X"]))
        key = request["depth"], request["kind"], X.shape
        if key not in compiled:
            function = network(request["depth"])
            kind = request["kind"]
            compiled[key] = jax.jit(lambda x, f=function, k=kind: f(x, None, k))
            compiled[key](X).block_until_ready()
        start = time.perf_counter()
        K = compiled[key](X).block_until_ready()
        seconds = time.perf_counter() - start
        if request["out"]:
            np.save(request["out"], np.asarray(K))
        print(json.dumps({"seconds": seconds}), file=answers, flush=True)


if __name__ == "__main__":
    main()
