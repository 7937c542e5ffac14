"""How long does it take to predict the costs of 10,000 designs, from layers to means and 90 % intervals?

The peer is scikit-learn's gradient boosting on aggregates, one model a target, which has no intervals.

    python -m benchmarks.hardware_prediction [--quick] [--threads 1] [--json FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.timing import Entrant, alternate, pin_threads, print_table, verdict, write_json

_TARGET = 1.0  # seconds
_PEER = "gradient boosting"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few designs; the numbers mean nothing")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    pin_threads(arguments.threads)
    count, repeats = (500, 1) if arguments.quick else (10_000, 5)
    seconds = alternate({name: Entrant(call) for name, call in _calls(count).items()}, repeats)
    rows = [
        {
            "predictor": name,
            "designs": count,
            "seconds": value,
            f"times {_PEER}": value / seconds[_PEER],
            "target 1 s": "" if arguments.quick or name == _PEER else verdict(value, _TARGET),
        }
        for name, value in seconds.items()
    ]
    print_table("Predicted costs of designs", rows)
    write_json(arguments.json, "hardware_prediction", rows)


def _calls(count: int) -> dict[str, Callable[[object], object]]:
    """What is timed: each begins with layers as Python objects."""
    import torch
    from sklearn.ensemble import HistGradientBoostingRegressor

    from augury.datasets.synthesised_networks import synthesised_networks
    from augury.hardware import LayerSurrogate, layer_table
    from augury.hardware.aggregates import aggregate_features
    from augury.hardware.designs import FIELDS
    from augury.hardware.synthesis import as_design
    from augury.hardware.synthesis_table import drawn_networks

    known = synthesised_networks()
    designs = [as_design(network) for network in drawn_networks(count, seed=1)]
    levels = torch.tensor([0.05, 0.95], dtype=torch.float64)

    def of(network: str) -> Callable[[object], object]:
        # a few steps: trained or not, a network takes the same time
        model = LayerSurrogate(known.designs, known.costs, network=network, num_steps=5).fit()

        def call(_: object) -> object:
            posterior = model.posterior(layer_table(designs, max_layers=5).flatten(1))
            return posterior.mean, posterior.quantile(levels)

        return call

    def aggregates(table: torch.Tensor) -> np.ndarray:
        return aggregate_features(table.unflatten(1, (-1, len(FIELDS)))).numpy()

    trees = [
        HistGradientBoostingRegressor().fit(aggregates(known.designs), y)
        for y in known.costs.log1p().numpy().T
    ]

    def boosted(_: object) -> object:
        features = aggregates(layer_table(designs, max_layers=5).flatten(1))
        return [tree.predict(features) for tree in trees]

    return {
        **{network: of(network) for network in ("transformer", "graph", "aggregate")},
        _PEER: boosted,
    }


if __name__ == "__main__":
    main()
