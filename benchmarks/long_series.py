"""Does a structured global convolution take time linear in the length, up to a logarithm?

One layer (`SGConv`, both ways, 16 channels, one series, single precision), forward and backward, beside a GRU
of as many channels, in turn. The slope is that of the least-squares line through the logarithms of the
medians: 1 is linear.

    python -m benchmarks.long_series [--largest 16] [--repeats 5]
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from augury.networks import SGConv
from benchmarks.timing import Entrant, alternate, pin_threads, print_table, verdict, write_json

_CHANNELS, _SMALLEST = 16, 10
SLOPE = 1.2


class GRU(nn.Module):
    """Channels first, as `SGConv`."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.GRU(_CHANNELS, _CHANNELS, batch_first=True)

    def forward(self, u: torch.Tensor) -> torch.Tensor:
        return self.layer(u.mT)[0].mT


def series(length: int, seed: int) -> torch.Tensor:
    return torch.randn(1, _CHANNELS, length, generator=torch.Generator().manual_seed(seed))


def forward_and_back(layer: nn.Module, u: torch.Tensor) -> None:
    layer(u).square().mean().backward()


def slope(lengths: list[int], seconds: list[float]) -> float:
    return float(np.polyfit(np.log(lengths), np.log(seconds), 1)[0])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--largest", type=int, default=16, help="power of two; the smallest is 10")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a smoke run")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    largest, repeats = (11, 1) if options.quick else (options.largest, options.repeats)
    pin_threads(1)
    rows: list[dict[str, Any]] = []
    for power in range(_SMALLEST, largest + 1):
        layers = {"SGConv": SGConv(_CHANNELS, 2**power, dtype=torch.float32), "GRU": GRU()}
        entrants = {
            name: Entrant(partial(forward_and_back, layer), partial(series, 2**power))
            for name, layer in layers.items()
        }
        seconds = alternate(entrants, repeats)
        rows.append(
            {
                "length": 2**power,
                "SGConv, ms": 1e3 * seconds["SGConv"],
                "GRU, ms": 1e3 * seconds["GRU"],
                "times faster": seconds["GRU"] / seconds["SGConv"],
                "parameters": sum(parameter.numel() for parameter in layers["SGConv"].parameters()),
            }
        )
    print_table("One layer, forward and backward", rows)
    lengths = [row["length"] for row in rows]
    slopes = {name: slope(lengths, [row[f"{name}, ms"] for row in rows]) for name in ("SGConv", "GRU")}
    target = f"target {SLOPE}: {verdict(slopes['SGConv'], SLOPE)}"
    print(f"slope of SGConv {slopes['SGConv']:.2f} ({target}); of the GRU {slopes['GRU']:.2f}")
    write_json(options.json, "long_series", [*rows, {"slopes": slopes}])


if __name__ == "__main__":
    main()
