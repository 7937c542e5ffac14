"""The report as a whole: every kind of study gives a page that is complete, safe and stands alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from augury import Categorical, Constraint, Fixed, Float, Maximize, Minimize, Space, Study
from augury.space.sampling import sobol
from augury.study import Failure
from augury.study.report import write_report
from augury.study.signals import Pruned

_VOID = {"input", "meta", "br", "path", "use", "rect", "line", "image", "polyline"}


class _Page(HTMLParser):
    """Collects what the tests look at, and checks that every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src", "xlink:href"):
                self.links.append(value)

    def handle_endtag(self, tag):
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def fill(study: Study, n: int, evaluate) -> Study:
    for i, params in enumerate(study.space.decode(sobol(study.space, n, seed=0))):
        study.add(params, evaluate(params, i))
    return study


def page_of(study: Study, tmp_path: Path) -> tuple[str, _Page]:
    html = write_report(study, tmp_path / "report.html").read_text(encoding="utf-8")
    page = _Page(html)
    assert page.tags.count("script") in (0, 2)  # the data of the slider over preferences, and what moves it
    assert "link" not in page.tags
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in page.links)
    assert "@import" not in html
    assert "url(http" not in html
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r"\b(nan|inf|None)\b", page.text)
    for svg in re.findall(r"<svg.*?</svg>", html, flags=re.S):
        ElementTree.fromstring(svg)
    return html, page


def two_parameters(**options) -> Study:
    space = {"x": (0.0, 10.0), "kind": ["a", "b", "c"]}
    return Study(space, Maximize("yield"), store=None, **options)


def bump(params, _):
    return 3.0 * {"a": 1, "b": 2, "c": 3}[params["kind"]] - (params["x"] - 4.0) ** 2


SECTIONS = (
    "Summary",
    "Progress",
    "What each parameter does",
    "All trials at a glance",
    "How far to trust",
    "Best trials",
)


def test_a_study_with_results_has_every_section(tmp_path):
    study = fill(two_parameters(name="plate 3"), 14, bump)
    study.add({"x": 1.0, "kind": "a"}, Failure("stirrer broke", traceback="Traceback: line 1"))
    html, page = page_of(study, tmp_path)
    for section in (*SECTIONS, "Failures", "What may be varied"):
        assert section in page.text
    assert "Maximize yield" in page.text
    assert f"{study.best.values['yield']:.5g}" in page.text
    assert "stirrer broke" in page.text
    assert "Traceback: line 1" in page.text
    assert html.count("<svg") == 5  # progress, two effects, parallel coordinates, calibration


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_results_say_that_there_is_no_model_yet(tmp_path, n):
    _, page = page_of(fill(two_parameters(), n, bump), tmp_path)
    assert "no model" in page.text
    assert ("No trial has finished yet" in page.text) == (n == 0)
    assert ("Best conditions" in page.text) == (n > 0)


def test_only_failures(tmp_path):
    study = fill(two_parameters(), 4, lambda *_: Failure("n.d."))
    html, page = page_of(study, tmp_path)
    assert page.text.count("n.d.") == 4
    assert "No trial has given a result yet, so there are no best conditions" in page.text
    assert html.count("<svg") == 1


def test_only_categorical_parameters(tmp_path):
    space = {"a": ["x", "y", "z"], "b": Categorical([1, 2, 5], ordered=True), "c": Fixed("always")}
    study = fill(Study(space, Minimize("cost"), store=None), 8, lambda p, i: len(p["a"]) * p["b"] + 0.1 * i)
    html, page = page_of(study, tmp_path)
    assert html.count("<svg") == 5
    assert "always always" in page.text


def test_many_parameters_show_the_most_important(tmp_path):
    space = {f"p{i}": (0.0, 1.0) for i in range(30)}
    study = fill(Study(space, Maximize("y"), store=None), 24, lambda p, _: 50 * p["p17"] + p["p3"])
    html, page = page_of(study, tmp_path)
    assert "12 most important of 30" in page.text
    assert html.count("<svg") == 1 + 12 + 1 + 1
    assert 'aria-label="Predicted y along p17"' in html
    assert html.index("along p17") == min(html.index(m) for m in re.findall(r"along p\d+", html))


def test_constraints_mark_what_is_outside(tmp_path):
    goals = [Maximize("yield"), Constraint("pressure", upper=5.0)]
    study = Study({"x": (0.0, 10.0)}, goals, store=None)
    fill(study, 10, lambda p, _: {"yield": p["x"], "pressure": p["x"]})
    html, page = page_of(study, tmp_path)
    assert "pressure ≤ 5" in page.text
    assert "breaks a constraint" in html
    best = study.best
    assert best.values["pressure"] <= 5
    assert f"at trial {best.number}" in page.text


def test_no_result_within_the_limits(tmp_path):
    goals = [Maximize("yield"), Constraint("pressure", upper=-1.0)]
    study = Study({"x": (0.0, 10.0)}, goals, store=None)
    _, page = page_of(fill(study, 5, lambda p, _: {"yield": p["x"], "pressure": p["x"]}), tmp_path)
    assert "No trial has given a result within the limits yet, so there are no best conditions" in page.text


def test_several_objectives_and_missing_measurements(tmp_path):
    study = Study({"x": (0.0, 10.0), "z": (0.0, 1.0)}, [Maximize("a"), Minimize("b")], store=None)
    fill(study, 9, lambda p, i: {"a": p["x"], "b": None if i % 2 else p["z"]})
    html, page = page_of(study, tmp_path)
    assert "Maximize a and minimize b" in page.text
    assert "Best conditions for the first objective" in page.text
    assert html.count("<svg") == 2 + 1 + 2 * 2 + 1 + 2 + 1  # the front has two figures, the slider one


