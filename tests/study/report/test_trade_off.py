"""The slider over preferences: its data, and what stands there without a script."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from augury import Maximize, Minimize, Study
from augury.space.sampling import sobol
from augury.study.report import write_report
from augury.study.report.trade_off import chosen, trade_off_section

_EVIL = "</script><b> & \u2028"


@pytest.fixture(scope="module")
def study():
    study = Study(
        {"x": (0.0, 1.0), _EVIL: (0.0, 1.0)}, [Minimize("cost"), Maximize("yield")], store=None, seed=0
    )
    for params in study.space.decode(sobol(study.space, 12, seed=0)):
        study.add(params, (params["x"] ** 2, params["x"] + 0.1 * params[_EVIL]))
    return study


def test_the_script_chooses_as_the_study_does(study):
    designs = json.loads(trade_off_section(study).data)
    scaled = np.array([design["scaled"] for design in designs])
    for share in (0.0, 0.2, 0.5, 0.8, 1.0):
        found = study.trade_off([share, 1.0 - share])
        here = designs[chosen(scaled, np.array([share, 1.0 - share]))]["params"]
        assert float(here["x"]) == pytest.approx(found.params["x"], abs=0.05)


def test_marks_stand_on_the_points_of_their_panels(study):
    section = trade_off_section(study)
    (panel,) = section.panels
    drawn = {tuple(map(float, at)) for at in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', panel)}
    assert {tuple(design["at"][0]) for design in json.loads(section.data)} == drawn
    assert 'id="trade-off-mark-0"' in panel


def test_no_name_ends_the_script(study, tmp_path):
    section = trade_off_section(study)
    assert "<" not in section.data
    assert _EVIL in json.loads(section.data)[0]["params"]
    html = write_report(study, tmp_path / "r.html").read_text(encoding="utf-8")
    assert html.count("</script>") == 2
    assert '<input type="range"' in html
    assert "only cost" in html  # the table for readers without scripts
    assert "http" not in re.sub(r"<svg.*?</svg>", "", html, flags=re.S)


def test_three_objectives_have_a_slider_each_and_few_results_none(tmp_path):
    study = Study({"x": (0.0, 1.0)}, ["min:a", "min:b", "max:c"], store=None, seed=0)
    for x in (0.1, 0.5, 0.9):
        study.add({"x": x}, (x, 1.0 - x, x * (1.0 - x)))
    assert trade_off_section(study) is None
    for x in (0.2, 0.7):
        study.add({"x": x}, (x, 1.0 - x, x * (1.0 - x)))
    html = write_report(study, tmp_path / "r.html").read_text(encoding="utf-8")
    assert html.count('<input type="range"') == 3
    assert len(trade_off_section(study).panels) == 3


def test_one_objective_has_none():
    study = Study({"x": (0.0, 1.0)}, Minimize("a"), store=None, seed=0)
    for x in np.linspace(0.0, 1.0, 6):
        study.add({"x": float(x)}, float(x))
    assert trade_off_section(study) is None
