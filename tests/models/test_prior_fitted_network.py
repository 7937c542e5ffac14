"""The prior-fitted network as a surrogate."""

from __future__ import annotations

import warnings

import pytest
import torch
from botorch.sampling.get_sampler import get_sampler
from torch import Tensor

from augury.acquisition.registry import ACQUISITIONS
from augury.acquisition.situation import Situation
from augury.errors import InvalidInputError, NotSupportedError
from augury.inference.prior_fitted.checkpoints import load_network, save_network
from augury.inference.prior_fitted.evaluation import measure_gap
from augury.inference.prior_fitted.recipes import recipe
from augury.models import PriorFittedNetwork
from augury.models.prior_fitted.weights import _FOLDER, PriorFittedWarning, TrainedNetwork, shipped_networks
from augury.testing import MODEL_CHECKS


def rows(n: int = 12, d: int = 2, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    X = torch.rand(n, d, dtype=torch.float64, generator=generator)
    noise = 0.1 * torch.randn(n, 1, dtype=torch.float64, generator=generator)
    return X, 5.0 * torch.sin(4.0 * X[:, :1]) + X[:, 1:2] + noise


@pytest.fixture(scope="module")
def model() -> PriorFittedNetwork:
    return PriorFittedNetwork(*rows()).fit()


@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check):
    check(PriorFittedNetwork)


@pytest.mark.parametrize(("n", "most"), [(0, 0.05), (1, 0.06), (5, 0.12), (20, 0.1)])
def test_the_shipped_network_for_a_known_process_is_near_its_exact_posterior(n, most):
    network = TrainedNetwork.of("gp").network
    gap = measure_gap(network, recipe("gp").prior, n, 1, data_sets=150)
    assert -3.0 * gap.error < gap.gap < most
    assert gap.mean_error < 0.05


def test_the_order_of_the_rows_does_not_matter(model):
    X, Y = rows()
    order = torch.randperm(12, generator=torch.Generator().manual_seed(1))
    new = rows(5, seed=1)[0]
    shuffled = PriorFittedNetwork(X[order], Y[order]).posterior(new)
    torch.testing.assert_close(shuffled.mean, model.posterior(new).mean)
    torch.testing.assert_close(shuffled.variance, model.posterior(new).variance)


def test_the_noise_free_posterior_has_the_same_shape_and_less_spread(model):
    new = rows(5, seed=1)[0]
    free, noisy = model.posterior(new), model.posterior(new, observation_noise=True)
    assert bool((free.variance < noisy.variance).all())
    torch.testing.assert_close(free.bars.logits, noisy.bars.logits)
    for posterior in (free, noisy):
        quantiles = posterior.quantile(torch.tensor([0.1, 0.5, 0.9]))
        assert quantiles.shape == (3, 5, 1)
        torch.testing.assert_close(
            posterior.bars.cdf(quantiles[2]), torch.full((5, 1), 0.9).double(), rtol=1e-6, atol=0.0
        )
        torch.testing.assert_close(
            posterior.density(quantiles[1][0]), posterior.log_prob(quantiles[1][0]).exp()
        )


@pytest.mark.parametrize("maximize", [True, False])
def test_log_expected_improvement_is_that_of_the_samples(model, maximize):
    new = rows(4, seed=2)[0]
    posterior = model.posterior(new.unsqueeze(-2))
    samples = get_sampler(posterior, torch.Size([4096]), seed=0)(posterior).squeeze(-1).squeeze(-1)
    best = float(posterior.mean.median())
    gain = (samples - best if maximize else best - samples).clamp_min(0.0).mean(0)
    found = model.log_expected_improvement(new, best, maximize).exp()
    torch.testing.assert_close(found, gain, rtol=0.05, atol=0.01)


def test_the_search_uses_the_closed_form(model):
    X, Y = rows()
    situation = Situation(model=model, observed=X.numpy(), values=Y.squeeze(-1).numpy(), maximize=False)
    acquisition = ACQUISITIONS.load("log-ei")(situation)
    new = rows(6, seed=3)[0]
    value, gradient = acquisition.value_gradient(new.numpy())
    expected = model.log_expected_improvement(new, float(Y.min()), maximize=False)
    torch.testing.assert_close(torch.from_numpy(value), expected)
    step = 1e-6
    for column in range(2):
        shift = step * torch.eye(2).double()[column]
        above, below = (acquisition.value((new + s * shift).numpy()) for s in (1, -1))
        torch.testing.assert_close(
            torch.from_numpy(gradient[:, column]),
            torch.from_numpy(above - below) / (2 * step),
            rtol=1e-3,
            atol=1e-4,
        )


