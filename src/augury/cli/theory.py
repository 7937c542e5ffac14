"""`augury theory`: how a network of some activation, depth and width behaves before it is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augury.cli.output import check_picture, unwrapped_console
from augury.errors import InvalidInputError, NotSupportedError

if TYPE_CHECKING:
    from augury.kernels.criticality import CriticalPoint
    from augury.kernels.finite_width import NetworkStatistics

_BAR_CELLS = 24


def theory(
    activation: Annotated[
        str, typer.Option("--activation", "-a", metavar="NAME", help="relu, tanh, gelu, silu, erf, sin ...")
    ] = "relu",
    depth: Annotated[int, typer.Option("--depth", metavar="L", help="Number of layers.")] = 10,
    width: Annotated[int, typer.Option("--width", metavar="N", help="Width of the hidden layers.")] = 128,
    weight_var: Annotated[
        float | None,
        typer.Option("--weight-var", metavar="VAR", help="Weight variance times fan-in; critical without."),
    ] = None,
    bias_var: Annotated[
        float | None, typer.Option("--bias-var", metavar="VAR", help="Bias variance; critical without.")
    ] = None,
    residual: Annotated[
        float, typer.Option("--residual", metavar="GAMMA", help="Weight of the identity, in [0, 1).")
    ] = 0.0,
    input_norm: Annotated[
        float, typer.Option("--input-norm", metavar="R", help="|x|^2 / d of the input.")
    ] = 1.0,
    outputs: Annotated[
        int, typer.Option("--outputs", metavar="M", help="Outputs, for the recommended depth.")
    ] = 1,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.png", help="Draw the flow through depth.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how signals pass through a network before it is trained.

    Prints, layer by layer, the kernel of the infinitely wide network, its susceptibilities and the
    corrections of finite width; then the critical initialisation of the activation and the depth that suits
    the width.
    """
    check_picture(plot, "--plot")

    from augury.kernels.criticality import critical_point
    from augury.kernels.finite_width import aspect_ratio, network_statistics

    point: CriticalPoint | None = None
    try:
        point = critical_point(activation, residual)
    except NotSupportedError as error:
        if weight_var is None:
            raise InvalidInputError(f"{error} with --weight-var and --bias-var") from None
    statistics = network_statistics(activation, depth, width, weight_var, bias_var, residual, input_norm)
    guide = None
    if point is not None:
        if outputs < 1:
            raise InvalidInputError(f"--outputs must be at least 1; given {outputs}")
        guide = max(1, round(width * aspect_ratio(point, outputs)))
    if as_json:
        from augury.study.documents import to_json

        typer.echo(to_json(_document(activation, residual, statistics, point, guide)))
    else:
        _print(activation, residual, statistics, point, guide)
    if plot is not None:
        _draw(plot, activation, statistics)
        if not as_json:
            typer.echo(f"wrote {plot}")


def _columns(statistics: NetworkStatistics) -> dict[str, Any]:
    return {
        "layer": statistics.layer,
        "kernel": statistics.kernel,
        "chi_parallel": statistics.parallel,
        "chi_perpendicular": statistics.perpendicular,
        "vertex": statistics.vertex,
        "correction": statistics.correction,
        "tangent_kernel": statistics.tangent,
        "nongaussianity": statistics.nongaussianity,
    }


def _document(
    activation: str,
    residual: float,
    statistics: NetworkStatistics,
    point: CriticalPoint | None,
    guide: int | None,
) -> dict[str, Any]:
    columns = _columns(statistics)
    critical = None
    if point is not None:
        critical = {
            "universality_class": point.universality_class,
            "weight_var": point.weight_var,
            "bias_var": point.bias_var,
            "kernel": point.kernel,
            "vertex_rate": point.vertex_rate,
        }
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return {
        "activation": activation,
        "width": statistics.width,
        "residual": residual,
        "layers": [dict(zip(columns, row, strict=True)) for row in rows],
        "critical_point": critical,
        "recommended_depth": guide,
    }


def _print(
    activation: str,
    residual: float,
    statistics: NetworkStatistics,
    point: CriticalPoint | None,
    guide: int | None,
) -> None:
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    console = unwrapped_console()
    table = Table(box=SIMPLE, pad_edge=False)
    headers = ("layer", "kernel K", "", "chi par", "chi perp", "V", "G1", "NTK", "V/(n K²)")
    for header in headers:
        table.add_column(header, justify="left" if header == "" else "right", no_wrap=True)
    highest = float(statistics.kernel.max())
    for layer, kernel, *rest in zip(*_columns(statistics).values(), strict=True):
        cells = [str(layer), f"{kernel:.5g}", _bar(kernel / highest), *(f"{value:.4g}" for value in rest)]
        table.add_row(*map(Text, cells))
    console.print(table)
    name = activation if residual == 0.0 else f"{activation} with residual {residual:g}"
    if point is None:
        console.print(Text(f"{name}: no critical point; signals explode or vanish with depth"))
        return
    fixed = "any" if point.kernel is None else f"{point.kernel:.8g}"
    console.print(
        Text(
            f"Critical point of {name} ({point.universality_class}): "
            f"weight variance {point.weight_var:.9g} / fan-in, "
            f"bias variance {point.bias_var:.8g}, K* = {fixed}"
        )
    )
    console.print(
        Text(
            f"Recommended depth at width {statistics.width}: about {guide} layers "
            f"(a guide, right in order of magnitude)"
        )
    )


def _bar(share: float) -> str:
    eighths = round(share * _BAR_CELLS * 8)
    full, rest = divmod(max(eighths, 1), 8)
    return "█" * full + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[rest]


def _draw(path: Path, activation: str, statistics: NetworkStatistics) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    kernel, chi, finite = figure.subplots(1, 3)
    kernel.plot(statistics.layer, statistics.kernel, marker=".", label="infinite width, K")
    kernel.plot(statistics.layer, statistics.variance, "--", label=f"width {statistics.width}, K + G1/n")
    kernel.set(title=f"{activation}: variance of z", xlabel="layer")
    chi.plot(statistics.layer, statistics.parallel, marker=".", label="parallel")
    chi.plot(statistics.layer, statistics.perpendicular, marker=".", label="perpendicular")
    chi.axhline(1.0, color="gray", linewidth=0.8)
    chi.set(title="susceptibilities", xlabel="layer")
    finite.plot(statistics.layer, statistics.nongaussianity, marker=".")
    finite.set(title=r"non-Gaussianity $V / (n K^2)$", xlabel="layer")
    kernel.legend(frameon=False)
    chi.legend(frameon=False)
    figure.savefig(path, dpi=150)
