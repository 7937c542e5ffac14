"""Structured global convolution: Li, Cai, Zhang, Chen and Dey (2023).

The fast convolution beside the direct one; then a response that remembers all of a series (a fractional
integral of 1,024 steps, 256 series to learn from): SGConv, a causal convolution of 31 taps and a GRU, of two
layers and width 32, each for the same CPU seconds on one core; and SGConv without its two principles, decay
and few parameters. Each learns at the best of three rates, by a short training on other data. (The Long Range
Arena of the paper is out of reach here. Time against length: `python -m benchmarks.long_series`.)

    python -m reproductions.global_convolution [--quick]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import cos, pi

import numpy as np
import torch
from torch import Tensor, nn

from augury.networks import SGConv, SGConvEncoder, kernel_parameter_groups
from augury.numerics.seeding import global_generator
from augury.problems.array_regression import fading_memory_series
from reproductions._table import Row, is_quick, print_table

_LENGTH, _WIDTH, _BATCH = 1024, 32, 16
_RATES = (1e-3, 3e-3, 1e-2)
_LATE = 512  # steps from which a window of 61 has lost most of the past


class CausalConvolutions(nn.Module):
    """Two residual blocks as those of `SGConvEncoder`, with ordinary causal convolutions."""

    def __init__(self, taps: int = 31) -> None:
        super().__init__()
        self.input, self.output = nn.Linear(1, _WIDTH), nn.Linear(_WIDTH, 1)
        self.norms = nn.ModuleList(nn.LayerNorm(_WIDTH) for _ in range(2))
        self.convolutions = nn.ModuleList(nn.Conv1d(_WIDTH, _WIDTH, taps) for _ in range(2))
        self.mixes = nn.ModuleList(nn.Linear(_WIDTH, 2 * _WIDTH) for _ in range(2))
        self.past = taps - 1

    def forward(self, series: Tensor) -> Tensor:
        x = self.input(series)
        for norm, convolution, mix in zip(self.norms, self.convolutions, self.mixes, strict=True):
            convolved = convolution(nn.functional.pad(norm(x).mT, (self.past, 0))).mT
            x = x + nn.functional.glu(mix(nn.functional.gelu(convolved)), dim=-1)
        return self.output(x)


class Recurrent(nn.Module):
    """Two layers of gated recurrent units."""

    def __init__(self) -> None:
        super().__init__()
        self.recurrent = nn.GRU(1, _WIDTH, 2, batch_first=True)
        self.output = nn.Linear(_WIDTH, 1)

    def forward(self, series: Tensor) -> Tensor:
        return self.output(self.recurrent(series)[0])


def _sgconv(seed: int, **options: float) -> nn.Module:
    settings = {"taps": 32, **options}
    return SGConvEncoder(
        1, _LENGTH, _WIDTH, 2, 1, "none", bidirectional=False, seed=seed, dtype=torch.float32, **settings
    )


MODELS: dict[str, Callable[[int], nn.Module]] = {
    "SGConv": _sgconv,
    "convolution, 31 taps": lambda seed: CausalConvolutions(),
    "GRU": lambda seed: Recurrent(),
}
ABLATIONS: dict[str, Callable[[int], nn.Module]] = {
    "SGConv without decay": lambda seed: _sgconv(seed, decay=1.0),
    "SGConv, every tap free": lambda seed: _sgconv(seed, taps=_LENGTH),
}


def data(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Series and responses, both standardised (`n x L x 1` and `n x L`)."""
    X, y = fading_memory_series(n, seed, _LENGTH, each_step=True)
    y = y / (np.arange(1.0, _LENGTH + 1.0) ** -1.4).sum() ** 0.5  # the deviation of the last response
    return torch.from_numpy(8.0 * (X - 0.5)).float().unsqueeze(-1), torch.from_numpy(y).float()


