"""`augury fit-field`."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def image(tmp_path):
    rows, columns = np.meshgrid(np.linspace(0, 1, 20), np.linspace(0, 1, 30), indexing="ij")
    path = tmp_path / "ramp.png"
    Image.fromarray((255 * np.stack([rows, columns, rows * columns], 2)).astype(np.uint8)).save(path)
    return path


QUICK = ("--steps", 60, "--batch", 128)


def test_it_fits_draws_and_only_shows_what_is_finished(augury, image):
    out = augury("fit-field", image, *QUICK).stdout
    field, picture = image.with_name("ramp.field.safetensors"), image.with_name("ramp.field.png")
    assert f"wrote {field}" in out
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert float(out.split(" dB")[0]) > 18.0  # the mean colour alone is at 11
    again = augury("fit-field", image, *QUICK).stdout
    assert f"resumed {field} after 60 of 60 steps" in again
    assert again.split(" dB")[0].splitlines()[-1] == out.split(" dB")[0]
    assert "another plan" in augury("fit-field", image, "--steps", 61, "--batch", 128, code=2).stderr


def test_json_and_the_size(augury, image, tmp_path):
    target = tmp_path / "small.safetensors"
    told = augury("fit-field", image, *QUICK, "--size", 10, "--decoder", "mlp", "--out", target, "--json")
    document = json.loads(told.stdout)
    assert document["decoder_parameters"] == 18 * 64 + 64 + 64 * 64 + 64 + 64 * 3 + 3
    assert document["steps"] == 60
    assert (tmp_path / "small.png").is_file()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("missing.png",), "there is no file"),
        (("README",), "cannot be read as an image"),
        (("ramp.png", "--out", "x.pt"), "must end in .safetensors"),
        (("ramp.png", "--picture", "x.bmp"), "must end in .png"),
        (("ramp.png", "--size", 1), "at least 2"),
        (("ramp.png", "--device", "abacus"), "--device abacus"),
        (("ramp.png", "--decoder", "tree"), "'rbf' or 'mlp'"),
        (("ramp.png", "--centers", 0), "at least 1"),
    ],
)
def test_what_is_not_allowed_is_said(augury, image, monkeypatch, options, said):
    monkeypatch.chdir(image.parent)
    (image.parent / "README").write_text("no picture")
    assert said in augury("fit-field", *options, code=2).stderr
