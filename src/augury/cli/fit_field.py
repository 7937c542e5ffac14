"""`augury fit-field`: an image as a function of its coordinates, and how sure it is of each pixel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augury.cli.output import check_folder, check_network_file, check_picture
from augury.errors import InvalidInputError

if TYPE_CHECKING:
    import numpy as np

    from augury.inference.fields.training import FieldTrainer


def fit_field(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="PNG, JPEG, or what else Pillow reads.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE.safetensors", help="The field. [IMAGE.field.safetensors]"),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE.png", help="What it looks like. [beside --out]")
    ] = None,
    decoder: Annotated[str, typer.Option("--decoder", help="rbf or mlp.")] = "rbf",
    centers: Annotated[int, typer.Option("--centers", help="Kernels of the decoder rbf.")] = 64,
    steps: Annotated[int, typer.Option("--steps", help="Batches.")] = 2000,
    batch: Annotated[int, typer.Option("--batch", help="Pixels of a batch.")] = 8192,
    learning_rate: Annotated[
        float, typer.Option("--learning-rate", help="At first; a tenth at last.")
    ] = 1e-2,
    size: Annotated[
        int | None, typer.Option("--size", metavar="PIXELS", help="Shrink the longer side to this first.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="cpu, cuda, mps ...")] = "cpu",
    seed: Annotated[int, typer.Option("--seed", help="Of weights and batches.")] = 0,
    save_every: Annotated[float, typer.Option("--save-every", help="Seconds between checkpoints.")] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fit a neural field to an image; resumes by itself.

    A grid of features at six resolutions and a layer of Gaussian kernels learn the image from random pixels;
    the last layer's posterior then says how sure each pixel is. The file holds the whole state: a training
    that was interrupted goes on from there, and a finished one is only shown again. The picture has the
    image, the field, the error and the posterior's standard deviation.
    """
    if not 0 <= seed < 2**32:
        raise InvalidInputError(f"--seed must be in [0, 2^32); given {seed}")
    pixels = _read(image, size)
    target = image.with_suffix(".field.safetensors") if out is None else out
    check_network_file(target, "--out")
    check_folder(target, "--out")
    drawn = target.with_suffix(".png") if picture is None else picture
    check_picture(drawn, "--picture")

    import hashlib

    import torch
    from rich.console import Console

    from augury.cli.step_progress import shown_steps
    from augury.inference.fields.checkpoints import resume_field_training, save_field_training
    from augury.inference.fields.samplers import ImageSampler
    from augury.inference.fields.training import FieldTrainer
    from augury.models.fields.bayesian_field import bayesian_field
    from augury.models.fields.picture import field_picture, image_moments, peak_signal_to_noise
    from augury.networks.fields.design import FieldDesign

    sampler = ImageSampler(pixels)
    design = FieldDesign(2, sampler.out_features, decoder=decoder, n_centers=centers, seed=seed)
    try:
        field = design.build(device=device, dtype=torch.float32)
    except (RuntimeError, AssertionError) as error:  # torch's, of a device that is not there
        raise InvalidInputError(f"--device {device}: {error}".splitlines()[0]) from None
    trainer = FieldTrainer(field, sampler, steps, batch, learning_rate, seed=seed)
    signal = hashlib.sha256(pixels.tobytes()).hexdigest()
    if target.is_file():
        resume_field_training(trainer, design, target, signal)
        if not as_json:
            typer.echo(f"resumed {target} after {trainer.step} of {steps} steps")

    def save(trainer: FieldTrainer) -> None:
        save_field_training(trainer, design, target, signal)

    with shown_steps(Console(stderr=True), as_json) as progress:
        trainer.run(progress, save, save_every)
    with torch.no_grad():
        place = next(field.parameters())
        parts = [field(rows.to(place)) for rows in sampler.coordinates.split(batch)]
        found = torch.cat(parts).double().cpu().reshape(sampler.shape).numpy()
    _, deviation = image_moments(sampler, bayesian_field(field, sampler.coordinates, sampler.values))
    psnr = peak_signal_to_noise(pixels, found)
    parameters = sum(p.numel() for p in field.decoder.parameters())
    figure = field_picture(pixels, found, deviation, f"{image.name}: {psnr:.2f} dB")
    drawn.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(drawn)
    if as_json:
        from augury.study.documents import to_json

        document = {
            "psnr": psnr,
            "decoder_parameters": parameters,
            "parameters": sum(p.numel() for p in field.parameters()),
            "steps": trainer.step,
            "seconds": trainer.elapsed,
            "field": str(target),
            "picture": str(drawn),
        }
        typer.echo(to_json(document))
        return
    typer.echo(
        f"{psnr:.2f} dB after {trainer.step} steps, {trainer.elapsed:.1f} s; decoder {parameters} numbers"
    )
    typer.echo(f"wrote {target}")
    typer.echo(f"wrote {drawn}")


def _read(path: Path, size: int | None) -> np.ndarray:
    """The image, `H x W x C` in [0, 1], `C` of 1 or 3."""
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    if size is not None and size < 2:
        raise InvalidInputError(f"--size must be at least 2; given {size}")
    try:
        with Image.open(path) as opened:
            shown = opened.convert("L" if opened.mode in ("1", "L") else "RGB")
    except FileNotFoundError:
        raise InvalidInputError(f"there is no file {path}") from None
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise InvalidInputError(f"{path} cannot be read as an image: {error}") from None
    longest = max(shown.size)
    if size is not None and longest > size:
        width, height = (max(2, round(side * size / longest)) for side in shown.size)
        shown = shown.resize((width, height), Image.Resampling.BOX)
    pixels = np.asarray(shown, dtype=np.float64) / 255.0
    return pixels[:, :, None] if pixels.ndim == 2 else pixels
