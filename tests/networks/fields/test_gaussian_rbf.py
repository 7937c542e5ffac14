"""The layer of radial basis functions."""

from __future__ import annotations

import gpytorch
import pytest
import torch

from augury.errors import InvalidInputError
from augury.networks import GaussianRBFLayer
from augury.networks.fields.radial_basis import RADIAL_BASES


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def layer(**options):
    made = GaussianRBFLayer(5, 2, 7, seed=3, **options)
    with torch.no_grad():
        made.log_scales.copy_(randn(7, 5, seed=4))
    return made


@pytest.mark.parametrize("basis", RADIAL_BASES)
@pytest.mark.parametrize("init", ["scaled", "reference"])
def test_it_is_the_expansion_computed_one_kernel_at_a_time(basis, init):
    made, f = layer(basis=basis, init=init), randn(3, 4, 5)
    D = (made.log_scales.exp() * (f.unsqueeze(-2) - made.centers).square()).sum(-1)
    h = RADIAL_BASES[basis](D)
    assert torch.allclose(made.features(f), h, rtol=1e-9, atol=1e-9)
    assert torch.allclose(made(f), h @ made.linear.weight.mT + made.linear.bias, rtol=1e-8, atol=1e-8)


def test_each_feature_is_gpytorchs_kernel_with_the_lengthscales_of_its_centre():
    made, f = layer(), randn(6, 5)
    for n, h in enumerate(made.features(f).unbind(-1)):
        kernel = gpytorch.kernels.RBFKernel(ard_num_dims=5).double()
        kernel.lengthscale = (-0.5 * made.log_scales[n]).exp().detach()
        assert torch.allclose(kernel(f, made.centers[n : n + 1]).to_dense().squeeze(-1), h, atol=1e-10)


@pytest.mark.parametrize("basis", RADIAL_BASES)
def test_gradients_at_a_centre_and_elsewhere(basis):
    made = layer(basis=basis)
    f = torch.cat([randn(3, 5), made.centers[:1].detach() + 1e-3]).requires_grad_(True)
    assert torch.autograd.gradcheck(made, f, atol=1e-5)
    with torch.no_grad():
        made.centers.copy_(made.centers.round())
    at_centre = made.centers[:1].detach().clone().requires_grad_(True)
    made(at_centre).sum().backward()
    assert bool(at_centre.grad.isfinite().all())


def test_the_scaled_start_reaches_features_of_variance_one_and_the_reference_does_not():
    f = randn(1000, 18)
    reached = {
        init: GaussianRBFLayer(18, 1, 64, init=init).features(f).mean() for init in ("scaled", "reference")
    }
    assert 0.2 < reached["scaled"] < 0.6
    assert reached["reference"] < 1e-2


@torch.no_grad()
def test_centres_go_to_the_clusters():
    places = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]], dtype=torch.float64)
    f = (places.unsqueeze(1) + 0.01 * randn(3, 50, 2)).flatten(0, 1)
    made = GaussianRBFLayer(2, 1, 3)
    made.centre_on_(f)
    assert float(torch.cdist(places, made.centers.detach()).amin(1).max()) < 0.01
    # squared distances to the nearest centre, in units of the spread, are exponential
    assert float(made.features(f).amax(1).mean()) == pytest.approx(2.0 / 3.0, abs=0.05)
    with pytest.raises(InvalidInputError, match="n >= 3 rows"):
        made.centre_on_(f[:2])


@pytest.mark.parametrize(
    "wrong", [{"n_centers": 0}, {"basis": "square"}, {"init": "best"}], ids=lambda given: next(iter(given))
)
def test_what_is_not_allowed_is_said(wrong):
    with pytest.raises(InvalidInputError, match="given"):
        GaussianRBFLayer(2, 1, **wrong)
