"""Offline optimisation as translation: from the designs known to be good to better ones."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.mlp import MLP
from augury.strategies.offline.bridge import BrownianBridge
from augury.strategies.offline.method import OfflineMethod, Search
from augury.strategies.offline.pairs import Pairs, synthesize_pairs
from augury.strategies.offline.synthetic import SyntheticFunctions

if TYPE_CHECKING:
    import numpy as np

    from augury.inference.base import Progress
    from augury.strategies.offline.table import OfflineTable

_DECAY = 0.995  # of the average of the weights
_AVERAGED_FROM = 0.25  # share of the training after which weights are averaged
_RECENT = 5  # epochs whose ascents say what can be asked for
_CONTEXT = 4  # inputs beside the design: m_t, both values, and whether they are given


@final
@dataclass(frozen=True)
class BridgeTranslator(OfflineMethod):
    """The probabilistic bridge: a network learns to turn poor designs into good ones on synthetic functions.

    In each epoch new functions are drawn that agree with the table; gradient ascent and descent from its best
    designs give pairs of a good and a poor design; a network learns the Brownian bridge between them, given
    both values (or not, in one of seven cases). Then the best designs of the table are translated, with a
    target for their value.

    Args:
        functions: how synthetic functions are drawn.
        epochs: each with its own functions.
        functions_per_epoch: how many.
        starts: the best rows of the table that pairs are made from.
        ascent_steps: of gradient ascent and descent.
        ascent_lr: their step size. (Published: 0.05 for sequences and 0.001 for numbers, of which there were
            60.)
        hidden: widths of the network.
        lr: of Adam.
        batch: pairs of a step.
        min_steps: of the network in an epoch: the pairs of small tables are gone through several times.
        dropout: how often a pair is learned without its values.
        bridge: between the ends of a pair.
        n_steps, eta: as `BrownianBridge.sample` takes them.
        guidance_weight: w of classifier-free guidance, `(1 + w) given - w not given`. (Published: -1.5, which
            together with `swap_conditioning` leads away from poor values; without it, away from good ones.)
        target: the (unscaled) score that is asked for; None for a high quantile of what the synthetic
            functions reach. The published code asks for 0.8 of the largest score that exists, which is not
            known to a user.
        swap_conditioning: whether the network is given the values of the ends in each other's place when it
            translates, as the published code does.

    Raises:
        InvalidInputError: counts below 1, or a dropout outside [0, 1].

    Source: Dao et al., "ROOT: rethinking offline optimization as distributional translation via probabilistic
    bridge", arXiv:2509.16300 (NeurIPS 2025). What differs: the network sees the share m_t instead of the
    number of the step, and whether the values are given as an input of its own (there 0 stands for both); the
    means of large tables are approximate.
    """

    functions: SyntheticFunctions = field(default_factory=SyntheticFunctions)
    epochs: int = 20
    functions_per_epoch: int = 2
    starts: int = 1024
    ascent_steps: int = 100
    ascent_lr: float = 0.05
    hidden: tuple[int, ...] = (256, 256, 256)
    lr: float = 1e-3
    batch: int = 64
    min_steps: int = 32
    dropout: float = 0.15
    bridge: BrownianBridge = field(default_factory=BrownianBridge)
    n_steps: int = 200
    eta: float = 0.2
    guidance_weight: float = -0.5
    target: float | None = None
    swap_conditioning: bool = False

    def __post_init__(self) -> None:
        counts = (
            self.epochs,
            self.functions_per_epoch,
            self.starts,
            self.ascent_steps,
            self.batch,
            self.n_steps,
        )
        if min(*counts, *self.hidden) < 1 or not 0.0 <= self.dropout <= 1.0 or not self.lr > 0.0:
            raise InvalidInputError(
                "epochs, functions_per_epoch, starts, ascent_steps, batch, n_steps and widths must be at "
                "least 1, dropout in [0, 1] and lr positive"
            )

    def learn(self, table: OfflineTable, *, seed: int, progress: Progress | None = None) -> Search:
        for epoch, stage in enumerate(self.stages(table, seed=seed)):
            search = stage
            if progress is not None:
                progress(epoch + 1, self.epochs, "learning the bridge")
        return search

    def stages(self, table: OfflineTable, *, seed: int) -> Iterator[Search]:
        """The search after each epoch, to watch how it learns; each is valid until the next is asked for."""
        generator = torch.Generator().manual_seed(seed)
        D = table.Z.shape[1]
        training = _Training(MLP(D + _CONTEXT, self.hidden, D, "silu", seed=seed).float(), self)
        reached: list[Tensor] = []
        for epoch in range(self.epochs):
            pairs = self._pairs(table, generator)
            training.pass_over(pairs, epoch, generator)
            reached.append(pairs.y_high)
            yield self._search(table, training.average, self._target(table, reached), seed)

    def _target(self, table: OfflineTable, reached: list[Tensor]) -> float:
        """The standardised score that is asked for, given what the ascents of each epoch reached."""
        if self.target is None:
            return float(torch.cat(reached[-_RECENT:]).quantile(0.95))
        return (float(table.goals.objective_signs[0]) * self.target - table.location) / table.unit

    def _search(self, table: OfflineTable, network: nn.Module, target: float, seed: int) -> Search:
        def search(first: int, last: int) -> np.ndarray:
            rows = table.order[first:last]
            noise = torch.Generator().manual_seed(seed)
            with torch.no_grad():
                found = self.translate(network, table.Z[rows], table.y[rows], target, noise)
            return table.decode(found)

        return search

    def translate(
        self, network: nn.Module, x_T: Tensor, y_T: Tensor, y_0: float, generator: torch.Generator
    ) -> Tensor:
        """Sources (`N x D`) with their N values, translated to designs of the value `y_0` (both
        standardised)."""
        N, w = len(x_T), self.guidance_weight
        ends = (
            (y_T, torch.full_like(y_T, y_0)) if self.swap_conditioning else (torch.full_like(y_T, y_0), y_T)
        )
        given = torch.stack([*ends, torch.ones(N)], dim=1)
        contexts = torch.cat([given, torch.zeros_like(given)])

        def drift(x: Tensor, share: float) -> Tensor:
            inputs = torch.cat([x.repeat(2, 1), torch.full((2 * N, 1), share), contexts], dim=1)
            conditional, free = network(inputs).split(N)
            return (1.0 + w) * conditional - w * free

        return self.bridge.sample(drift, x_T, n_steps=self.n_steps, eta=self.eta, generator=generator)

    def _pairs(self, table: OfflineTable, generator: torch.Generator) -> Pairs:
        functions = self.functions.draw(table, self.functions_per_epoch, generator)
        starts = table.Z[table.order[: self.starts]]
        return synthesize_pairs(functions, starts, steps=self.ascent_steps, lr=self.ascent_lr)


class _Training:
    """The network on its way, with the average of its weights."""

    def __init__(self, network: nn.Module, options: BridgeTranslator) -> None:
        self.network, self.options = network, options
        self.average = copy.deepcopy(network).requires_grad_(False)
        self._adam = torch.optim.Adam(network.parameters(), lr=options.lr, fused=True)

    def pass_over(self, pairs: Pairs, epoch: int, generator: torch.Generator) -> None:
        """Passes over pairs in random order, each with new noise: one, or more where there are few pairs."""
        options, bridge = self.options, self.options.bridge
        averaged = epoch >= _AVERAGED_FROM * options.epochs
        passes = max(1, math.ceil(options.min_steps * options.batch / max(len(pairs), 1)))
        order = torch.cat([torch.randperm(len(pairs), generator=generator) for _ in range(passes)])
        for rows in order.split(options.batch):
            x_0, x_T = pairs.high[rows], pairs.low[rows]
            t = torch.randint(bridge.num_timesteps, (len(rows),), generator=generator)
            x_t = bridge.q_sample(x_0, x_T, t, torch.randn(x_0.shape, generator=generator))
            given = (torch.rand(len(rows), generator=generator) >= options.dropout).float()
            context = torch.stack([pairs.y_high[rows] * given, pairs.y_low[rows] * given, given], dim=1)
            inputs = torch.cat([x_t, bridge.shares[t, None], context], dim=1)
            loss = (self.network(inputs) - (x_t - x_0)).abs().mean()
            self._adam.zero_grad(set_to_none=True)
            loss.backward()
            self._adam.step()
            with torch.no_grad():
                for mean, weight in zip(self.average.parameters(), self.network.parameters(), strict=True):
                    mean.lerp_(weight, 1.0 - _DECAY if averaged else 1.0)
