"""Bouzidi, Laga, Wannous and Sohel, "GNF: Gaussian neural fields for multidimensional signal representation
and reconstruction", arXiv:2503.06762 (Computer Graphics Forum 2025), at a reduced size.

Images: two photographs shipped with scikit-learn, shrunk to 320 x 213 (quick: 80 x 53), every pixel known.
One encoder (six grids, 18 features), the same batches, steps and learning rates; decoders change: 64
Gaussian kernels (centres by k-means of the first features, or as in the released code), a perceptron
18-64-64-3, a linear map. Then the signed distance of a torus, with the intersection over union of its inside.

    python -m reproductions.neural_fields [--quick]
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import torch
from sklearn.datasets import load_sample_image
from torch import Tensor, nn

from augury.inference import FieldTrainer, ImageSampler, SignedDistanceSampler
from augury.models.fields.picture import peak_signal_to_noise
from augury.networks import FieldDesign, GaussianRBFLayer, NeuralField
from reproductions._statistics import paired
from reproductions._table import Row, is_quick, print_table

_IMAGES = ("china.jpg", "flower.jpg")
_RESOLUTIONS = (16, 25, 35, 45, 54, 64)
_CURVE = (0.25, 0.5, 1.0)  # of the steps, at which the error is taken


def _picture(name: str, width: int) -> np.ndarray:
    from PIL import Image

    whole = Image.fromarray(load_sample_image(name))
    size = (width, round(width * whole.height / whole.width))
    return np.asarray(whole.resize(size, Image.Resampling.BOX), dtype=np.float64) / 255.0


def _decoders(out: int, resolutions: tuple[int, ...]) -> dict[str, Callable[[int], NeuralField]]:
    def design(decoder: str, seed: int, in_dim: int = 2, hidden: tuple[int, ...] = (64, 64)) -> NeuralField:
        made = FieldDesign(in_dim, out, resolutions=resolutions, decoder=decoder, hidden=hidden, seed=seed)
        return made.build(dtype=torch.float32)

    def reference(seed: int) -> NeuralField:
        field = design("mlp", seed)
        decoder = GaussianRBFLayer(18, out, 64, init="reference", seed=seed + 1, dtype=torch.float32)
        return NeuralField(field.encoder, decoder)

    return {
        "RBF": lambda seed: design("rbf", seed),
        "RBF, released start": reference,
        "MLP": lambda seed: design("mlp", seed),
        "linear": lambda seed: design("mlp", seed, hidden=()),
    }


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def images(quick: bool) -> list[Row]:
    width, steps, batch, seeds = (80, 120, 1024, 2) if quick else (320, 600, 8192, 3)
    resolutions = (4, 6, 9, 11, 14, 16) if quick else _RESOLUTIONS
    decoders = _decoders(3, resolutions)
    psnr: dict[str, list[tuple[float, ...]]] = {name: [] for name in decoders}
    seconds = {name: np.zeros(len(_CURVE)) for name in decoders}
    sizes = dict.fromkeys(decoders, 0)
    for name in _IMAGES:
        sampler = ImageSampler(_picture(name, width))
        X = sampler.coordinates.float()
        for seed in range(seeds):
            for decoder, build in decoders.items():
                trainer = FieldTrainer(build(seed), sampler, steps, batch, seed=seed)
                sizes[decoder] = _size(trainer.field.decoder)
                curve = []
                for place, share in enumerate(_CURVE):
                    started = time.process_time()
                    while trainer.step < share * steps:
                        trainer.advance()
                    seconds[decoder][place:] += (time.process_time() - started) / (seeds * len(_IMAGES))
                    with torch.no_grad():
                        found = trainer.field(X).double().numpy()
                    curve.append(peak_signal_to_noise(sampler.values.numpy(), found))
                psnr[decoder].append(tuple(curve))
    rows: list[Row] = []
    for decoder, curves in psnr.items():
        means = np.mean(curves, axis=0)
        shown = ", ".join(
            f"{value:.2f} ({spent:.1f})" for value, spent in zip(means, seconds[decoder], strict=True)
        )
        rows.append(
            (
                f"PSNR of {decoder} after 1/4, 1/2, all of {steps} steps ({sizes[decoder]} parameters)",
                "-",
                f"{shown} dB (CPU s)",
            )
        )
    last = {decoder: np.array(curves)[:, -1] for decoder, curves in psnr.items()}
    share = sizes["RBF"] / sizes["MLP"]
    rows.append(
        (
            "RBF less MLP, paired over images and seeds",
            "comparable",
            f"{paired(last['RBF'], last['MLP'])} dB with {share:.0%} of the decoder's parameters",
        )
    )
    rows.append(
        (
            "... by image",
            "-",
            ", ".join(
                f"{name.split('.')[0]} {part.mean():+.2f}"
                for name, part in zip(_IMAGES, np.split(last["RBF"] - last["MLP"], len(_IMAGES)), strict=True)
            ),
        )
    )
    return rows


def torus(x: Tensor) -> Tensor:
    """Signed distance of a torus, radii 0.55 and 0.25."""
    ring = (x[:, :2].square().sum(1) + 1e-12).sqrt() - 0.55
    return (ring.square() + x[:, 2].square() + 1e-12).sqrt() - 0.25


def distances(quick: bool) -> list[Row]:
    steps, batch, side, seeds = (100, 1024, 24, 1) if quick else (400, 8192, 64, 3)
    sampler = SignedDistanceSampler(torus)
    axis = torch.linspace(-0.9, 0.9, side)
    X = torch.cartesian_prod(axis, axis, axis)
    inside = torus(X.double()) < 0.0
    rows: list[Row] = []
    for decoder in ("rbf", "mlp"):
        overlaps, angles, started = [], [], time.process_time()
        for seed in range(seeds):
            design = FieldDesign(3, 1, resolutions=(4, 6, 8, 12, 16, 20), decoder=decoder, seed=seed)
            field = design.build(dtype=torch.float32)
            FieldTrainer(field, sampler, steps, batch, 5e-3, "relative", seed).run()
            with torch.no_grad():
                found = torch.cat([field(part)[:, 0] for part in X.split(batch)]) < 0.0
            overlaps.append(float((found & inside).sum() / (found | inside).sum()))
            points, _ = SignedDistanceSampler(torus, surface_share=1.0).sample(
                2000, torch.Generator().manual_seed(seed)
            )
            normal = nn.functional.normalize(field.gradient(points.float()).double(), dim=1)
            points.requires_grad_(True)
            (exact,) = torch.autograd.grad(torus(points).sum(), points)
            angles.append(math.degrees(float((normal * exact).sum(1).clamp(-1.0, 1.0).acos().median())))
        seconds = (time.process_time() - started) / seeds
        rows.append(
            (
                f"torus, {decoder.upper()}: intersection over union; median angle of normals",
                "comparable",
                f"{np.mean(overlaps):.4f}; {np.mean(angles):.1f} degrees ({seconds:.0f} CPU s)",
            )
        )
    return rows


def main() -> None:
    quick = is_quick(__doc__)
    print_table("Images: the decoder changes, all else is the same", images(quick))
    print_table("Signed distance of a torus", distances(quick))


if __name__ == "__main__":
    main()