def errors(network: nn.Module, X: Tensor, y: Tensor) -> tuple[float, float]:
    """Root mean squared error over all steps, and over late ones, as a share of the response's deviation."""
    with torch.no_grad():
        left = torch.cat([network.eval()(part).squeeze(-1) for part in X.split(50)]) - y
    share = left.square().mean().sqrt() / y.std(), left[:, _LATE:].square().mean().sqrt() / y[:, _LATE:].std()
    return float(share[0]), float(share[1])


def train(
    build: Callable[[int], nn.Module], X: Tensor, y: Tensor, rate: float, seconds: float, seed: int
) -> tuple[nn.Module, int]:
    """A network trained for so many CPU seconds by Adam at a rate that falls to zero; and its steps."""
    generator = torch.Generator().manual_seed(seed)
    with global_generator(generator):
        network = build(seed).train()
    groups = kernel_parameter_groups(network, rate, kernel_lr=rate)
    optimizer = torch.optim.AdamW([group for group in groups if group["params"]], lr=rate)
    steps, begun = 0, time.process_time()
    while (spent := (time.process_time() - begun) / seconds) < 1.0:
        for group in optimizer.param_groups:
            group["lr"] = 0.5 * rate * (1.0 + cos(pi * spent))
        rows = torch.randint(len(X), (_BATCH,), generator=generator)
        optimizer.zero_grad()
        loss = (network(X[rows]).squeeze(-1) - y[rows]).square().mean()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        steps += 1
    return network, steps


def comparison(models: dict[str, Callable[[int], nn.Module]], seeds: int, seconds: float) -> list[Row]:
    table = []
    for name, build in models.items():
        X, y = data(256, 1000)
        check = data(100, 1001)
        short = {rate: errors(train(build, X, y, rate, seconds / 7.0, 0)[0], *check)[0] for rate in _RATES}
        rate = min(short, key=lambda each: short[each])
        found, steps = [], 0
        for seed in range(seeds):
            X, y = data(256, seed)
            network, steps = train(build, X, y, rate, seconds, seed)
            found.append(errors(network, *data(200, 500 + seed)))
        everywhere, late = np.array(found).T
        parameters = sum(parameter.numel() for parameter in build(0).parameters())
        listed = ", ".join(f"{value:.3f}" for value in everywhere)
        measured = (
            f"error {everywhere.mean():.3f} ({listed}), late {late.mean():.3f}; "
            f"{steps} steps of {rate:g}, {parameters} parameters"
        )
        table.append((f"{name}, {seconds:g} s", "", measured))
    return table


def direct() -> list[Row]:
    """The layer beside a sum over all lags."""
    rows = []
    for dtype, bound in ((torch.float32, 1e-5), (torch.float64, 1e-12)):
        for bidirectional in (False, True):
            layer = SGConv(4, 512, 32, bidirectional=bidirectional, mix=False, dtype=dtype)
            u = torch.randn(2, 4, 512, dtype=dtype, generator=torch.Generator().manual_seed(0))
            kernels = layer.kernel(512)
            lag = torch.arange(512)[:, None] - torch.arange(512)
            matrix = kernels[0][..., lag.clamp(min=0)] * (lag >= 0)
            if bidirectional:
                matrix = matrix + kernels[1][..., (-lag - 1).clamp(min=0)] * (lag < 0)
            expected = torch.einsum("cts,bcs->bct", matrix, u) + layer.direct[0] * u
            error = float((layer(u) - expected).detach().abs().max())
            way = "both ways" if bidirectional else "causal"
            claim = f"fast against direct convolution, {way}, {str(dtype).removeprefix('torch.')}"
            rows.append((claim, f"<= {bound:g}", f"{error:.1g}"))
    return rows


def main() -> None:
    quick = is_quick(__doc__)
    torch.set_num_threads(1)
    seconds = 1.0 if quick else 35.0
    print_table("Exactness", direct())
    title = "Fractional integral, new series: error as a share of the response's deviation"
    print_table(title, comparison(MODELS, 1 if quick else 2, seconds))
    print_table("Without one principle", comparison(ABLATIONS, 1, seconds))


if __name__ == "__main__":
    main()
