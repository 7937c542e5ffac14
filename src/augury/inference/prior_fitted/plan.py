"""How a prior-fitted network is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import cos, exp, log, pi
from typing import Any, Literal

import torch

from augury.errors import InvalidInputError


@dataclass(frozen=True)
class TrainingPlan:
    """Sizes, schedule and seed of a training.

    Args:
        dims: least and largest number of inputs; one number is drawn for each batch.
        max_context: rows of the context at most.
        queries: new inputs of each data set.
        tokens: rows of a batch in all; the number of data sets follows from it.
        max_batch: data sets of a batch at most.
        steps: batches.
        seconds: of training at most, or None; the learning rate reaches zero at whichever comes first.
        learning_rate: of AdamW at its highest.
        weight_decay: of AdamW.
        warm_up: steps over which the rate rises.
        sizes: law of the number of context rows: "uniform", or "log" (small numbers more often).
        seed: of weights, data and sizes.

    Raises:
        InvalidInputError: numbers out of range.
    """

    dims: tuple[int, int] = (1, 1)
    max_context: int = 20
    queries: int = 40
    tokens: int = 4096
    max_batch: int = 128
    steps: int = 5000
    seconds: float | None = None
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    warm_up: int = 100
    sizes: Literal["uniform", "log"] = "uniform"
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.dims[0] <= self.dims[1]:
            raise InvalidInputError(f"dims must be two rising numbers from 1; given {self.dims}")
        for name in ("max_context", "queries", "tokens", "max_batch", "steps"):
            if getattr(self, name) < 1:
                raise InvalidInputError(f"{name} must be at least 1; given {getattr(self, name)}")
        if not self.learning_rate > 0.0:
            raise InvalidInputError(f"learning_rate must be positive; given {self.learning_rate}")
        if self.sizes not in ("uniform", "log"):
            raise InvalidInputError(f"sizes={self.sizes!r}; choose 'uniform' or 'log'")

    def as_dict(self) -> dict[str, Any]:
        """The arguments, as JSON holds them."""
        return asdict(self) | {"dims": list(self.dims)}

    def progress(self, step: int, elapsed: float) -> float:
        """How much of the training is done, 0 to 1."""
        share = step / self.steps
        if self.seconds is not None:
            share = max(share, elapsed / self.seconds)
        return min(share, 1.0)

    def rate(self, step: int, elapsed: float) -> float:
        """The learning rate: a linear rise, then half a cosine to zero."""
        fade = 0.5 * (1.0 + cos(pi * self.progress(step, elapsed)))
        return self.learning_rate * min(1.0, (step + 1) / max(self.warm_up, 1)) * fade

    def batch_size(self, context: int) -> int:
        """Data sets of a batch with so many context rows."""
        return max(4, min(self.max_batch, self.tokens // (context + self.queries)))

    def draw_sizes(self, generator: torch.Generator) -> tuple[int, int]:
        """The context rows and the inputs of the next batch."""
        u = float(torch.rand((), dtype=torch.float64, generator=generator))
        if self.sizes == "log":
            context = int(exp(u * log(self.max_context + 2.0)) - 1.0)
        else:
            context = int(u * (self.max_context + 1))
        dim = int(torch.randint(self.dims[0], self.dims[1] + 1, (), generator=generator))
        return min(context, self.max_context), dim
