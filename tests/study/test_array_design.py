"""A study whose parameter is a field on a grid."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import augury
from augury.models import DeepKernelGP
from augury.networks import ArrayEncoder
from augury.study.command import Command
from augury.study.report.words import number

TARGET = np.outer(np.linspace(0.2, 0.8, 2), np.ones(3))


def misfit(params):
    assert params["density"].shape == (2, 3)
    return float(np.square(params["density"] - TARGET).mean() + (params["load"] - 2.0) ** 2 / 10)


def encoder_model(train_X, train_Y, train_Yvar, space):
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Tanh(), nn.AdaptiveAvgPool2d((2, 1)))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network[0].reset_parameters()
    return DeepKernelGP(
        train_X, train_Y, train_Yvar, encoder=ArrayEncoder.of(space, "density", network), weight_scale=1.0
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    space = augury.Space({"load": (1.0, 4.0), "density": augury.Array((2, 3), (0.0, 1.0))})
    made = augury.Study(
        space,
        [augury.Minimize("misfit")],
        store=str(tmp_path_factory.mktemp("store") / "study.db"),
        seed=0,
        model=encoder_model,
    )
    made.run(misfit, budget=16)
    return made


def test_params_are_arrays_before_and_after_the_store(study):
    trial = study.trials[-1]
    assert isinstance(trial.params["density"], np.ndarray)
    assert trial.params["density"].dtype == np.float64
    assert misfit(trial.params) == trial.values["misfit"]
    assert trial.prediction.mean  # the deep kernel has decided
    again = augury.Study.load(study.store)
    assert np.array_equal(again.trials[-1].params["density"], trial.params["density"])


def test_trials_are_the_same_where_every_entry_is(study):
    trial = study.trials[-1]
    again = augury.Study.load(study.store).trials[-1]
    assert again is not trial
    assert again == trial
    moved = trial.params["density"].copy()
    moved[0, 0] += 1e-9
    assert replace(trial, params={**trial.params, "density": moved}) != trial
    assert replace(trial, cost=1.0) != trial
    assert trial != trial.number


def test_what_is_decided_is_better_than_the_initial_design(study):
    values = [trial.values["misfit"] for trial in study.trials]
    initial = [one.prediction is None or not one.prediction.mean for one in study.trials].count(True)
    assert 0 < initial < len(values)
    assert min(values[initial:]) < min(values[:initial])


def test_tables_have_a_column_for_each_entry_and_documents_lists(study, tmp_path):
    frame = study.to_dataframe()
    assert frame["density[1,2]"].tolist() == [one.params["density"][1, 2] for one in study.trials]
    path = tmp_path / "whole.json"
    study.export(path)
    stored = json.loads(path.read_text())
    assert np.array(stored["study"]["trials"][0]["params"]["density"]).shape == (2, 3)
    copy = augury.Study.import_(path, store=str(tmp_path / "copy.db"))
    assert np.array_equal(copy.trials[0].params["density"], study.trials[0].params["density"])


def test_a_person_asks_adds_and_holds_arrays(study, tmp_path):
    fresh = augury.Study(study.space, study.goals, store=str(tmp_path / "own.db"), seed=1)
    fresh.add({"load": 2.0, "density": TARGET.tolist()}, 0.1)
    assert np.array_equal(fresh.best.params["density"], TARGET)
    (trial,) = fresh.ask(fixed={"density": TARGET})
    assert np.array_equal(trial.params["density"], TARGET)
    fresh.enqueue({"load": 3.0, "density": np.zeros((2, 3))})
    (queued,) = fresh.ask(fixed={"density": np.zeros((2, 3))})
    assert queued.params["load"] == 3.0


def test_functions_take_arrays_by_name():
    result = augury.minimize(
        lambda density, load: float(density.sum()) + load,
        {"density": augury.Array((2, 2), (0.0, 1.0)), "load": (1.0, 2.0)},
        budget=4,
        seed=0,
    )
    assert result.params["density"].shape == (2, 2)


def test_a_command_reads_an_array_as_json():
    code = "import json, sys; print(sum(map(sum, json.loads(sys.argv[1]))))"
    command = Command([sys.executable, "-c", code, "{density}"], names=["density"])
    assert command({"density": TARGET}) == pytest.approx(TARGET.sum())


def test_a_table_shows_what_an_array_spans():
    assert number(np.array([[0.0, 0.25], [1.0, 0.5]])) == "array 2 x 2, 0 to 1"