def test_joint_samples_keep_the_marginals_and_smooth_neighbours(model):
    X = torch.tensor([[0.5, 0.5], [0.5, 0.501], [0.02, 0.98]], dtype=torch.float64)
    posterior = model.posterior(X)
    samples = get_sampler(posterior, torch.Size([2048]), seed=0)(posterior).squeeze(-1)
    torch.testing.assert_close(samples.mean(0), posterior.mean.squeeze(-1), atol=0.05, rtol=0.0)
    correlation = torch.corrcoef(samples.mT)
    assert correlation[0, 1] > 0.95
    assert abs(correlation[0, 2]) < 0.7


def test_points_that_batches_share_are_predicted_as_if_they_were_their_own(model):
    generator = torch.Generator().manual_seed(3)
    points = torch.rand(6, 3, 2, dtype=torch.float64, generator=generator)
    points[:, 1:] = points[0, 1:]
    base = torch.randn(4, 6, 3, 1, dtype=torch.float64, generator=generator)
    found = model.posterior(points).rsample_from_base_samples(torch.Size([4]), base)
    for b in range(len(points)):
        alone = model.posterior(points[b]).rsample_from_base_samples(torch.Size([4]), base[:, b])
        torch.testing.assert_close(found[:, b], alone, atol=1e-9, rtol=1e-9)


def test_autoregressive_samples_begin_with_the_marginal_and_learn_from_themselves(model):
    X = torch.tensor([[0.98, 0.02], [0.98, 0.021]], dtype=torch.float64)
    drawn = model.autoregressive_samples(X, 400, seed=0)
    assert drawn.shape == (400, 2, 1)
    posterior = model.posterior(X, observation_noise=True)
    deviation = posterior.variance.sqrt()
    assert abs(float((drawn[:, 0].mean(0) - posterior.mean[0]) / deviation[0])) < 0.25
    assert float(torch.corrcoef(drawn.squeeze(-1).mT)[0, 1]) > 0.8
    torch.testing.assert_close(model.autoregressive_samples(X, 400, seed=0), drawn)


def test_conditioning_is_reading_more_rows():
    X, Y = rows()
    model = PriorFittedNetwork(X[:8], Y[:8], outcome_transform=None)
    more = model.condition_on_observations(X[8:], Y[8:])
    whole = PriorFittedNetwork(X, Y, outcome_transform=None)
    new = rows(4, seed=1)[0]
    torch.testing.assert_close(more.posterior(new).mean, whole.posterior(new).mean, rtol=1e-6, atol=1e-8)
    with pytest.raises(NotSupportedError, match="not batches"):
        model.condition_on_observations(X[None], Y[None])


def test_it_warns_where_the_network_was_not_checked():
    trained = TrainedNetwork.of("surrogate")
    with warnings.catch_warnings():
        warnings.simplefilter("error", PriorFittedWarning)
        PriorFittedNetwork(*rows(12))
    for n, d in ((trained.rows + 1, 2), (12, trained.dim + 1)):
        with pytest.warns(PriorFittedWarning, match=f"{trained.rows} rows and {trained.dim} inputs"):
            wide = PriorFittedNetwork(*rows(n, d))
        assert bool(wide.posterior(rows(3, d, seed=1)[0]).mean.isfinite().all())


def test_a_study_that_grows_beyond_it_is_warned_once():
    trained = TrainedNetwork.of("surrogate")
    beyond = {trained.objection(trained.rows + more, 2) for more in (1, 2, 3)}
    assert len(beyond) == 1
    assert "given more rows" in str(beyond)


def test_networks_come_by_name_by_file_or_as_they_are(tmp_path):
    assert {"gp", "hyper-gp", "surrogate"} <= set(shipped_networks())
    network, about = load_network(_FOLDER / "surrogate.safetensors")
    path = tmp_path / "mine.safetensors"
    save_network(network, path, about)
    new = rows(3, seed=1)[0]
    expected = PriorFittedNetwork(*rows()).posterior(new).mean
    for given in (path, str(path), network):
        torch.testing.assert_close(PriorFittedNetwork(*rows(), network=given).posterior(new).mean, expected)
    with pytest.raises(InvalidInputError, match="'surrogate'"):
        PriorFittedNetwork(*rows(), network="surogate")


def test_weights_are_small_and_no_part_of_the_state(model):
    assert sum(path.stat().st_size for path in _FOLDER.glob("*.safetensors")) < 10e6
    assert not any("blocks" in name for name in model.state_dict())


def test_what_it_cannot_do_is_refused(model):
    X, Y = rows()
    two = PriorFittedNetwork(X, Y.expand(-1, 2))
    with pytest.raises(NotSupportedError, match="2 outcomes"):
        two.log_expected_improvement(X, 0.0)
    with pytest.raises(NotSupportedError, match="not a given tensor"):
        model.posterior(X, observation_noise=torch.ones(12, 1))
    with pytest.raises(InvalidInputError, match="2 inputs"):
        model.posterior(torch.rand(3, 5))
