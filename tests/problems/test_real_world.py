"""The engineering designs against values of the suite's published code, and their fronts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.problems import load_multi_objective_problem, real_world
from augury.space.pareto import hypervolume

# (problem, design) -> objectives by the published code
PUBLISHED = {
    ("re21", (2.855, 2.949, 1.438, 2.727)): (2761.336435, 0.004261287144),
    ("re21", (2.962, 2.932, 1.65, 2.945)): (2859.999485, 0.00604813345),
    ("re32", (4.463, 8.242, 4.852, 1.258)): (187.8886099, 0.01527675369, 3.205),
    ("re32", (4.034, 9.243, 2.735, 2.752)): (174.5790375, 0.03899003926, 1.282),
    ("re33", (66.069, 107.586, 1081.021, 17.588)): (5.860077547, 3.891488117, 0.0),
    ("re33", (70.359, 75.993, 2438.44, 11.144)): (0.4098461171, 3.290666748, 14.90781786),
    ("re36", (48, 37, 57, 15)): (6.449581081, 57.0, 0.4305412034),
    ("re36", (52, 15, 29, 33)): (5.704076923, 52.0, 0.3229803669),
    ("re37", (0.966, 0.562, 0.259, 0.242)): (0.5680530122, 0.3082488182, 0.3384325214),
    ("re37", (0.888, 0.226, 0.125, 0.288)): (0.7833655384, 0.1412797246, 0.4470693431),
    ("re41", (1.086, 0.949, 1.31, 1.06, 1.38, 0.73, 1.054)): (
        32.3594573,
        3.9537939,
        12.08625318,
        0.131657,
    ),
    ("re42", (200.537, 31.202, 13.517, 11.407, 15.662, 0.73)): (
        -531.9821197,
        9302.861332,
        10558.12081,
        1.2451,
    ),
}


@pytest.mark.parametrize(("name", "design"), PUBLISHED)
def test_values_are_those_of_the_published_code(name, design):
    problem = load_multi_objective_problem(name)
    values = problem.function(dict(zip(problem.space.names, design, strict=True)))
    np.testing.assert_allclose(list(values.values()), PUBLISHED[name, design], rtol=2e-9, atol=1e-9)


def test_the_truss_has_its_front_where_each_section_is_best_for_some_price():
    price = np.geomspace(0.5, 12.0, 2000)
    sections = [np.clip(np.sqrt(c * price), low, 3.0) for c, low in ((1, 1), (2, np.sqrt(2)), (2, 1))]
    X = np.stack([sections[0], sections[1], np.full(2000, np.sqrt(2)), sections[2]], axis=1)
    truss = real_world.FourBarTruss()
    covered = hypervolume(-truss.evaluate_true(torch.from_numpy(X)).numpy(), -truss.ref_point.numpy())
    assert covered == pytest.approx(truss.max_hv, rel=2e-3)
    assert covered < truss.max_hv


def test_no_gear_train_covers_more_than_all_of_them():
    gears = real_world.GearTrain()
    teeth = np.random.default_rng(0).integers(12, 61, size=(500, 4)).astype(float)
    values = gears.evaluate_true(torch.from_numpy(teeth)).numpy()
    assert 0.0 < hypervolume(-values, -gears.ref_point.numpy()) < gears.max_hv
