"""Seeded random numbers from code that knows only torch's global generator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def global_generator(generator: torch.Generator) -> Iterator[None]:
    """Inside the block torch's global generator continues `generator`; afterwards it is as it was.

    For `torch.distributions` and GPyTorch's priors, which take no generator.
    """
    seed = int(torch.randint(2**62, (), generator=generator))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
