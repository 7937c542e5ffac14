"""`augury theory`."""

from __future__ import annotations

import json

import pytest


def test_it_prints_a_row_a_layer_and_the_critical_point(augury):
    out = augury("theory", "--activation", "gelu", "--depth", 7, "--width", 128).stdout
    rows = [line.split() for line in out.splitlines() if line.strip()[:1].isdigit()]
    assert [row[0] for row in rows] == [str(layer) for layer in range(1, 8)]
    assert "half-stable" in out
    assert "1.98305826" in out
    assert "0.17292239" in out
    assert "3.5615528" in out
    assert "about 5 layers" in out


def test_json_holds_the_same_in_full_precision(augury):
    document = json.loads(augury("theory", "-a", "tanh", "--depth", 3, "--width", 64, "--json").stdout)
    assert [row["layer"] for row in document["layers"]] == [1, 2, 3]
    assert document["critical_point"]["universality_class"] == "K*=0"
    assert document["layers"][1]["nongaussianity"] == pytest.approx(
        document["layers"][1]["vertex"] / 64 / document["layers"][1]["kernel"] ** 2
    )


def test_the_plot_is_written(augury, tmp_path):
    path = tmp_path / "flow.png"
    assert f"wrote {path}" in augury("theory", "--depth", 3, "--plot", path).stdout
    assert path.read_bytes().startswith(b"\x89PNG")


def test_an_activation_without_a_critical_point_needs_variances(augury):
    assert "--weight-var" in augury("theory", "-a", "sigmoid", code=2).stderr
    out = augury("theory", "-a", "sigmoid", "--weight-var", 1.0, "--depth", 2).stdout
    assert "no critical point" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-a", "nonsense"], "no activation called 'nonsense'"),
        (["--depth", 0], "depth"),
        (["--width", -3], "width"),
        (["--residual", 1.5], "residual"),
        (["--weight-var", "nan"], "weight_var"),
        (["--outputs", 0], "outputs"),
        (["--plot", "flow.txt"], "--plot flow.txt"),
        (["--plot", "no/flow.png"], "--plot no/flow.png: there is no folder no"),
        (["--depth", "ten"], "--depth"),
    ],
)
def test_bad_input_is_one_line(augury, arguments, message):
    result = augury("theory", *arguments, code=2)
    assert message in result.stderr
    assert result.stdout == ""
