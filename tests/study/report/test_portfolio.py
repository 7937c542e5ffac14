"""The section of a report that tells which surrogates decided."""

from __future__ import annotations

import re

import pytest

from augury.models.portfolio import members
from augury.space.goal import Maximize
from augury.study.report.page import render
from augury.study.report.portfolio import weights_figure
from augury.study.study import Study


@pytest.fixture
def two_members(monkeypatch):
    few = [one for one in members.MEMBERS if one.name in ("gp", "student-t")]
    monkeypatch.setattr(members, "_registered", lambda: few)


def begun(model):
    study = Study({"x": (0.0, 1.0)}, Maximize("v"), model=model, store=None, seed=0)
    for i in range(8):
        study.add({"x": i / 8}, (i / 8 - 0.3) ** 2)
    (trial,) = study.ask()
    study.tell(trial, 0.2)
    return study, trial


@pytest.mark.usefixtures("two_members")
def test_weights_are_kept_with_the_trial_and_shown_with_their_scores():
    study, trial = begun("portfolio")
    assert trial.prediction.weights is not None
    assert sum(trial.prediction.weights.values()) == pytest.approx(1.0)
    page = render(study)
    section = page.split('<h2 id="portfolio">')[1].split("</section>")[0]
    assert "<svg" in section
    assert {"gp", "student-t"} <= set(re.findall(r"<td>([a-z-]+)</td>", section))


def test_a_study_without_a_portfolio_has_no_such_section():
    study, trial = begun("auto")
    assert trial.prediction.weights is None
    assert 'id="portfolio"' not in render(study)


def test_the_bars_of_a_trial_add_up_to_one():
    figure = weights_figure([4, 5], [{"gp": 1.0}, {"gp": 0.25, "random-forest": 0.75}])
    (axes,) = figure.axes
    tops = [bar.get_y() + bar.get_height() for bars in axes.containers for bar in bars]
    assert max(tops) == pytest.approx(1.0)
    assert sorted(bars.get_label() for bars in axes.containers) == ["gp", "random-forest"]
