"""InceptionNeXt: Yu, Zhou, Yan and Wang (2024).

Parameters of the published networks; what each branch of the mixer is good for, on pictures of a long
horizontal and a long vertical stroke whose offsets are asked for; the time of the mixer beside a depthwise
convolution of 7 x 7 on this processor. (ImageNet is out of reach here; outputs equal to timm's were checked
once, with its own file, in an environment of its own.)

    python -m reproductions.inception_next [--quick]
"""

from __future__ import annotations

import time
from statistics import median

import numpy as np
import torch
from torch import Tensor, nn

from augury.networks.encoders import InceptionDWConv2d, InceptionNeXt
from reproductions._table import Row, is_quick, print_table
from reproductions._training import trained_error

_PUBLISHED = {"atto": 4.2, "tiny": 28.1, "small": 49.4, "base": 86.7}
_SIDE = 48


def parameters() -> list[Row]:
    rows = []
    for variant, millions in _PUBLISHED.items():
        network = InceptionNeXt.from_variant(variant, num_classes=1000, device="meta")
        count = sum(parameter.numel() for parameter in network.parameters())
        rows.append(
            (f"InceptionNeXt-{variant}: parameters", f"{millions} M", f"{count / 1e6:.1f} M ({count})")
        )
    return rows


def strokes(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """A horizontal and a vertical stroke of random lengths, and these lengths as shares of the side."""
    generator = np.random.default_rng(seed)
    pictures, lengths = np.zeros((n, 1, _SIDE, _SIDE)), generator.integers(8, 41, (n, 2))
    for picture, (wide, high) in zip(pictures[:, 0], lengths, strict=True):
        rows, columns = generator.integers(0, _SIDE - high + 1), generator.integers(0, _SIDE - wide + 1)
        picture[generator.integers(_SIDE), columns : columns + wide] += 1.0
        picture[rows : rows + high, generator.integers(_SIDE)] += 1.0
    pictures += 0.3 * generator.standard_normal(pictures.shape)
    return torch.from_numpy(pictures).float(), torch.from_numpy(lengths / _SIDE).float()


def silence_(network: InceptionNeXt, branch: str) -> None:
    """A branch passes its channels on unchanged from now on."""
    for module in network.modules():
        if isinstance(module, InceptionDWConv2d):
            setattr(module, branch, nn.Identity())


def _error(steps: int, seed: int, branch: str | None = None, **settings: float) -> float:
    network = InceptionNeXt(
        1, (1, 1), (16, 32), num_classes=2, layer_scale=1.0, seed=seed, dtype=torch.float32, **settings
    )
    if branch is not None:
        silence_(network, branch)
    data, new = strokes(1000, seed), strokes(500, 10_000)
    return trained_error(network, data, new, rate=5e-3, steps=steps, seed=seed)


def branches(steps: int, seeds: int) -> list[Row]:
    variants: dict[str, tuple[str, dict[str, object]]] = {
        "all branches": ("82.3", {}),
        "without the horizontal band": ("81.9", {"branch": "dwconv_w"}),
        "without the vertical band": ("81.9", {"branch": "dwconv_h"}),
        "without the square": ("82.0", {"branch": "dwconv_hw"}),
        "bands of 3": ("", {"band_kernel": 3}),
        "bands of 7": ("82.1", {"band_kernel": 7}),
    }
    rows = []
    for name, (published, settings) in variants.items():
        found = [_error(steps, seed, **settings) for seed in range(seeds)]
        listed = ", ".join(f"{value:.3f}" for value in found)
        told = f"{published} (top-1)" if published else ""
        rows.append((name, told, f"{np.mean(found):.3f} ({listed})"))
    return rows


def speed(repeats: int) -> list[Row]:
    """CPU time of one forward pass, in turn, medians."""
    at = {"generator": torch.Generator().manual_seed(0), "dtype": torch.float32}
    rows: list[Row] = []
    for channels, side in ((96, 56), (384, 14)):
        x = torch.randn(4, channels, side, side, generator=torch.Generator().manual_seed(0))
        wide = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        layers = {"mixer": InceptionDWConv2d(channels, **at), "7 x 7": wide}
        times: dict[str, list[float]] = {name: [] for name in layers}
        for repeat in range(repeats + 1):
            for name, layer in layers.items():
                begun = time.process_time()
                with torch.no_grad():
                    layer(x)
                if repeat:
                    times[name].append(1e3 * (time.process_time() - begun))
        mixer, square = median(times["mixer"]), median(times["7 x 7"])
        measured = f"{mixer:.2f} ms against {square:.2f} ms: {square / mixer:.1f} times faster"
        rows.append((f"mixer against depthwise 7 x 7, {channels} channels of {side} x {side}", "", measured))
    return rows


def main() -> None:
    quick = is_quick(__doc__)
    torch.set_num_threads(1)
    print_table("Sizes", parameters())
    title = "Lengths of two strokes: error as a share of the deviation"
    print_table(title, branches(5 if quick else 200, 1 if quick else 2))
    print_table("Time on this processor, one thread", speed(3 if quick else 30))


if __name__ == "__main__":
    main()
