"""Networks that predict the score of a design, and how they are trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.inference.sharpness import SharpnessRegularizer
from augury.networks.mlp import MLP

if TYPE_CHECKING:
    from augury.inference.base import Progress
    from augury.strategies.offline.table import OfflineTable

#: `(network, X: b x D, y: b) -> what is added to the squared error of a batch`.
Penalty = Callable[[nn.Module, Tensor, Tensor], Tensor]


@final
@dataclass(frozen=True)
class ScoreNetworks:
    """Multilayer perceptrons trained by mini-batches on the squared error of the standardised scores.

    Args:
        hidden: their widths.
        activation: as `MLP` takes it.
        members: how many, from different starts.
        epochs: passes over the table.
        batch: rows of a step.
        lr: of Adam.
        sharpness: a bound on the sharpness of each, or None.

    Raises:
        InvalidInputError: counts below 1, or a rate that is not positive.
    """

    hidden: tuple[int, ...] = (256, 256)
    activation: str = "relu"
    members: int = 1
    epochs: int = 20
    batch: int = 128
    lr: float = 3e-4
    sharpness: SharpnessRegularizer | None = None

    def __post_init__(self) -> None:
        if min(self.members, self.epochs, self.batch, *self.hidden) < 1 or not self.lr > 0.0:
            raise InvalidInputError(
                "members, epochs, batch and widths must be at least 1 and lr positive; given "
                f"{self.members}, {self.epochs}, {self.batch}, {self.hidden} and {self.lr}"
            )

    def train(
        self,
        table: OfflineTable,
        *,
        seed: int,
        penalty: Penalty | None = None,
        progress: Progress | None = None,
    ) -> list[nn.Module]:
        """The networks, trained.

        Args:
            table: what they learn.
            seed: of the starts and the batches.
            penalty: added to the loss of each batch.
            progress: called after each epoch.
        """
        return [
            self._trained(table, seed * self.members + member, member, penalty, progress)
            for member in range(self.members)
        ]

    def _trained(
        self,
        table: OfflineTable,
        seed: int,
        member: int,
        penalty: Penalty | None,
        progress: Progress | None,
    ) -> nn.Module:
        generator = torch.Generator().manual_seed(seed)
        network = MLP(table.Z.shape[1], self.hidden, 1, self.activation, seed=seed).float()
        adam = torch.optim.Adam(network.parameters(), lr=self.lr, fused=True)
        sharpness = None if self.sharpness is None else self.sharpness.fresh()
        for epoch in range(self.epochs):
            for rows in torch.randperm(len(table.Z), generator=generator).split(self.batch):
                X, y = table.Z[rows], table.y[rows]
                adam.zero_grad(set_to_none=True)
                loss = (network(X)[:, 0] - y).square().mean()
                if penalty is not None:
                    loss = loss + penalty(network, X, y)
                if sharpness is None:
                    loss.backward()
                else:
                    sharpness.backward(loss, network, X)
                adam.step()
            if progress is not None:
                done, whole = member * self.epochs + epoch + 1, self.members * self.epochs
                progress(done, whole, "training networks")
        return network.requires_grad_(False)


def predicted(networks: list[nn.Module], X: Tensor, aggregate: str) -> Tensor:
    """The mean or the least ("min") prediction (N) of some networks at `X` (`N x D`)."""
    values = torch.stack([network(X)[:, 0] for network in networks])
    return values.mean(dim=0) if aggregate == "mean" else values.amin(dim=0)


def ascended(value: Callable[[Tensor], Tensor], X: Tensor, *, steps: int, lr: float) -> Tensor:
    """Points (`N x D`) after steps of plain gradient ascent on `value` (`N x D -> N`)."""
    X = X.detach().clone()
    for _ in range(steps):
        X.requires_grad_(True)
        with torch.enable_grad():
            (slope,) = torch.autograd.grad(value(X).sum(), X)
        X = (X + lr * slope).detach()
    return X
