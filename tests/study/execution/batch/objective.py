"""Functions that jobs can import."""

from __future__ import annotations

import time

from augury.study.signals import Pruned, TransientFailure


def square(x: float) -> float:
    return x**2


def picky(x: float) -> object:
    """One of everything that can become of an evaluation."""
    if x == 1.0:
        raise ValueError("too cold")
    if x == 2.0:
        return float("nan")
    if x == 3.0:
        raise Pruned("hopeless")
    if x == 4.0:
        raise TransientFailure("no licence")
    return x, 0.5


def wrong(x: float) -> str:
    return "high"


def slow(x: float) -> float:
    time.sleep(600)
    return x


def reporting(x: float, trial: object) -> float:
    return x
