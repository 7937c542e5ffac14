"""The Matern kernel of eigenfields, of rows of encodings and of points that stand for nodes."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from gpytorch.kernels import RBFKernel

from augury.errors import InvalidInputError
from augury.geometry import TangentBundle, eigenmaps
from augury.kernels import ConnectionMaternKernel, EncodedKernel, NodeEncoding
from augury.testing import KERNEL_CHECKS
from tests.geometry.cases import sphere


@pytest.fixture(scope="module")
def basis():
    return eigenmaps(TangentBundle.from_points(sphere(200)), 16)


def square_encoding(k=25, side=10):
    """Nodes of the unit square with the first component of fields on it."""
    grid = (np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) + 0.5) / side
    jittered = grid + 1e-4 * np.random.default_rng(0).normal(size=grid.shape)
    maps = eigenmaps(TangentBundle.from_points(jittered), k)
    return NodeEncoding(torch.from_numpy(grid), torch.from_numpy(maps.ambient[:, 0])), maps.values


_ENCODING, _VALUES = square_encoding()


def of_points():
    return EncodedKernel(_ENCODING, ConnectionMaternKernel(torch.from_numpy(_VALUES), nu=2.0, kappa=0.5))


@pytest.mark.parametrize("check", KERNEL_CHECKS, ids=lambda check: check.__name__)
def test_the_kernel_of_a_component_conforms(check):
    check(of_points)


def test_the_matrix_is_the_sum_over_eigenfields(basis):
    kernel = ConnectionMaternKernel(torch.from_numpy(basis.values), nu=0.8, kappa=0.7, variance=2.5)
    rows = torch.from_numpy(basis.ambient.reshape(-1, 16))
    s = torch.from_numpy((2.0 * 0.8 / 0.7**2 + basis.values) ** (-0.8 - 1.0))
    expected = (rows * (2.5 * s / s.sum())) @ rows.mT
    assert torch.allclose(kernel(rows).to_dense(), expected)
    assert torch.allclose(kernel(rows[:5], rows[3:9]).to_dense(), expected[:5, 3:9])
    assert kernel(rows).evaluate_kernel().root.shape == (600, 16)
    tangent = torch.from_numpy(basis.local.reshape(-1, 16))
    assert float(kernel(tangent, diag=True).mean()) == pytest.approx(2.5)


def test_a_smooth_process_has_little_of_rough_fields(basis):
    values = torch.from_numpy(basis.values)
    cases = (0.5, 5.0), (3.0, 5.0), (0.5, 0.3)
    shares = [ConnectionMaternKernel(values, nu, kappa).spectrum.detach() for nu, kappa in cases]
    rough = [float(share[-1] / share[0]) for share in shares]
    assert rough[1] < rough[0] < rough[2]


def test_rounding_of_a_zero_is_no_long_scale():
    """On a flat manifold parallel fields have the eigenvalue 0, but for rounding."""
    exact, rounded = (ConnectionMaternKernel(torch.tensor([zero, 1.0, 4.0])) for zero in (0.0, 1e-13))
    assert torch.equal(exact.kappa, rounded.kappa)


def test_parameters_are_kept_and_bounded(basis):
    values = torch.from_numpy(basis.values)
    kernel = ConnectionMaternKernel(values, nu=1.2, kappa=0.4, variance=0.3, learn_nu=False)
    found = [float(value.detach()) for value in (kernel.nu, kernel.kappa, kernel.variance)]
    assert found == pytest.approx([1.2, 0.4, 0.3])
    assert not kernel.raw_log_nu.requires_grad
    with torch.no_grad():
        for parameter in kernel.parameters():
            parameter.fill_(1e3)
    assert float(kernel.nu.detach()) == pytest.approx(20.0)
    for bad in (
        lambda: ConnectionMaternKernel(values, nu=0.01),
        lambda: ConnectionMaternKernel(values, kappa=-1.0),
        lambda: ConnectionMaternKernel(values, variance=0.0),
        lambda: ConnectionMaternKernel(-values),
        lambda: ConnectionMaternKernel(values[None]),
        lambda: kernel(torch.ones(3, 5).double(), torch.ones(2, 5).double()).to_dense(),
        lambda: NodeEncoding(torch.ones(3, 2), torch.ones(4, 5)),
        lambda: NodeEncoding(torch.ones(3, 2), torch.full((3, 5), torch.nan)),
        lambda: _ENCODING(torch.ones(4, 3)),
    ):
        with pytest.raises(InvalidInputError):
            bad()


def test_points_are_encoded_as_their_nearest_node():
    generator = torch.Generator().manual_seed(0)
    points, rows = (torch.rand(*shape, generator=generator).double() for shape in ((30, 2), (30, 4)))
    encoding = NodeEncoding(points, rows)
    assert torch.equal(encoding(points + 1e-6), rows)
    assert encoding(points.reshape(5, 6, 2)).shape == (5, 6, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        EncodedKernel(encoding, RBFKernel())(points).to_dense()
