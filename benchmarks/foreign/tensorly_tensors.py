"""tensorly's side of `benchmarks.functional_tensors`; runs in an environment of its own, without augury."""

from __future__ import annotations

import sys
import time

import numpy as np
import tensorly
from tensorly.decomposition import parafac, partial_tucker


def main(source: str, target: str) -> None:
    case = np.load(source)
    shape, rank, index = tuple(case["shape"]), int(case["rank"]), tuple(case["train_index"].T)
    mask = np.zeros(shape)
    filled = np.zeros(shape)
    mask[index], filled[index] = 1.0, case["train_y"]
    results = {}
    for name in ("tucker", "cp"):
        begin = time.perf_counter()
        if name == "tucker":
            modes = list(range(len(shape)))
            (core, factors), _ = partial_tucker(
                filled, [rank] * len(shape), modes=modes, mask=mask, n_iter_max=200
            )
            whole = tensorly.tucker_to_tensor((core, factors))
        else:
            whole = tensorly.cp_to_tensor(
                parafac(filled, rank, mask=mask, n_iter_max=200, init="random", random_state=0)
            )
        predicted = whole[tuple(case["test_index"].T)]
        error = np.sqrt(np.mean((predicted - case["test_y"]) ** 2))
        results[name] = np.array([error, time.perf_counter() - begin])
    np.savez(target, **results)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
