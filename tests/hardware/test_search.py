import numpy as np
import pytest

import augury
from augury.datasets.synthesised_networks import synthesised_networks
from augury.errors import InvalidInputError
from augury.hardware import LayerSurrogate, NetworkSearch
from augury.hardware.fixed_point import fixed_point_inputs, fixed_point_outputs
from augury.hardware.verilog import network_verilog

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
SMALL = {"hidden_layers": 0, "bits": 2, "reuse_out": 1}
DEEP = {**SMALL, "hidden_layers": 2, "bits": 4, "reuse_out": 4}
DEEP |= {"width_1": 6, "reuse_1": 4, "width_2": 8, "reuse_2": 2}


@pytest.fixture(scope="module")
def surrogate():
    known = synthesised_networks()
    return LayerSurrogate(
        known.designs, known.costs, network="aggregate", num_members=2, num_steps=60, lr=1e-2
    ).fit()


@pytest.fixture(scope="module")
def search(surrogate):
    return NetworkSearch(X, Y, surrogate, num_steps=30)


def test_choices_stand_for_networks(search):
    assert search.network(SMALL).widths == (3, 2)
    network = search.network(DEEP)
    assert (network.widths, network.bits) == ((3, 6, 8, 2), 4)
    assert network.reuse == (2, 2, 2)  # where the one asked for does not divide, the common divisor


def test_every_choice_of_the_space_is_a_network(search):
    points = search.space.decode(RNG.uniform(size=(60, search.space.dim)))
    depths = {len(search.network(params).reuse) for params in points}
    assert depths == {1, 2, 3}
    assert search.costs(points).shape == (60, 6)


def test_outcomes_are_predicted_costs_and_measured_accuracy(search):
    outcomes = search(DEEP)
    lut, _, dsp, _, cycles, _ = search.costs([DEEP])[0]
    assert outcomes["area"] == pytest.approx(lut + 240 * dsp)
    assert outcomes["cycles"] == pytest.approx(cycles)
    assert outcomes["accuracy"] == search.accuracy(DEEP)
    assert search(SMALL)["area"] < outcomes["area"]


def test_accuracy_is_that_of_rows_that_training_has_not_seen(search):
    weights, accuracy = search._train(search.network(DEEP))
    held = np.random.default_rng(0).permutation(200)[:60]
    learnt = np.setdiff1d(np.arange(200), held)
    outputs = fixed_point_outputs(weights, fixed_point_inputs(X, X[learnt], 4), 4)
    assert accuracy == (outputs.argmax(axis=1) == Y)[held].mean()


def test_the_verilog_has_the_trained_weights(search):
    network = search.network(DEEP)
    weights, _ = search._train(network)
    assert search.verilog(DEEP) == network_verilog(weights, 4, network.reuse)
    assert search.verilog(DEEP) != network.verilog()


def test_a_study_finds_a_trade_off(search):
    study = augury.Study(search.space, search.goals, store=None, seed=0)
    study.run(search, budget=14)
    front = study.pareto_front()
    assert len(front) > 1
    areas = [trial.values["area"] for trial in front]
    assert max(areas) > 1.5 * min(areas)


def test_what_cannot_be_is_refused(surrogate):
    with pytest.raises(InvalidInputError, match="classes from 0"):
        NetworkSearch(X, Y - 1, surrogate)
    with pytest.raises(InvalidInputError, match="classes from 0"):
        NetworkSearch(X, Y.astype(float), surrogate)
    with pytest.raises(InvalidInputError, match="bits to choose among"):
        NetworkSearch(X, Y, surrogate, bits=[3])
    known = synthesised_networks()
    with pytest.raises(InvalidInputError, match="LUT, FF"):
        NetworkSearch(X, Y, LayerSurrogate(known.designs, known.costs[:, :2]))
