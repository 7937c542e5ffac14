"""`augury erf`: how far encoders see, by name or in a saved deep-kernel model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augury.cli.output import check_picture, unwrapped_console
from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from augury.models.deep_kernel_receptive_field import ModelReceptiveField
    from augury.networks.receptive_field import EffectiveReceptiveField

_SHARES = (0.2, 0.3, 0.5, 0.99)  # as published
_LARGEST = 1024


@dataclass(frozen=True)
class _Seen:
    """An encoder's name and field, and what a model knows beside it."""

    name: str
    field: EffectiveReceptiveField
    model: ModelReceptiveField | None = None


def erf(
    encoders: Annotated[
        list[str],
        typer.Argument(
            metavar="ENCODER...",
            help="unireplknet-a, inception-next-tiny, conv-24x3 (layers x kernel) ..., or the file of a "
            "saved deep-kernel model.",
        ),
    ],
    encoder: Annotated[
        str | None,
        typer.Option(
            "--encoder",
            metavar="MODULE:FUNCTION",
            help="Makes the encoder of a file's model, where it is a module of your own.",
        ),
    ] = None,
    size: Annotated[int, typer.Option("--size", metavar="PIXELS", help="Side of the random images.")] = 128,
    inputs: Annotated[int, typer.Option("--inputs", help="Images, or rows of a model's data.")] = 4,
    seeds: Annotated[int, typer.Option("--seeds", help="Draws of an untrained encoder's weights.")] = 1,
    stage: Annotated[int, typer.Option("--stage", help="Whose map; the last by default.")] = -1,
    log_scale: Annotated[
        bool, typer.Option("--log-scale", help="log10(contribution + 1), as published.")
    ] = False,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="FILE.png", help="Draw the fields.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how far an encoder of images or series sees.

    Its effective receptive field: the side of the centred window with 20, 30, 50 and 99 % of all that the
    input contributes to the middle of the last map, the share of the area it covers, and the side at 50 %
    relative to the first encoder. Encoders by name are untrained and see random images. For a saved
    deep-kernel model: its encoder on its own rows, the lengthscales of its kernel, and the distance over
    which its inputs are correlated.
    """
    check_picture(plot, "--plot")
    if not 3 <= size <= _LARGEST or inputs < 1 or seeds < 1:
        raise InvalidInputError(
            f"--size lies in 3 to {_LARGEST}, --inputs and --seeds are at least 1; given {size}, {inputs}, "
            f"{seeds}"
        )
    seen = []
    for name in encoders:
        if Path(name).is_file():
            seen.append(_of_model(name, encoder, inputs, stage))
        else:
            seen.append(_of_name(name, size, inputs, seeds, stage, log_scale))
    if as_json:
        from augury.study.documents import to_json

        typer.echo(to_json([_document(one) for one in seen]))
    else:
        _print(seen)
    if plot is not None:
        _draw(plot, seen)
        if not as_json:
            typer.echo(f"wrote {plot}")


def _of_model(path: str, encoder: str | None, rows: int, stage: int) -> _Seen:
    import augury
    from augury.models.deep_kernel import DeepKernelGP
    from augury.models.deep_kernel_receptive_field import model_receptive_field
    from augury.study.run_settings import import_function

    supplied = {} if encoder is None else {"encoder": import_function(encoder, Path.cwd(), "--encoder")()}
    model = augury.load(path, **supplied)
    if not isinstance(model, DeepKernelGP):
        raise InvalidInputError(f"{path} holds a {type(model).__name__}; only a deep kernel has an encoder")
    found = model_receptive_field(model, rows=rows, stage=stage)
    return _Seen(Path(path).name, found.field, found)


def _of_name(name: str, size: int, inputs: int, seeds: int, stage: int, log_scale: bool) -> _Seen:
    import torch

    from augury.networks.encoders.named import named_encoder
    from augury.networks.receptive_field import EffectiveReceptiveField, effective_receptive_field

    total = torch.zeros(size, size)
    for seed in range(seeds):
        network = named_encoder(name, seed=seed)
        images = torch.randn(inputs, 3, size, size, generator=torch.Generator().manual_seed(seed))
        try:
            field = effective_receptive_field(network, images, stage=stage, log_scale=log_scale)
        except IndexError:
            raise InvalidInputError(f"--stage {stage}: {name} has no such map") from None
        total += field.map / max(float(field.map.sum()), torch.finfo(torch.float32).tiny)
    return _Seen(name, EffectiveReceptiveField(total))


def _document(one: _Seen) -> dict[str, Any]:
    document: dict[str, Any] = {
        "encoder": one.name,
        "input": list(one.field.map.shape),
        "windows": [
            {"share": share, "side": one.field.side(share), "area_ratio": one.field.ratio(share)}
            for share in _SHARES
        ],
    }
    if one.model is not None:
        scales = one.model.lengthscales
        document["lengthscales"] = None if scales is None else scales.tolist()
        document["correlation_length"] = one.model.correlation_length
    return document


def _print(seen: list[_Seen]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    console = unwrapped_console()
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("encoder")
    for header in ("input", *(f"side {share:.0%}" for share in _SHARES), *(f"area {s:.0%}" for s in _SHARES)):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("side to the first's", justify="right")
    first = seen[0].field.side()
    for one in seen:
        cells = [one.name, " x ".join(map(str, one.field.map.shape))]
        cells += [f"{one.field.side(share):g}" for share in _SHARES]
        cells += [f"{100 * one.field.ratio(share):.1f} %" for share in _SHARES]
        table.add_row(*map(Text, [*cells, f"{one.field.side() / first:.2f}"]))
    console.print(table)
    for one in seen:
        if one.model is None:
            continue
        scales = one.model.lengthscales
        told = "none" if scales is None else ", ".join(f"{scale:.3g}" for scale in scales.tolist())
        console.print(Text(f"{one.name}: lengthscales in deviations of the features: {told}"))
        length = one.model.correlation_length
        console.print(Text(f"{one.name}: its inputs are correlated (to 1/e) over {length:.3g} places"))


def _draw(path: Path, seen: list[_Seen]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    figure = Figure(figsize=(3.6 * len(seen), 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, one in zip(figure.subplots(1, len(seen), squeeze=False)[0], seen, strict=True):
        contributions, side = one.field.map.numpy(), one.field.side()
        title = f"{one.name}\nhalf of it within {side:g} places"
        if one.model is not None:
            title += f"\ninputs correlate over {one.model.correlation_length:.3g}"
        axes.set_title(title, fontsize=9)
        middle = [length // 2 for length in contributions.shape]
        if contributions.ndim == 1:
            axes.plot(contributions)
            axes.axvspan(middle[0] - side / 2, middle[0] + side / 2, alpha=0.2)
            continue
        top = max(float(contributions.max()), 1e-300)
        axes.imshow((contributions / top) ** 0.25, cmap="magma")  # faint places are to be seen
        corner = (middle[1] - side / 2, middle[0] - side / 2)
        axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor="white"))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
