"""Small quantised networks and what Yosys 0.23 made of them: lookup tables, flip-flops, multipliers, times.

Source: made for this package by `python -m reproductions._hardware_table`; nothing of it is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import torch
from torch import Tensor

from augury.hardware.designs import layer_table
from augury.hardware.synthesis import as_design
from augury.hardware.synthesis_table import read_table
from augury.hardware.verilog import QuantisedNetwork

_MOST_LAYERS = 5  # three dense ones, and the rectifiers between them


@dataclass(frozen=True)
class SynthesisedNetworks:
    """Networks with their costs.

    Args:
        networks: `n` of them.
        costs: `n x 6`, the columns as in `augury.hardware.synthesis.SYNTHESIS_TARGETS`.
    """

    networks: tuple[QuantisedNetwork, ...]
    costs: Tensor

    @property
    def designs(self) -> Tensor:
        """`n x 90`: five layers of 18 numbers, as `LayerSurrogate` takes them."""
        designs = [as_design(network) for network in self.networks]
        return layer_table(designs, max_layers=_MOST_LAYERS).flatten(1)

    @property
    def architectures(self) -> Tensor:
        """`n` integers, the same for networks of the same widths."""
        known: dict[tuple[int, ...], int] = {}
        return torch.tensor([known.setdefault(network.widths, len(known)) for network in self.networks])


@cache
def synthesised_networks() -> SynthesisedNetworks:
    """200 drawn networks: up to three layers of 2 to 8 neurons, 2 to 5 bits, reuse of 1, 2 and 4."""
    return _read("synthesised_networks.csv")


@cache
def synthesised_exemplars() -> SynthesisedNetworks:
    """24 wider networks: for four well-known tables, up to 18 inputs and 10 neurons, at 3 to 5 bits."""
    return _read("synthesised_exemplars.csv")


def _read(name: str) -> SynthesisedNetworks:
    with as_file(files("augury.datasets").joinpath(name)) as path:
        rows = read_table(path)
    costs = torch.tensor([costs for _, costs in rows], dtype=torch.float64)
    return SynthesisedNetworks(tuple(network for network, _ in rows), costs)
