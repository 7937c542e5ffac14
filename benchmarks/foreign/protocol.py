"""What a peer in an environment of its own answers to; only the standard library is needed here.

The first line tells the space, what was evaluated before, and a seed; every further line the value, to be
minimised, of the point that was answered to the last.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any, Protocol

#: Name and schema (as augury's parameters have it) of each parameter.
Parameters = list[tuple[str, dict[str, Any]]]


class Peer(Protocol):
    """An optimiser that minimises."""

    def ask(self) -> dict[str, Any]:
        """The next parameters."""

    def tell(self, params: dict[str, Any], value: float) -> None:
        """The value at some parameters, asked for or not."""


def serve(make: Callable[[Parameters, int], Peer]) -> None:
    """Answers on the standard output until the standard input ends.

    Args:
        make: an optimiser of these parameters, with a seed.
    """
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    answers, sys.stdout = sys.stdout, sys.stderr  # what the peer itself prints is no answer
    start = json.loads(sys.stdin.readline())
    peer = make(start["parameters"], start["seed"])
    for params, value in start["told"]:
        peer.tell(params, value)
    while True:
        params = {name: _plain(value) for name, value in peer.ask().items()}
        print(json.dumps(params), file=answers, flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        peer.tell(params, json.loads(line))


def _plain(value: Any) -> Any:
    """A value without NumPy's types."""
    return value.item() if hasattr(value, "item") else value
