"""An encoder of long series by global convolutions."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor, nn

from augury.construction import remembers_construction
from augury.errors import InvalidInputError
from augury.networks.global_convolution.layer import SGConv
from augury.numerics.seeding import global_generator


class _Block(nn.Module):
    """`x + GLU(W SGConv(norm(x)))`, on `B x L x width`."""

    def __init__(self, convolution: SGConv, width: int, dropout: float, dtype: torch.dtype) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, dtype=dtype)
        self.convolution = convolution
        self.output = nn.Linear(width, 2 * width, dtype=dtype)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        convolved = self.convolution(self.norm(x).mT).mT
        gated: Tensor = self.dropout(nn.functional.glu(self.output(convolved), dim=-1))
        return x + gated


@final
class SGConvEncoder(nn.Module):
    """Features of a series, of up to 10^5 steps and more: each layer sees all of it.

    A linear map to `width` channels, residual blocks of layer norm, `SGConv` and a gated linear unit, the
    mean (or the last step, or each), a linear map. In an `ArrayEncoder` it is an encoder of flat rows, as
    `DeepKernelGP(encoder=...)` takes.

    Source: the network of Gu, Goel and Ré (2022) in which Li et al. (2023) put their convolution for the
    structured state space.

    Args:
        in_features: number of values at each step.
        max_length: the longest series.
        width: channels of the blocks.
        depth: number of blocks.
        out_features: number of features.
        pool: "mean" over the steps, the "last" one, or "none" for features of each step.
        dropout: within the blocks.
        seed: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.
        convolution: further arguments of `SGConv`: `taps`, `decay`, `heads`, `bidirectional`, ...

    Raises:
        InvalidInputError: sizes out of range, an unknown pool.
    """

    @remembers_construction
    def __init__(
        self,
        in_features: int,
        max_length: int,
        width: int = 32,
        depth: int = 2,
        out_features: int = 8,
        pool: str = "mean",
        *,
        dropout: float = 0.0,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
        **convolution: Any,
    ) -> None:
        super().__init__()
        sizes = (in_features, width, out_features)
        if min(sizes) < 1 or depth < 0:
            raise InvalidInputError(
                f"features and width must be at least 1 and depth at least 0; given {sizes}, depth {depth}"
            )
        if pool not in ("mean", "last", "none"):
            raise InvalidInputError(f"pool must be 'mean', 'last' or 'none'; given {pool!r}")
        self.in_features, self.pool = in_features, pool
        with global_generator(
            torch.Generator().manual_seed(seed)
        ):  # torch's layers draw from the global generator
            self.input = nn.Linear(in_features, width, dtype=dtype)
            self.blocks = nn.Sequential(
                *(
                    _Block(
                        SGConv(
                            width,
                            max_length,
                            dropout=dropout,
                            seed=int(torch.randint(2**62, ())),
                            dtype=dtype,
                            **convolution,
                        ),
                        width,
                        dropout,
                        dtype,
                    )
                    for _ in range(depth)
                )
            )
            self.output = nn.Linear(width, out_features, dtype=dtype)
        self.to(device)

    def forward(self, series: Tensor) -> Tensor:
        """`... x out_features` (`... x L x out_features` without pooling) for `... x L x in_features`.

        Raises:
            InvalidInputError: a shape without `L x in_features` at its end.
        """
        steps = self.maps(series.reshape(-1, *series.shape[-2:]))[-1].mT
        pooled = steps.mean(-2) if self.pool == "mean" else steps if self.pool == "none" else steps[:, -1]
        features: Tensor = self.output(pooled)
        return features.reshape(*series.shape[:-2], *features.shape[1:])

    def maps(self, series: Tensor) -> list[Tensor]:
        """`B x width x L`, channels first, after each block.

        Args:
            series: `B x L x in_features`.

        Raises:
            InvalidInputError: another shape.
        """
        expected = self.in_features
        if series.ndim != 3 or series.shape[-1] != expected or series.shape[-2] < 1:
            raise InvalidInputError(
                f"the encoder takes series of ... x L x {expected}; given {tuple(series.shape)}"
            )
        steps = self.input(series)
        maps = [steps.mT]
        for block in self.blocks:
            steps = block(steps)
            maps.append(steps.mT)
        return maps
