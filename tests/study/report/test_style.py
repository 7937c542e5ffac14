"""Text and figures as the page can hold them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.study.report.style import GRID, INK, dress, label, new_figure, to_svg


@given(st.text())
def test_a_label_is_one_short_printable_line(text):
    shown = label(text, 12).replace(r"\$", "$")
    assert len(shown) <= 12
    assert shown.isprintable()


@pytest.mark.parametrize(
    "text", ["a\x1fb\x00", '<b> & "q"', "$x_1$ and $", "_hidden", "收率 — Ω", "--> ]]>", "\ud800"]
)
def test_any_text_gives_well_formed_svg_that_holds_it(text):
    figure = new_figure(3, 2)
    figure.subplots().set_xlabel(label(text))
    root = ElementTree.fromstring(to_svg(figure, "name", text))
    texts = ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert label(text).replace(r"\$", "$") in [*texts, ""]


def test_figures_take_the_colours_of_the_page_and_their_own_ids():
    figure = new_figure(3, 2)
    dress(figure.subplots())
    svg = to_svg(figure, "mine", "a figure")
    assert "currentColor" in svg
    assert "var(--grid)" in svg
    assert INK not in svg
    assert GRID not in svg
    ids = [element.get("id") for element in ElementTree.fromstring(svg).iter() if element.get("id")]
    assert ids
    assert all(one.startswith("mine-") for one in ids)


def test_drawing_changes_no_global_setting():
    import matplotlib

    before = dict(matplotlib.rcParams)
    to_svg(new_figure(2, 2), "n", "d")
    assert dict(matplotlib.rcParams) == before
