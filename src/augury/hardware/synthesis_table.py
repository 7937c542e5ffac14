"""A table of synthesised networks, written row by row so that it can be gone on with."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from augury.errors import InvalidInputError
from augury.hardware.synthesis import SYNTHESIS_TARGETS, synthesise
from augury.hardware.verilog import QuantisedNetwork

COLUMNS = ("widths", "bits", "reuse", "seed", *SYNTHESIS_TARGETS)
_BITS = (2, 3, 4, 5)
_WIDTHS = (2, 3, 4, 6, 8)
_REUSES = (1, 2, 4)
#: Widths of networks for well-known tables (their inputs and classes): wider than any that is drawn.
EXEMPLARS = {
    "iris": (4, 10, 3),
    "ecoli": (7, 10, 8),
    "wine": (13, 6, 3),
    "vehicle": (18, 8, 4),
}


def drawn_networks(count: int, seed: int = 0) -> list[QuantisedNetwork]:
    """Different networks of one to three layers: widths 2 to 8, 2 to 5 bits, reuse up to 4 where it divides.

    Args:
        count: how many.
        seed: of the draw; fewer are the first of more.
    """
    generator = np.random.default_rng(seed)
    networks: dict[tuple[object, ...], QuantisedNetwork] = {}
    while len(networks) < count:
        widths = tuple(int(width) for width in generator.choice(_WIDTHS, size=generator.integers(2, 5)))
        bits = int(generator.choice(_BITS))
        reuse = tuple(
            int(generator.choice([reuse for reuse in _REUSES if width % reuse == 0])) for width in widths[1:]
        )
        networks.setdefault((widths, bits, reuse), QuantisedNetwork(widths, bits, reuse, seed=len(networks)))
    return list(networks.values())


def exemplar_networks() -> list[QuantisedNetwork]:
    """The networks of `EXEMPLARS` at 3 to 5 bits, each with a reuse of 1 and of 2 where it divides."""
    cases = [
        (widths, bits, tuple(math.gcd(reuse, width) for width in widths[1:]))
        for widths in EXEMPLARS.values()
        for bits in _BITS[1:]
        for reuse in _REUSES[:2]
    ]
    return [QuantisedNetwork(*case, seed=seed) for seed, case in enumerate(cases)]


def write_table(
    path: Path,
    networks: Iterable[QuantisedNetwork],
    *,
    make: Callable[[QuantisedNetwork], tuple[int, ...]] = synthesise,
    after_row: Callable[[int], None] | None = None,
) -> None:
    """Synthesise what the table does not have yet, and add a row for each at once.

    Args:
        path: a CSV file, made if it is not there.
        networks: in the order of their rows.
        make: gives the counts of a network, as in `SYNTHESIS_TARGETS`.
        after_row: called with the number of rows added.

    Raises:
        InvalidInputError: a file with other columns; or as `synthesise` raises.
    """
    there = {network for network, _ in read_table(path)} if path.exists() else set()
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if file.tell() == 0:
            writer.writerow(COLUMNS)
        missing = (network for network in networks if network not in there)
        for added, network in enumerate(missing, start=1):
            widths, reuse = ("-".join(map(str, numbers)) for numbers in (network.widths, network.reuse))
            writer.writerow([widths, network.bits, reuse, network.seed, *make(network)])
            file.flush()
            if after_row is not None:
                after_row(added)


def read_table(path: Path) -> list[tuple[QuantisedNetwork, tuple[int, ...]]]:
    """Networks and their counts, as in `SYNTHESIS_TARGETS`.

    Raises:
        InvalidInputError: other columns.
    """
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise InvalidInputError(f"{path} must have the columns {', '.join(COLUMNS)}")
    return [
        (
            QuantisedNetwork(_numbers(row[0]), int(row[1]), _numbers(row[2]), int(row[3])),
            tuple(int(count) for count in row[4:]),
        )
        for row in rows[1:]
    ]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split("-"))
