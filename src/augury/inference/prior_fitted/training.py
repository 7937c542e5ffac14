"""The training of prior-fitted networks: resumable, on fresh draws of the prior only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.inference.prior_fitted.draw import PriorDraw, PriorSampler
from augury.inference.prior_fitted.loss import LossParts, classification_loss, regression_loss
from augury.inference.prior_fitted.plan import TrainingPlan
from augury.networks.prior_fitted.transformer import PriorFittedTransformer, TransformerShape
from augury.numerics.buckets import fit_borders

_BORDER_VALUES = 40_000
_CLIP = 1.0
_LOG_EVERY = 50


@dataclass(frozen=True)
class Note:
    """A line of the log of a training.

    Args:
        step: batches so far.
        elapsed: seconds so far, all sessions together.
        divergence: the mean of `LossParts.divergence` over the last steps.
        rate: learning rate.
    """

    step: int
    elapsed: float
    divergence: float
    rate: float


@final
class Trainer:
    """Trains a network on a prior; its whole state can be saved and taken up again.

    Args:
        prior: sampler of data sets.
        shape: of the network.
        plan: of the training.

    Source: Müller et al. (2022), algorithm 1; with the loss averaged over the law of new outcomes.
    """

    def __init__(self, prior: PriorSampler, shape: TransformerShape, plan: TrainingPlan) -> None:
        if plan.dims[1] > shape.dim:
            raise InvalidInputError(f"a network of {shape.dim} inputs cannot learn from {plan.dims[1]}")
        self.prior, self.plan = prior, plan
        self.generator = torch.Generator().manual_seed(plan.seed)
        self.network = PriorFittedTransformer(shape, seed=plan.seed)
        self.has_borders = bool(shape.classes)
        self._loss: Callable[[PriorFittedTransformer, PriorDraw], LossParts] = (
            classification_loss if shape.classes else regression_loss
        )
        self.optimizer = torch.optim.AdamW(self._groups(), lr=plan.learning_rate, betas=(0.9, 0.98))
        self.step, self.elapsed = 0, 0.0
        self.log: list[Note] = []
        self._recent: list[float] = []

    def run(
        self,
        note: Callable[[Note], None] | None = None,
        save: Callable[[Trainer], None] | None = None,
        save_every: float = 120.0,
    ) -> PriorFittedTransformer:
        """Train to the end of the plan.

        Args:
            note: called with each new line of the log.
            save: called with the trainer every `save_every` seconds and at the end.
            save_every: seconds.

        Returns:
            The network.
        """
        last = time.monotonic()
        saved = last
        while self.plan.progress(self.step, self.elapsed) < 1.0:
            self.advance()
            now = time.monotonic()
            self.elapsed, last = self.elapsed + now - last, now
            if self.step % _LOG_EVERY == 0 or self.step == self.plan.steps:
                rate = self.plan.rate(self.step, self.elapsed)
                mean = sum(self._recent) / len(self._recent)
                self.log.append(Note(self.step, round(self.elapsed, 1), mean, rate))
                self._recent.clear()
                if note is not None:
                    note(self.log[-1])
            if save is not None and now - saved > save_every:
                save(self)
                saved = now
        if save is not None:
            save(self)
        return self.network

    def advance(self) -> float:
        """One batch; its divergence.

        Raises:
            InvalidInputError: the training has diverged.
        """
        self.fit_borders()
        context, dim = self.plan.draw_sizes(self.generator)
        size = self.plan.batch_size(context)
        draw = self.prior.sample(size, context, self.plan.queries, dim, self.generator)
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.rate(self.step, self.elapsed)
        self.optimizer.zero_grad(set_to_none=True)
        parts = self._loss(self.network, draw)
        parts.total.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        if not bool(norm.isfinite()):
            raise InvalidInputError(
                f"training diverged at step {self.step} with learning_rate={self.plan.learning_rate}; "
                "give a smaller one"
            )
        self.optimizer.step()
        self.step += 1
        self._recent.append(parts.divergence)
        return parts.divergence

    def _groups(self) -> list[dict[str, object]]:
        """Weight decay of matrices only."""
        matrices = [p for p in self.network.parameters() if p.dim() > 1]
        others = [p for p in self.network.parameters() if p.dim() <= 1]
        return [
            {"params": matrices, "weight_decay": self.plan.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]

    def fit_borders(self) -> None:
        """Give the network, once, borders of equal prior mass, for outcomes as it locates and scales them."""
        if self.has_borders:
            return
        generator = torch.Generator().manual_seed(self.plan.seed + 1)
        values, count = [], 0
        while count < _BORDER_VALUES:
            context, dim = self.plan.draw_sizes(generator)
            size = min(64, self.plan.batch_size(context))
            draw = self.prior.sample(size, context, self.plan.queries, dim, generator)
            with torch.no_grad():
                predicted, _ = self.network.predict(self.network.read(draw.X, draw.y), draw.X_new)
            values.append(((draw.outcomes(generator) - predicted.loc) / predicted.scale).flatten())
            count += len(values[-1])
        borders = fit_borders(torch.cat(values), self.network.shape.num_bars)
        if len(borders) != len(self.network.borders):
            raise InvalidInputError(f"the prior repeats outcomes; give num_bars={len(borders) - 1} at most")
        self.network.borders.copy_(borders)
        self.has_borders = True
