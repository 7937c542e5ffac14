"""How every figure of the report looks, and how it becomes part of the page.

Figures are SVG set inside the HTML. Text, grid and background are drawn in stand-in colours that are then
exchanged for the page's own, so that a figure follows the reader's light or dark scheme; text stays text, in
the page's font.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import Any
from xml.etree import ElementTree

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

BLUE = "#3b82c4"
ORANGE = "#e0752d"
GREY = "#8a8f98"
"""Told apart with every kind of colour vision, and readable on white and on near-black."""

INK, GRID, SURFACE = "#010203", "#040506", "#070809"
"""Stand-ins for the page's colours of text, grid lines and background."""
_PAGE_COLOURS = {INK: "currentColor", GRID: "var(--grid)", SURFACE: "var(--surface)"}

_SETTINGS: Any = {
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 10.0,
    "text.usetex": False,
    "path.simplify": True,
}
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"

NICE_STEPS = [1, 2, 2.5, 5, 10]
"""Distances between ticks, as people count."""

MANY = 1500
"""From this many marks on, they are drawn as a picture inside the SVG: the page would grow by megabytes."""


def value_colours() -> Colormap:
    """Worst to best values: viridis without its two ends, one of which vanishes on each background."""
    whole = matplotlib.colormaps["viridis"]
    return LinearSegmentedColormap.from_list("augury", [whole(0.2 + 0.7 * i / 63) for i in range(64)])


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of `width` x `height` inches that lays itself out."""
    with matplotlib.rc_context(_SETTINGS):
        return Figure(figsize=(width, height), layout="constrained")


def dress(axes: Axes) -> None:
    """Two spines, a faint grid, ink in the page's colour."""
    axes.set_facecolor("none")
    axes.grid(visible=True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GRID)
    axes.tick_params(colors=INK, which="both", length=0, labelsize=9)
    for text in (axes.xaxis.label, axes.yaxis.label, axes.title):
        text.set_color(INK)


def write_out(axis: Axis) -> None:
    """Write the numbers along an axis in full: a common factor set apart would collide with the legend."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.10g}".replace("-", "\N{MINUS SIGN}")))


def label(text: object, length: int = 26) -> str:
    """User text as a figure can show it: one line of at most `length` characters, `$` not read as formula."""
    shown = _one_line(str(text))
    if len(shown) > length:
        shown = shown[: length - 1].rstrip() + "…"
    return shown.replace("$", r"\$")


def _one_line(text: str) -> str:
    """The text without line breaks and characters that XML cannot hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def to_svg(figure: Figure, name: str, description: str) -> str:
    """The figure as an `<svg>` element for an HTML page.

    Args:
        figure: made by `new_figure`.
        name: unique on the page; every id inside the figure begins with it.
        description: what a reader who cannot see the figure is told.
    """
    buffer = io.BytesIO()
    with matplotlib.rc_context({**_SETTINGS, "svg.hashsalt": name}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the reader's font has it
        FigureCanvasSVG(figure)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    root = ElementTree.fromstring(buffer.getvalue())  # noqa: S314 - written one line above
    for metadata in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(metadata)
    for element in root.iter():
        _fit_to_page(element, name)
    root.attrib.pop("height", None)
    root.set("width", f"{figure.get_figwidth() * 96:.0f}")
    root.set("role", "img")
    root.set("aria-label", _one_line(description))
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return ElementTree.tostring(root, encoding="unicode")


def _fit_to_page(element: ElementTree.Element, name: str) -> None:
    for key, value in element.attrib.items():
        if key == "id":
            value = f"{name}-{value}"
        elif key == f"{{{_XLINK}}}href" and value.startswith("#"):
            value = f"#{name}-{value[1:]}"
        value = re.sub(r"url\(#", f"url(#{name}-", value)
        for marker, colour in _PAGE_COLOURS.items():
            value = value.replace(marker, colour)
        element.set(key, value)
