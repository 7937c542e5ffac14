"""Families of weight priors: densities, draws, and the hyperparameters by which they are tuned."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import invgamma, multivariate_t

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference import (
    GaussianWeightPrior,
    HierarchicalWeightPrior,
    PlanarFlowWeightPrior,
    WeightPrior,
)
from augury.networks import MLP, StackedNetwork

NETWORK = StackedNetwork(MLP(2, (3,)))
P = NETWORK.num_parameters

FAMILIES = {
    "gaussian": GaussianWeightPrior(NETWORK, 1.7, 0.6),
    "hierarchical": HierarchicalWeightPrior(NETWORK, 2.5, 1.5),
    "flow": PlanarFlowWeightPrior(NETWORK, num_flows=3, seed=1),
}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def theta(S=4, seed=0):
    return torch.randn(S, P, dtype=torch.float64, generator=generator(seed))


@pytest.mark.parametrize("prior", FAMILIES.values(), ids=FAMILIES)
def test_gradients_of_the_density_are_its_slopes(prior):
    point = theta()
    gradient = prior.log_density_gradient(point)
    step = 1e-5
    for column in range(0, P, 4):
        shift = step * torch.eye(P, dtype=torch.float64)[column]
        slope = (prior.log_density(point + shift) - prior.log_density(point - shift)) / (2.0 * step)
        torch.testing.assert_close(gradient[:, column], slope, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("prior", FAMILIES.values(), ids=FAMILIES)
def test_draws_have_the_density(prior):
    # E_p[q / p] = 1 for any normal q within the support, so the two must belong together.
    draws = prior.sample(40_000, generator())
    q = _narrow(prior)
    ratio = (q.log_density(draws) - prior.log_density(draws)).exp()
    error = float(ratio.std()) / len(ratio) ** 0.5
    assert float(ratio.mean()) == pytest.approx(1.0, abs=5.0 * error)
    assert error < 0.1


def _narrow(prior):
    """A normal prior with 0.8 of another's deviations, as far as these can be told by one number each."""
    variances = {
        part.name: float(prior.scale[part.start : part.stop].square().mean()) for part in NETWORK.slices
    }
    return GaussianWeightPrior(NETWORK, {k: 0.64 * v for k, v in variances.items()}, scaled=False)


@pytest.mark.parametrize("prior", FAMILIES.values(), ids=FAMILIES)
def test_hyperparameters_pick_the_member_they_were_read_from(prior):
    again = prior.with_hyperparameters(prior.hyperparameters())
    torch.testing.assert_close(again.log_density(theta()), prior.log_density(theta()))
    drawn = prior.sample_with(prior.hyperparameters(), 3, generator(5))
    torch.testing.assert_close(drawn, prior.sample(3, generator(5)))


@pytest.mark.parametrize("prior", FAMILIES.values(), ids=FAMILIES)
def test_draws_are_differentiable_in_every_hyperparameter(prior):
    leaves = {name: value.clone().requires_grad_(True) for name, value in prior.hyperparameters().items()}
    value = prior.sample_with(leaves, 50, generator()).square().sum()
    for gradient in torch.autograd.grad(value, list(leaves.values())):
        assert bool(torch.isfinite(gradient).all())
        assert float(gradient.abs().max()) > 0.0


@pytest.mark.parametrize("prior", FAMILIES.values(), ids=FAMILIES)
def test_draws_leave_the_global_generator_alone(prior):
    before = torch.get_rng_state()
    first, second = prior.sample(2, generator(1)), prior.sample(2, generator(1))
    assert torch.equal(first, second)
    assert torch.equal(before, torch.get_rng_state())


def test_a_hierarchical_layer_is_a_student_t_vector():
    prior = HierarchicalWeightPrior(StackedNetwork(MLP(3, (), bias=False)), 2.5, 1.5)
    # v ~ InvGamma(a, b), w ~ N(0, v / 3): Student-t with 2 a degrees of freedom and shape b / (3 a)
    reference = multivariate_t(shape=torch.eye(3).numpy() * 1.5 / (3.0 * 2.5), df=5.0)
    point = torch.randn(4, 3, dtype=torch.float64, generator=generator(2))
    torch.testing.assert_close(prior.log_density(point), torch.from_numpy(reference.logpdf(point.numpy())))


def test_gibbs_draws_have_the_conditional_moments():
    prior = HierarchicalWeightPrior(NETWORK, 2.5, 1.5)
    point = theta(1).expand(20_000, -1)
    conditional = prior.conditional(point, generator())
    part = NETWORK.slices[0]  # W of the first layer, 3 x 2
    variances = 2.0 / conditional.precision[:, part.start]
    q = 2.0 * float(point[0, part.start : part.stop].square().sum())
    exact = invgamma(2.5 + 3.0, scale=1.5 + 0.5 * q)
    assert float(variances.mean()) == pytest.approx(exact.mean(), rel=0.03)
    assert float(variances.std()) == pytest.approx(exact.std(), rel=0.1)
    expected = -point * conditional.precision
    torch.testing.assert_close(conditional.log_density_gradient(point), expected)
    normal = torch.distributions.Normal(0.0, conditional.precision.rsqrt())
    torch.testing.assert_close(conditional.log_density(point), normal.log_prob(point).sum(dim=1))
    assert len(conditional.precision[:, part.start].unique()) == 20_000  # each chain its own


def test_a_prior_without_family_cannot_be_tuned():
    class Flat(WeightPrior):
        def log_density(self, theta):
            return theta.new_zeros(len(theta))

        def log_density_gradient(self, theta):
            return torch.zeros_like(theta)

        def sample(self, S, generator):
            raise NotImplementedError

        @property
        def scale(self):
            return torch.ones(P)

    with pytest.raises(NotSupportedError, match="Flat has no hyperparameters"):
        Flat(NETWORK).hyperparameters()


def test_impossible_hyperparameters_are_refused():
    with pytest.raises(InvalidInputError, match="positive"):
        HierarchicalWeightPrior(NETWORK, shape=-1.0)
    with pytest.raises(InvalidInputError, match="positive"):
        HierarchicalWeightPrior(NETWORK, rate=math.inf)
    with pytest.raises(InvalidInputError, match="tuned"):
        HierarchicalWeightPrior(NETWORK, shape=1.0).hyperparameters()
    with pytest.raises(InvalidInputError, match="at least one"):
        PlanarFlowWeightPrior(NETWORK, num_flows=0)
