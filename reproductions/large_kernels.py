"""Large-kernel encoders: UniRepLKNet (Ding et al. 2024) and its design rules (Zhang, Ding and Yue 2025).

Parameters of the nine published networks; folding; the effective receptive field of few large kernels beside
many small ones; and a task that needs to see far: the displacement of two spots, 20 to 31 places apart in
fields of 64 x 64, by networks of two blocks with kernels of 3, 7 and 13; and the design rules switched off
one at a time, on a task with an answer at each place. (ImageNet is out of reach here.)

    python -m reproductions.large_kernels [--quick]
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from augury.networks import effective_receptive_field
from augury.networks.encoders import UniRepLKNet, UniRepLKNetBlock, named_encoder
from augury.networks.encoders.spatial import convolution
from augury.networks.receptive_field import EffectiveReceptiveField
from reproductions._statistics import paired
from reproductions._table import Row, is_quick, print_table
from reproductions._training import trained_error

# millions of parameters, folded, 1,000 classes; those of B, L and XL as the released code counts them
_PUBLISHED = {
    **{"a": 4.4, "f": 6.2, "p": 10.7, "n": 18.3, "t": 31.0, "s": 55.6},
    **{"b": 98.0, "l": 218.5, "xl": 386.5},
}
_SIDE = 64


def parameters(variants: list[str]) -> list[Row]:
    rows = []
    for variant in variants:
        network = UniRepLKNet.from_variant(variant, num_classes=1000, folded=True, device="meta")
        count = sum(parameter.numel() for parameter in network.parameters())
        claim = f"UniRepLKNet-{variant.upper()}: parameters, folded"
        rows.append((claim, f"{_PUBLISHED[variant]:g} M", f"{count / 1e6:.1f} M ({count})"))
    return rows


def folding() -> list[Row]:
    """A network with random statistics, scales and shifts before and after folding."""
    rows = []
    for dtype, bound in ((torch.float32, "1e-5"), (torch.float64, "1e-12")):
        network = UniRepLKNet(3, (1, 1, 2, 1), 16, ((3,), (13,), (13, 3), (13,)), 10, dtype=dtype)
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for name, value in [*network.named_parameters(), *network.named_buffers()]:
                if "running_var" in name:
                    value.uniform_(0.5, 2.0, generator=generator)
                elif value.is_floating_point():
                    value.normal_(0.0, 0.1, generator=generator)
            x = torch.randn(2, 3, 96, 96, dtype=dtype, generator=generator)
            before = network.eval()(x)
            after = network.reparameterize()(x)
        error = float((after - before).abs().max() / before.abs().max())
        rows.append((f"folding, {str(dtype).removeprefix('torch.')}", f"<= {bound}", f"{error:.1g}"))
    return rows


def receptive_fields(seeds: int) -> list[Row]:
    """Untrained rectifier networks with the same 49 places of theoretical reach, averaged over draws."""
    sides = {}
    for name in ("conv-24x3", "conv-4x13"):
        total = torch.zeros(128, 128)
        for seed in range(seeds):
            images = torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(seed))
            total += effective_receptive_field(named_encoder(name, seed=seed), images).map
        field = EffectiveReceptiveField(total)
        axis = torch.arange(128) - 64.0
        spread = float((field.map.sum(0) * axis**2).sum() / field.map.sum()) ** 0.5
        sides[name] = (field.side(), spread)
    (small, narrow), (large, wide) = sides["conv-24x3"], sides["conv-4x13"]
    claim = "4 layers of 13 x 13 against 24 of 3 x 3"
    return [
        (f"{claim}: side of half", "1.6 to 2.0 (theory 1.87)", f"{large / small:.2f} ({large:g}, {small:g})"),
        (f"{claim}: deviation", "7.48 / 4.00 = 1.87", f"{wide:.2f} / {narrow:.2f} = {wide / narrow:.2f}"),
    ]


def two_spots(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """A high and a low spot on a torus, and the displacement between them in units of the side."""
    generator = np.random.default_rng(seed)
    first = generator.uniform(0, _SIDE, (n, 2))
    angle, distance = generator.uniform(0, 2 * np.pi, n), generator.uniform(20, 31, n)
    step = np.stack([np.cos(angle), np.sin(angle)], 1) * distance[:, None]
    axis = np.arange(_SIDE) + 0.5

    def spot(places: np.ndarray) -> np.ndarray:
        away = (axis - places[:, :, None] + _SIDE / 2) % _SIDE - _SIDE / 2
        bell = np.exp(-0.5 * (away / 1.5) ** 2)
        return bell[:, 0, :, None] * bell[:, 1, None, :]

    fields = spot(first) - spot(first + step)
    return torch.from_numpy(fields[:, None]).float(), torch.from_numpy(step / _SIDE).float()


def displacement(kernels: list[int], seeds: int, steps: int) -> list[Row]:
    rows = []
    new = two_spots(500, 10_000)
    for size in kernels:
        found, begun = [], time.process_time()
        for seed in range(seeds):
            network = UniRepLKNet(
                1, (2,), 16, ((size, size),), 2, layer_scale=1.0, seed=seed, dtype=torch.float32
            )
            found.append(
                trained_error(network, two_spots(2000, seed), new, rate=1e-2, steps=steps, seed=seed)
            )
        listed = ", ".join(f"{value:.3f}" for value in found)
        seconds = (time.process_time() - begun) / seeds
        claim = f"displacement of two spots, kernels of {size}"
        rows.append((claim, "less with larger kernels", f"{np.mean(found):.3f} ({listed}); {seconds:.0f} s"))
    return rows


class _Dense(nn.Module):
    """Three blocks of eight channels at full resolution, a number for each place."""

    def __init__(self, seed: int, kernel_size: int = 13, **rules: Any) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        at: dict[str, Any] = {"generator": generator, "dtype": torch.float32}
        blocks = [UniRepLKNetBlock(8, kernel_size, layer_scale=1.0, **rules, **at) for _ in range(3)]
        self.layers = nn.Sequential(convolution(2, 1, 8, 3, **at), *blocks, convolution(2, 8, 1, 1, **at))

    def forward(self, x: Tensor) -> Tensor:
        field: Tensor = self.layers(x)
        return field


def sources_and_fields(n: int, seed: int, side: int = 16, length: float = 2.0) -> tuple[Tensor, Tensor]:
    """White sources on a torus, and the screened-Poisson field of each, to variance 1."""
    sources = np.random.default_rng(seed).standard_normal((n, 1, side, side))
    wave = 2.0 * np.pi * np.fft.fftfreq(side)
    response = 1.0 / (length**-2 + wave[:, None] ** 2 + wave**2)
    fields = np.fft.ifft2(np.fft.fft2(sources) * response).real
    scale = np.sqrt((response**2).mean())
    return torch.from_numpy(sources).float(), torch.from_numpy(fields / scale).float()


_RULES: dict[str, dict[str, Any]] = {
    "as designed (13 x 13, shortcut, dilated branches, squeeze and excitation)": {},
    "2, without the shortcut": {"shortcut": False},
    "3, without branches": {"reparam": "none"},
    "7, branches of the same kernels, not dilated": {"reparam": "small"},
    "6, without squeeze and excitation": {"extra": "none"},
    "6, a bottleneck in its place": {"extra": "bottleneck"},
    "8, kernels of 3": {"kernel_size": 3},
}


def guidelines(rules: list[str], seeds: int, steps: int) -> list[Row]:
    """The rules by their numbers in the paper, each switched off alone."""
    rows, designed = [], np.zeros(seeds)
    new = sources_and_fields(200, 10_000)
    for rule in rules:
        found = np.array(
            [
                trained_error(
                    _Dense(seed, **_RULES[rule]),
                    sources_and_fields(500, seed),
                    new,
                    rate=1e-2,
                    steps=steps,
                    seed=seed,
                )
                for seed in range(seeds)
            ]
        )
        if not _RULES[rule]:
            designed = found
            rows.append((rule, "", f"{found.mean():.3f}"))
            continue
        measured = f"{found.mean():.3f}; difference {paired(found, designed)}"
        rows.append((f"rule {rule}", "worse", measured))
    return rows


def main() -> None:
    quick = is_quick(__doc__)
    torch.set_num_threads(1)
    print_table("Sizes", parameters(["a", "s"] if quick else list(_PUBLISHED)))
    print_table("Folding", folding())
    print_table("Effective receptive field", receptive_fields(1 if quick else 5))
    title = "Seeing far (our own test of the claim): error as a share of the deviation"
    print_table(title, displacement([3, 13] if quick else [3, 7, 13], 1, 5 if quick else 500))
    title = "Design rules: error of screened-Poisson fields from their sources, as a share of the deviation"
    print_table(title, guidelines(list(_RULES)[:2], 2, 3) if quick else guidelines(list(_RULES), 3, 150))


if __name__ == "__main__":
    main()
