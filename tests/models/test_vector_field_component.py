"""The registered process of one component of a vector field: conformance, geometry, a study over points."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch

import augury
from augury.errors import InvalidInputError
from augury.geometry import TangentBundle, eigenmaps, random_field
from augury.kernels import ConnectionMaternKernel, EncodedKernel, NodeEncoding
from augury.models import GaussianProcess, VectorFieldComponent
from augury.models.build import build_model
from augury.space.goal import Maximize
from augury.testing import MODEL_CHECKS
from tests.geometry.cases import sphere
from tests.models.cases import outcomes, points


def square(side=10):
    """Nodes of the unit square, not quite on a grid."""
    grid = (np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) + 0.5) / side
    return torch.from_numpy(grid + 1e-4 * np.random.default_rng(0).normal(size=grid.shape))


@pytest.mark.filterwarnings("ignore:Negative variance values")
@pytest.mark.filterwarnings("ignore::augury.geometry.tangent_bundle.GeometryWarning")
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check):
    check(partial(VectorFieldComponent, nodes=square(), num_eigenfields=25))


@pytest.fixture(scope="module")
def table():
    """An ellipsoid, which the encoding makes a sphere, with a rotation about its short axis."""
    x = sphere(120)
    places = x * [2.0, 2.0, 1.0] + [5.0, 0.0, -3.0]
    return pd.DataFrame(places, columns=["x", "y", "z"]), np.cross([0.0, 0.0, 1.0], x)


def of_table(table, directions, rows=slice(0, None, 3), component=0):
    frame, flow = table
    space = augury.Space.from_table(frame)
    X = torch.from_numpy(space.encode(frame.to_dict("records"))[rows])
    Y = torch.from_numpy(flow[rows, component]).unsqueeze(-1)
    model = build_model(partial(VectorFieldComponent, directions=directions), X, Y, None, space)
    return model, X, Y


def test_in_a_known_direction_it_is_the_process_of_the_eigenfields(table):
    """That of the kernel by hand, over the rows of the table in their own units."""
    model, X, Y = of_table(table, [[0.0, 2.0, 0.0]], component=1)
    frame, _ = table
    maps = eigenmaps(TangentBundle.from_points(frame.to_numpy()), 60)
    nodes = torch.from_numpy(augury.Space.from_table(frame).encode(frame.to_dict("records")))
    kernel = EncodedKernel(
        NodeEncoding(nodes, torch.from_numpy(maps.ambient[:, 1])),
        ConnectionMaternKernel(torch.from_numpy(maps.values)),
    )
    by_hand = GaussianProcess(X, Y, covar_module=kernel)
    by_hand.load_state_dict(model.fit().state_dict())
    own, expected = (one.posterior(nodes.unsqueeze(-2)) for one in (model, by_hand))
    torch.testing.assert_close(own.mean, expected.mean, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(own.variance, expected.variance, atol=1e-6, rtol=1e-6)


def test_an_unknown_direction_is_the_mean_over_all(table):
    """Its covariance is the mean of those of directions on the sphere."""
    unknown, X, _ = of_table(table, None)
    directions = np.random.default_rng(0).normal(size=(3, 3))
    axes = np.linalg.qr(directions)[0]
    kernels = [of_table(table, [axis])[0]._outcomes[0].covariance for axis in axes]
    mean = sum(kernel.dense(X, X) for kernel in kernels) / 3.0
    torch.testing.assert_close(unknown._outcomes[0].covariance.dense(X, X), mean, atol=1e-8, rtol=1e-6)


def test_a_table_of_few_points_and_none_at_all(table):
    frame, flow = table
    few = augury.Space.from_table(frame.iloc[:6])
    X = torch.from_numpy(few.encode(frame.iloc[:6].to_dict("records")))
    Y = torch.from_numpy(flow[:6, :1])
    model = build_model("vector-field", X, Y, None, few).fit()
    assert torch.isfinite(model.posterior(X).mean).all()
    plain, usual = (
        kind(points(12, 2), outcomes(points(12, 2))).fit() for kind in (VectorFieldComponent, GaussianProcess)
    )
    new = points(5, 2, seed=1)
    torch.testing.assert_close(plain.posterior(new).mean, usual.posterior(new).mean)
    with pytest.raises(InvalidInputError, match="points"):
        VectorFieldComponent(X[:3], Y[:3], nodes=X[:3])


def test_a_study_over_a_table_asks_for_a_point_of_it(table):
    """By name, also where a coordinate is held, with the whole table as the manifold."""
    frame, flow = table
    study = augury.Study(
        augury.Space.from_table(frame), Maximize("flow"), model="vector-field", store=None, seed=0
    )
    rows = frame.to_dict("records")
    tried = range(0, 120, 6)
    for node in tried:
        study.add(rows[node], float(flow[node, 0]))
    (trial,) = study.ask(1)
    node = rows.index(trial.params)
    assert node not in tried
    assert flow[node, 0] > np.quantile(flow[:, 0], 0.75)
    (held,) = study.ask(1, fixed={"x": rows[7]["x"]})
    assert held.params == rows[7]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"nodes": torch.ones(9)}, "N x 2"),
        ({"nodes": square() * torch.nan}, "finite"),
        ({"nodes": square(), "coordinates": square()[:-1]}, "100 nodes"),
        ({"nodes": square(), "directions": [[1.0, 0.0, 0.0]]}, "1 vectors of 2"),
        ({"nodes": square(), "directions": [[0.0, 0.0]]}, "none of them 0"),
        ({"directions": [[1.0, 0.0]]}, "give these as nodes"),
        ({"coordinates": square()}, "give these as nodes"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    X = points(5, 2)
    with pytest.raises(InvalidInputError, match=message):
        VectorFieldComponent(X, outcomes(X), **arguments)


def test_a_fit_does_not_end_where_bounds_leave_no_slope():
    """Many eigenfields and little noise, from which the search of other processes goes to a corner."""
    x = sphere(240)
    flow = torch.from_numpy(random_field(TangentBundle.from_points(x), 0.1, 103))[:, :1]
    known, nodes = torch.from_numpy(np.random.default_rng(103).permutation(240)), torch.from_numpy(x)
    new = known[160:]
    model = VectorFieldComponent(
        nodes[known[:160]], flow[known[:160]], nodes=nodes, num_eigenfields=120
    ).fit()
    error = (model.posterior(nodes[new].unsqueeze(-2)).mean.squeeze(-1) - flow[new]).square().mean()
    assert error < 0.1 * flow[new].var()
