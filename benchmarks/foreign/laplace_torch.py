"""laplace-torch's side of `benchmarks.laplace`; runs in an environment of its own, without augury."""

from __future__ import annotations

import sys
import time
import warnings
from itertools import pairwise
from statistics import median

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from laplace import Laplace

KINDS = {
    "full": ("all", "full"),
    "kronecker": ("all", "kron"),
    "last-layer": ("last_layer", "full"),
}


def main(source: str, target: str) -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    case = {name: torch.from_numpy(value) for name, value in np.load(source).items()}
    results: dict[str, np.ndarray] = {}
    for bias in (1, 0):
        widths = case["widths"].tolist()
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after, bias=bool(bias)), nn.Tanh()]
        network = nn.Sequential(*layers[:-1])
        nn.utils.vector_to_parameters(case[f"theta{bias}"], network.parameters())
        loader = DataLoader(TensorDataset(case["X"], case["Y"]), batch_size=len(case["X"]))
        for structure, (subset, hessian) in KINDS.items():
            seconds = []
            for _ in range(int(case["repeats"]) + 1):
                start = time.perf_counter()
                model = Laplace(network, "regression", subset_of_weights=subset, hessian_structure=hessian)
                model.fit(loader)
                evidence = model.log_marginal_likelihood(case["precision"], case["sigma"])
                mean, covariance = model(case["new"], "glm", joint=True)
                seconds.append(time.perf_counter() - start)
            name = f"{structure}{bias}"
            results[f"mean_{name}"] = mean.detach().numpy()
            results[f"covariance_{name}"] = covariance.detach().numpy()
            results[f"evidence_{name}"] = evidence.detach().numpy()
            results[f"seconds_{name}"] = np.array(median(seconds[1:]))
    np.savez(target, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
