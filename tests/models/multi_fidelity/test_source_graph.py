"""Graphs of sources by the names of a space, in a study and on their own."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from augury import Minimize, Study
from augury.errors import InvalidInputError
from augury.models import CoKriging, GaussianProcess, RecursiveCoKriging, SourceGraph
from augury.models.build import build_model
from augury.space import Categorical, Float, Space

NAMES = ["panel", "fine", "coarse", "old"]
COSTS = [1, 10, 4, 2]


def space_of(role="fidelity"):
    source = Categorical(NAMES, role=role, cost=COSTS, target="fine")
    return Space({"x": Float(0.0, 1.0), "source": source})


def rows(*names, n=4):
    params = [{"x": i / (n - 1), "source": name} for name in names for i in range(n)]
    X = torch.from_numpy(space_of().encode(params))
    return X, torch.sin(5.0 * X[:, :1]) * (1.0 + X[:, 1:])


def graph_of(model):
    return model._outcomes[0].covariance.graph


def codes_of(model):
    """name -> the level that it is in the model."""
    codes = model.input_transform.codes.tolist()
    return {name: code for name, code in zip(NAMES, codes, strict=True) if code >= 0}


def test_by_default_the_version_that_counts_is_built_on_all_others():
    model = build_model("graph-co-kriging", *rows("panel", "old", "fine"), None, space_of())
    assert codes_of(model) == {"panel": 0, "old": 1, "fine": 2}
    assert graph_of(model) == ((), (), (0, 1))


def test_names_become_levels_after_those_they_are_built_on():
    chosen = SourceGraph({"fine": ["coarse", "panel"], "coarse": ["old"]})
    model = build_model(chosen, *rows(*NAMES), None, space_of())
    codes = codes_of(model)
    assert codes["fine"] == 3
    assert codes["old"] < codes["coarse"]
    expected = {"fine": {"coarse", "panel"}, "coarse": {"old"}, "old": set(), "panel": set()}
    names = {code: name for name, code in codes.items()}
    assert {names[t]: {names[s] for s in below} for t, below in enumerate(graph_of(model))} == expected


def test_a_source_without_results_is_passed_over():
    chosen = SourceGraph({"fine": ["coarse"], "coarse": ["old", "panel"]})
    model = build_model(chosen, *rows("panel", "old", "fine"), None, space_of())
    assert codes_of(model)["fine"] == 2
    assert graph_of(model) == ((), (), (0, 1))


def test_the_model_and_its_options_are_a_choice():
    chosen = SourceGraph({"fine": ["old"]}, partial(RecursiveCoKriging, nested=True))
    assert isinstance(build_model(chosen, *rows("old", "fine"), None, space_of()), RecursiveCoKriging)


def test_in_a_space_of_one_version_it_is_the_gaussian_process():
    space = Space({"x": Float(0.0, 1.0)})
    X, Y = rows("fine")
    model = build_model("graph-co-kriging", X[:, :1], Y, None, space).fit()
    expected = GaussianProcess(X[:, :1], Y).fit()
    new = torch.linspace(0.0, 1.0, 5).double()[:, None]
    assert isinstance(model, CoKriging)
    torch.testing.assert_close(model.posterior(new).mean, expected.posterior(new).mean)


@pytest.mark.parametrize(
    ("parents", "message"),
    [
        ({"fine": ["mesh"]}, "mesh"),
        ({"coarse": ["fine"]}, "the version that counts"),
        ({"coarse": ["old"], "old": ["coarse"]}, "cycle"),
    ],
)
def test_graphs_that_are_none_are_refused(parents, message):
    with pytest.raises(InvalidInputError, match=message):
        build_model(SourceGraph(parents), *rows(*NAMES), None, space_of())


@pytest.mark.parametrize("role", ["fidelity", "task"])
@pytest.mark.parametrize("model", ["graph-co-kriging", "latent-source-gp", "space-mapping"])
def test_a_study_decides_with_it(role, model):
    study = Study(space_of(role), Minimize("y"), model=model, store=None, seed=0)
    for x in (0.1, 0.4, 0.6, 0.9):
        for name in ("panel", "fine"):
            study.add({"x": x, "source": name}, (x - 0.3) ** 2 + (name == "panel") * 0.1 * x)
    [trial] = study.ask()
    study.tell(trial, 0.0)
    assert trial.params["source"] in ("panel", "fine")
