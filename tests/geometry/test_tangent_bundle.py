"""Frames, transport and Laplacians from points, against manifolds whose geometry is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from augury.errors import InvalidInputError, NotSupportedError
from augury.geometry import (
    Differentials,
    GeometryWarning,
    TangentBundle,
    diffuse,
    eigenmaps,
    farthest_points,
    normals,
    quiver,
    random_field,
)
from augury.geometry.proximity_graph import neighbourhoods
from tests.geometry.cases import flat_torus, moebius_band, sphere


@pytest.fixture(scope="module")
def ball():
    return TangentBundle.from_points(sphere(600))


def turned(bundle, seed=0):
    """The same bundle in other frames, reflections among them."""
    normal = np.random.default_rng(seed).normal(size=(len(bundle), 2, 2))
    return replace(bundle, frames=bundle.frames @ np.linalg.qr(normal)[0])


def test_frames_are_orthonormal_and_tangent(ball):
    assert (ball.manifold_dim, ball.ambient_dim) == (2, 3)
    gram = np.einsum("nda,ndb->nab", ball.frames, ball.frames)
    np.testing.assert_allclose(gram, np.broadcast_to(np.eye(2), gram.shape), atol=1e-12)
    assert np.abs(np.einsum("nda,nd->na", ball.frames, ball.points)).max() < 0.04


def test_the_sphere_has_its_spectrum():
    """Eigenvalues `l (l + 1) - 1`, `2 (2 l + 1)` times, in absolute units; there is no parallel field."""
    values = eigenmaps(TangentBundle.from_points(sphere(1000)), 30).values
    exact = np.repeat([1.0, 5.0, 11.0], [6, 10, 14])
    np.testing.assert_allclose(values, exact, rtol=0.05)


def test_the_flat_torus_has_parallel_fields_and_its_spectrum():
    bundle = TangentBundle.from_points(flat_torus(24), n_neighbors=8)
    values = eigenmaps(bundle, 10).values
    assert bundle.manifold_dim == 2
    np.testing.assert_allclose(values[:2], 0.0, atol=1e-3)
    np.testing.assert_allclose(values[2:], 1.0, rtol=0.05)  # 4 functions, for each of 2 parallel fields


def test_without_transport_the_laplacian_is_that_of_functions():
    points = sphere(100)
    bundle = TangentBundle.trivial(points, 2)
    expected = np.kron(bundle.laplacian.toarray(), np.eye(3))
    np.testing.assert_allclose(bundle.connection_laplacian.toarray(), expected, atol=1e-12)
    constant = bundle.laplacian @ np.ones(100)
    np.testing.assert_allclose(constant, 0.0, atol=1e-10)


def test_the_quadratic_form_is_the_sum_over_neighbours():
    bundle = TangentBundle.from_points(sphere(60))
    v = np.random.default_rng(0).normal(size=(60, 2))
    graph, total = bundle.graph.tocoo(), 0.0
    rows, columns = graph.coords
    for row, column, weight, R in zip(rows, columns, graph.data, bundle.transport, strict=True):
        total += 0.5 * weight * np.square(v[row] - R @ v[column]).sum()
    form = v.reshape(-1) @ bundle.connection_laplacian @ v.reshape(-1)
    assert form == pytest.approx(total / bundle.unit)


def test_transport_is_orthogonal_and_back_again_is_nothing(ball):
    R = ball.transport
    np.testing.assert_allclose(R @ R.mT, np.broadcast_to(np.eye(2), R.shape), atol=1e-12)
    connection = ball.connection.toarray()
    np.testing.assert_allclose(connection, connection.T, atol=1e-12)


def test_what_is_said_of_fields_does_not_depend_on_the_frames(ball):
    other = turned(ball)
    one, two = (eigenmaps(bundle, 30) for bundle in (ball, other))
    np.testing.assert_allclose(one.values, two.values, rtol=1e-8)
    for first, last in ((0, 6), (6, 16)):  # whole eigenspaces
        parts = [maps.ambient[:50, :, first:last] for maps in (one, two)]
        np.testing.assert_allclose(*(np.einsum("idl,jel->ijde", part, part) for part in parts), atol=1e-6)
    field = np.cross([0.0, 0.0, 1.0], ball.points)
    for derivative in ("divergence", "curl"):
        given = [getattr(Differentials(bundle), derivative)(field) for bundle in (ball, other)]
        sign = np.sign(given[0] @ given[1]) if derivative == "curl" else 1.0  # the side is a choice
        np.testing.assert_allclose(given[0], sign * given[1], atol=1e-10)


def test_eigenfields_have_mean_square_one_and_are_orthogonal(ball):
    fields = eigenmaps(ball, 12).local.reshape(-1, 12)
    np.testing.assert_allclose(fields.T @ fields / len(fields), np.eye(12), atol=1e-8)
    dense = eigenmaps(TangentBundle.from_points(sphere(100)), 12)
    matrix = dense.bundle.connection_laplacian.toarray()
    np.testing.assert_allclose(
        matrix @ dense.local.reshape(-1, 12), dense.local.reshape(-1, 12) * dense.values, atol=1e-8
    )


def test_derivatives_of_gradients_and_rotations(ball):
    x = ball.points
    source, vortex = np.array([0.0, 0.0, 1.0]) - x[:, 2:] * x, np.cross([0.0, 0.0, 1.0], x)
    operators, outside = Differentials(ball), np.sign((normals(ball) * x).sum(axis=1))
    assert len(set(outside)) == 1
    np.testing.assert_allclose(operators.divergence(source), -2.0 * x[:, 2], atol=0.05)
    np.testing.assert_allclose(operators.curl(vortex), outside * 2.0 * x[:, 2], atol=0.05)
    np.testing.assert_allclose(operators.divergence(vortex), 0.0, atol=0.05)
    np.testing.assert_allclose(operators.curl(source), 0.0, atol=0.05)


def test_diffusion_smooths_and_keeps_unit_lengths(ball):
    field = random_field(ball, time=0.3, seed=1)
    np.testing.assert_allclose(np.linalg.norm(field, axis=1), 1.0)
    np.testing.assert_allclose(ball.to_ambient(ball.to_local(field)), field, atol=1e-12)

    def roughness(vectors):
        local = ball.to_local(vectors).reshape(-1)
        return local @ ball.connection_laplacian @ local / (local @ local)

    rough = random_field(ball, time=0.0, seed=1)
    assert roughness(field) < 0.1 * roughness(rough)
    np.testing.assert_allclose(diffuse(ball, rough, 0.3), field)
    assert not np.allclose(random_field(ball, 0.3, seed=2), field)


def test_neighbourhoods_are_the_nearest_within_two_steps():
    """Of two sheets, each point has neighbours of its own only, though those of the other are nearer than
    some that would be next."""
    grid = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), -1).reshape(-1, 2)
    sheets = np.concatenate(
        [np.pad(grid, ((0, 0), (0, 1))), np.pad(grid, ((0, 0), (0, 1)), constant_values=2.1)]
    )
    bundle = TangentBundle.trivial(sheets, 2, n_neighbors=4)
    upper = np.arange(len(sheets)) >= 64
    assert not bundle.graph.toarray()[np.ix_(upper, ~upper)].any()
    near = neighbourhoods(sheets, bundle.graph, 14)
    assert (upper[near] == upper[:, None]).all()
    inner = 27
    reach = range(-2, 3)
    assert set(near[inner]) == {inner + a + 8 * b for a in reach for b in reach if abs(a) + abs(b) <= 2}


def test_thinned_points_are_apart_and_leave_no_gap():
    points = np.random.default_rng(0).uniform(size=(400, 2))
    chosen = farthest_points(points, 0.1)
    extent = np.linalg.norm(points.max(axis=0) - points.min(axis=0))
    distance = np.linalg.norm(points[:, None] - points[chosen], axis=-1)
    assert distance.min(axis=1).max() < 0.1 * extent
    apart = distance[chosen] + np.eye(len(chosen)) * 9.0
    assert apart.min() >= 0.1 * extent


def test_a_surface_with_one_side_has_no_curl():
    band = moebius_band(1200)
    bundle = TangentBundle.from_points(band[farthest_points(band, 0.02)], manifold_dim=2)
    with pytest.raises(NotSupportedError, match="one side"):
        Differentials(bundle).curl(np.zeros_like(bundle.points))
    assert Differentials(bundle).divergence(np.zeros_like(bundle.points)).shape == (len(bundle),)


def test_poor_points_are_warned_of():
    two = np.concatenate([sphere(100), sphere(100) + 10.0])
    with pytest.warns(GeometryWarning, match="2 components"):
        TangentBundle.from_points(two)
    with pytest.warns(GeometryWarning, match="no clear tangent space"):
        TangentBundle.from_points(np.random.default_rng(0).normal(size=(200, 3)), manifold_dim=1)


def test_bad_arguments_are_refused(ball):
    points = sphere(100)
    for bad, message in (
        (lambda: TangentBundle.from_points(points[:12]), "need more than"),
        (lambda: TangentBundle.from_points(points * np.nan), "finite"),
        (lambda: TangentBundle.from_points(np.concatenate([points, points[:1]])), "same place"),
        (lambda: TangentBundle.from_points(points, manifold_dim=4), "manifold_dim"),
        (lambda: TangentBundle.from_points(points, n_neighbors=1), "n_neighbors"),
        (lambda: TangentBundle.from_points(points, bandwidth=0.0), "bandwidth"),
        (lambda: eigenmaps(ball, 1200), "k must be"),
        (lambda: ball.to_local(points), "one of 3 numbers"),
        (lambda: diffuse(ball, ball.points, -1.0), "time"),
        (lambda: farthest_points(points, 0.0), "spacing"),
        (lambda: quiver(ball, points), "one vector for each"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            bad()


def test_a_field_is_drawn(tmp_path):
    bundle = TangentBundle.from_points(sphere(60))
    field = random_field(bundle, 0.3)
    figure = quiver(bundle, field, values=field[:, 0], title="field")
    figure.savefig(tmp_path / "field.png", dpi=40)
    assert (tmp_path / "field.png").stat().st_size > 1000
    lattice = np.stack(np.meshgrid(np.arange(6.0), np.arange(6.0)), -1).reshape(-1, 2)
    lattice = lattice + 0.01 * np.random.default_rng(0).normal(size=lattice.shape)
    flat = TangentBundle.from_points(lattice, n_neighbors=6)
    assert len(quiver(flat, flat.frames[:, :, 0]).axes) == 1