def test_constant_outcomes(tmp_path):
    html, page = page_of(fill(two_parameters(), 6, lambda *_: 2.5), tmp_path)
    assert "not all the same" in page.text
    assert "Recommended" not in page.text, "a point is recommended by a model that is not there"
    assert html.count("<svg") == 2


def test_known_standard_errors_and_a_log_scale(tmp_path):
    study = Study({"x": Float(1e-6, 1.0, log=True)}, Minimize("y"), store=None)
    _, page = page_of(fill(study, 8, lambda p, _: (np.log(p["x"]) ** 2, 0.25)), tmp_path)
    assert "± 0.25" in page.text
    assert "(log scale)" in page.text


def test_a_table_of_candidates_with_descriptors(tmp_path):
    frame = pd.DataFrame({"cat": list("abcdef"), "acidity": [1.0, 2.5, 3.0, 4.0, 5.5, 6.0]})
    study = Study(Space.from_table(frame, descriptors=["acidity"]), Maximize("y"), store=None)
    _, page = page_of(fill(study, 5, lambda p, i: float(i)), tmp_path)
    assert "acidity" in page.text


def test_text_of_the_user_is_never_markup(tmp_path):
    evil = "<script>alert('1')</script> $x$ & \"q\" ]]> {{ 7 * 7 }} 收率"
    space = {evil: (0.0, 1.0), "c": [evil, "b"]}
    study = Study(space, Maximize(f"y {evil}"), store=None, name=evil)
    fill(study, 6, lambda p, i: p[evil] + i)
    study.add({evil: 0.5, "c": "b"}, Failure(evil, traceback=evil))
    html, page = page_of(study, tmp_path)
    assert "<script" not in html
    assert "{{ 7 * 7 }}" in page.text
    assert "收率" in page.text


def test_the_same_study_gives_the_same_figures(tmp_path):
    study = fill(two_parameters(), 8, bump)
    first, second = (re.findall(r"<svg.*?</svg>", page_of(study, tmp_path)[0], flags=re.S) for _ in range(2))
    assert first == second


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    target = tmp_path / "report.html"
    target.write_text("old")

    def full_disk(self, *_, **__):
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_report(two_parameters(), target)
    monkeypatch.undo()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_several_objectives_are_shown_as_a_front(tmp_path: Path) -> None:
    goals = [Minimize("cost"), Maximize("yield"), Minimize("waste"), Constraint("heat", upper=0.9)]
    study = Study({"x": (0.0, 1.0), "y": (0.0, 1.0)}, goals, store=None, seed=0)
    fill(
        study,
        20,
        lambda p, i: Failure("lost") if i == 3 else (p["x"], p["x"] + p["y"], p["y"] ** 2, p["x"]),
    )
    page = _Page(write_report(study, tmp_path / "r.html").read_text())
    assert {"front", "hypervolume"} <= {one.split("-")[0] for one in page.ids}
    assert f"{len(study.pareto_front())} trials are beaten by no other" in " ".join(page.text.split())
    assert "reference point" in page.text


def test_one_objective_has_no_front_section(tmp_path: Path) -> None:
    study = fill(Study({"x": (0.0, 1.0)}, Minimize("y"), store=None, seed=0), 6, lambda p, i: p["x"])
    assert "Pareto" not in write_report(study, tmp_path / "r.html").read_text()


def test_learning_curves_are_drawn(tmp_path):
    study = two_parameters(pruner={"name": "median", "n_startup_trials": 1})
    for value in (1.0, 2.0, 0.5):
        trial = study.ask()[0]
        for step in range(3):
            trial.report(step, -value + step)
        study.tell(trial, Pruned() if value == 2.0 else value)
    html, _ = page_of(study, tmp_path)
    assert "Learning curves" in html
    assert "stopped early" in html
    assert "pruned" in html


def test_a_study_of_everything_shows_front_slack_cost_and_a_recommended_point(tmp_path: Path) -> None:
    mesh = Categorical(["coarse", "fine"], role="fidelity", cost=[1, 20])
    goals = [Minimize("mass"), Minimize("drag"), Constraint("stress", upper=1.2)]
    study = Study({"a": (0.0, 1.0), "b": (0.0, 1.0), "mesh": mesh}, goals, store=None, seed=1)

    def evaluate(params, i):
        if params["a"] > 0.9:
            return Failure("mesh does not close")
        off = 0.02 if params["mesh"] == "coarse" else 0.0
        a, b = params["a"], params["b"]
        return {"mass": a + 0.2 * b + off, "drag": (1.0 - a) ** 2 + 0.1 * b - off, "stress": a + b}

    fill(study, 40, evaluate)
    page = _Page(write_report(study, tmp_path / "r.html").read_text())
    assert "Cost: " in page.text
    assert "of coarse" in page.text
    assert "of fine" in page.text
    assert "Recommended, where all objectives matter alike: a = " in page.text
    assert "slack of stress ≤ 1.2" in page.text
    assert re.search(r"mass: [\d.]+ ± [\d.e-]+ expected", page.text)
    assert re.search(r"stress ≤ 1.2: [\d.]+ ± [\d.e-]+ expected, slack", page.text)
    assert page.text.count("★") == 1
    front = {trial.number for trial in study.pareto_front()}
    starred = int(re.search(r"(\d+) ★", page.text)[1])
    assert starred in front
