"""The order of ranks: sampling that makes it, a penalty that empties the last, and what each is worth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.compression.factorize import factorized_layers
from augury.networks.compression.factorized import FactorizedLayer

#: Under the root, so that a rank that is exactly zero has a gradient.
_TINY = 1e-12


class RankSampler:
    """Trains a factorised network at random ranks, so that the first ranks come to matter most.

    With "single" one layer works at its first `b` ranks and the others at all of theirs, the pair being drawn
    uniformly from all: a shuffled list of them is walked through. With "independent" each layer draws a rank
    of its own at each step.

    Source: Horváth et al. (2024), Maestro; the order is that of Horváth et al. (2021), FjORD.

    Args:
        network: as `factorize` returns it.
        scheme: "single" or "independent".
        seed: of the draws.

    Raises:
        InvalidInputError: an unknown scheme, or no factorised layers.
    """

    def __init__(self, network: nn.Module, scheme: str = "single", seed: int = 0) -> None:
        if scheme not in ("single", "independent"):
            raise InvalidInputError(f"scheme must be 'single' or 'independent'; given {scheme!r}")
        self._layers = list(factorized_layers(network).values())
        self._scheme = scheme
        self._generator = torch.Generator().manual_seed(seed)
        self._pairs: list[tuple[FactorizedLayer, int]] = []

    @contextmanager
    def draw(self) -> Iterator[None]:
        """Within the block, one step of training, the network works at ranks drawn for it."""
        for layer, rank in self._drawn():
            layer.sampled = rank
        try:
            yield
        finally:
            for layer in self._layers:
                layer.sampled = None

    def _drawn(self) -> list[tuple[FactorizedLayer, int]]:
        if self._scheme == "independent":
            return [(layer, 1 + self._integer(layer.rank)) for layer in self._layers]
        while True:  # ranks may have shrunk since the list was made
            if not self._pairs:
                pairs = [(layer, b) for layer in self._layers for b in range(1, layer.rank + 1)]
                order = torch.randperm(len(pairs), generator=self._generator).tolist()
                self._pairs = [pairs[i] for i in order]
            layer, rank = self._pairs.pop()
            if rank <= layer.rank:
                return [(layer, rank)]

    def _integer(self, below: int) -> int:
        return int(torch.randint(below, (), generator=self._generator))


def group_lasso(network: nn.Module, hierarchical: bool = True) -> Tensor:
    r"""The penalty that empties ranks, the last first.

    .. math:: \sum_i \sum_{b=1}^{r_i} \big( \|U^i_{:, b:}\|_F + \|V^i_{:, b:}\|_F \big)

    over all ranks from `b` to the last; without `hierarchical`, over rank `b` alone.

    Args:
        network: as `factorize` returns it.
        hierarchical: whether later ranks are penalised more often.

    Returns:
        A scalar, to be added to the loss with a weight.
    """
    terms = [
        (squares + _TINY).sqrt().sum()
        for layer in factorized_layers(network).values()
        for squares in _squared_norms(layer, hierarchical)
    ]
    return torch.stack(terms).sum()


def importances(network: nn.Module, hierarchical: bool = False) -> dict[str, Tensor]:
    """What each rank that is left is worth, `|U_b| |V_b|`: singular values, where the data is isotropic.

    Args:
        network: as `factorize` returns it.
        hierarchical: norms over all ranks from `b` on, which never grow with `b`.

    Returns:
        For each factorised layer its `r` importances.
    """
    found = {}
    for name, layer in factorized_layers(network).items():
        left, right = _squared_norms(layer, hierarchical)
        found[name] = (left * right).sqrt().detach()
    return found


def _squared_norms(layer: FactorizedLayer, hierarchical: bool) -> tuple[Tensor, Tensor]:
    """Of both factors, by rank."""
    left = layer.left[:, : layer.rank].square().sum(0)
    right = layer.right[: layer.rank].flatten(1).square().sum(1)
    if hierarchical:
        left, right = (norms.flip(0).cumsum(0).flip(0) for norms in (left, right))
    return left, right
