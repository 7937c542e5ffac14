"""The process of vector fields: exact inference, tangent predictions, singularities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from botorch.sampling import SobolQMCNormalSampler
from torch.distributions import MultivariateNormal

import augury
from augury.errors import InvalidInputError
from augury.geometry import Differentials, GeometryWarning, TangentBundle, eigenmaps, extend
from augury.kernels import ConnectionMaternKernel
from augury.models import VectorFieldGP
from tests.geometry.cases import sphere

KNOWN, NEW = np.arange(0, 300, 2), np.arange(1, 300, 2)


@pytest.fixture(scope="module")
def basis():
    return eigenmaps(TangentBundle.from_points(sphere(300)), 60)


@pytest.fixture(scope="module")
def field(basis):
    """A draw of the prior."""
    spectrum = ConnectionMaternKernel(torch.from_numpy(basis.values), kappa=0.7).spectrum.detach()
    return basis.ambient @ (spectrum.sqrt().numpy() * np.random.default_rng(1).normal(size=60))


@pytest.fixture(scope="module")
def measured(basis, field):
    noise = 0.05 * basis.bundle.to_ambient(np.random.default_rng(0).normal(size=(300, 2)))
    return (field + noise)[KNOWN]


@pytest.fixture(scope="module")
def model(basis, measured):
    return VectorFieldGP(basis, KNOWN, measured).fit()


def test_predictions_are_those_of_conditioning(model, basis, measured):
    """Of tangent coordinates, lifted."""
    fields, frames = torch.from_numpy(basis.local), torch.from_numpy(basis.bundle.frames)
    y = torch.einsum("ndm,nd->nm", frames[KNOWN], torch.from_numpy(measured)).reshape(-1)
    S = model.kernel.spectrum.detach()
    train, new = fields[KNOWN].flatten(0, 1), fields[NEW[:5]].flatten(0, 1)
    K = (train * S) @ train.mT + model.noise_variance * torch.eye(len(y)).double()
    gain = torch.linalg.solve(K, (train * S) @ new.mT).mT
    lift = torch.block_diag(*frames[NEW[:5]])
    covariance = lift @ ((new * S) @ new.mT - gain @ (train * S) @ new.mT) @ lift.mT
    posterior = model.posterior(torch.from_numpy(NEW[:5]).unsqueeze(-1))
    assert posterior.mean.shape == (5, 3)
    torch.testing.assert_close(posterior.mean.reshape(-1), lift @ gain @ y, rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(posterior.distribution.covariance_matrix, covariance, rtol=1e-5, atol=1e-8)
    likelihood = MultivariateNormal(torch.zeros(len(y)).double(), K).log_prob(y)
    assert model.log_likelihood() == pytest.approx(float(likelihood), rel=1e-8)
    mean, blocks = model.predict(NEW[:5])
    np.testing.assert_allclose(mean, posterior.mean, atol=1e-10)
    np.testing.assert_allclose(blocks[2], covariance[6:9, 6:9], atol=1e-8)
    noisy = model.posterior(torch.from_numpy(NEW[:5]).unsqueeze(-1), observation_noise=True)
    expected = covariance + model.noise_variance * lift @ lift.mT
    torch.testing.assert_close(noisy.distribution.covariance_matrix, expected, rtol=1e-5, atol=1e-8)


def test_the_likelihood_is_highest_where_the_fit_is(model):
    best = model.log_likelihood()
    for parameter in [*model.kernel.parameters(), model.weights.log_noise]:
        for step in (-0.3, 0.3):
            with torch.no_grad():
                parameter += step
            assert model.log_likelihood() <= best + 1e-3
            with torch.no_grad():
                parameter -= step
    assert 0.5 < model.noise_variance / 0.05**2 < 2.0


def test_predictions_are_tangent_and_better_than_coordinate_by_coordinate(model, basis, field, measured):
    def error(process):
        return np.square(process.predict(NEW)[0] - field[NEW]).sum(axis=1).mean()

    alone = eigenmaps(TangentBundle.trivial(basis.bundle.points, 2), 90)
    assert error(model) < 0.5 * error(VectorFieldGP(alone, KNOWN, measured).fit())
    X = torch.from_numpy(NEW.reshape(-1, 1))
    samples = SobolQMCNormalSampler(torch.Size([8]), seed=0)(model.posterior(X[:20]))
    for vectors in (model.predict()[0], *(one.numpy() for one in samples)):
        nodes = slice(None) if len(vectors) == 300 else NEW[:20]
        normal = np.linalg.svd(basis.bundle.frames[nodes])[0][:, :, 2]
        assert np.abs((vectors * normal).sum(axis=1)).max() < 1e-10


def test_a_source_in_a_hole_is_painted_in():
    """The gradient of z near the pole, from its values farther away: its length falls to 0 there."""
    x = sphere(400)
    maps = eigenmaps(TangentBundle.from_points(x), 60)
    field = np.array([0.0, 0.0, 1.0]) - x[:, 2:] * x
    known = np.flatnonzero(np.arccos(x[:, 2]) > 0.6)
    process = VectorFieldGP(maps, known, field[known]).fit()
    mean, covariance = process.predict()
    assert np.linalg.norm(mean[0]) < 0.1
    assert np.linalg.norm(mean - field, axis=1).max() < 0.1
    assert np.trace(covariance[0]) > 3.0 * np.trace(covariance[known[0]])


def test_new_points_are_predicted_like_nodes():
    """Fields that are known everywhere, at points that are no nodes; in any frames."""
    x = sphere(500)
    bundle = TangentBundle.from_points(x)
    normal = np.random.default_rng(0).normal(size=(500, 2, 2))
    other = replace(bundle, frames=bundle.frames @ np.linalg.qr(normal)[0])
    new = np.random.default_rng(1).normal(size=(60, 3))
    new /= np.linalg.norm(new, axis=1, keepdims=True)
    found = []
    for one in (bundle, other):
        flow = np.array([0.0, 0.0, 1.0]) - x[:, 2:] * x + np.cross([0.0, 1.0, 0.0], x)
        process = VectorFieldGP(eigenmaps(one, 30), range(0, 500, 2), flow[::2]).fit()
        mean, covariance = process.predict_at(new)
        truth = np.array([0.0, 0.0, 1.0]) - new[:, 2:] * new + np.cross([0.0, 1.0, 0.0], new)
        assert np.abs(mean - truth).max() < 0.05
        assert np.abs((mean * new).sum(axis=1)).max() < 0.05
        found.append((mean, covariance))
        at_nodes = process.predict_at(x[:40])[0]
        assert np.abs(at_nodes - process.predict(range(40))[0]).max() < 0.05
    np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-5)
    np.testing.assert_allclose(found[0][1], found[1][1], atol=1e-5)
    with pytest.raises(InvalidInputError, match="take at most"):
        extend(eigenmaps(bundle, 900), new)
    with pytest.raises(InvalidInputError, match="N x 3"):
        extend(process.basis, new[:, :2])
    with pytest.raises(InvalidInputError, match="farther from all nodes"):
        extend(process.basis, 2.0 * new)


def test_divergence_and_curl_come_with_their_deviation(model, basis):
    """Both as linear maps of draws of the weights."""
    mean, root = model.weights.moments()
    draws = mean + torch.randn(4000, 60, generator=torch.Generator().manual_seed(0)).double() @ root.mT
    operators = Differentials(basis.bundle)
    fields = basis.local.reshape(-1, 60) @ draws.numpy().T
    for name in ("divergence", "curl"):
        values = getattr(operators, f"{name}_operator") @ fields
        found, deviation = getattr(model, name)()
        np.testing.assert_allclose(values.mean(axis=1), found, atol=5.0 * deviation.max() / 4000**0.5)
        np.testing.assert_allclose(values.std(axis=1), deviation, rtol=0.08)


def test_shapes_of_the_posterior(model):
    X = torch.arange(12).reshape(2, 6, 1)
    posterior = model.posterior(X.double())
    assert posterior.mean.shape == posterior.variance.shape == (2, 6, 3)
    assert model.posterior(X, output_indices=[2, 0]).mean.shape == (2, 6, 2)
    torch.testing.assert_close(model.posterior(X, output_indices=[2, 0]).mean, posterior.mean[..., [2, 0]])
    many = torch.arange(100).unsqueeze(-1)
    torch.testing.assert_close(
        model.posterior(many).variance[:6], posterior.variance[0], rtol=1e-5, atol=1e-8
    )
    assert posterior.rsample(torch.Size([5])).shape == (5, 2, 6, 3)
    assert (model.num_outputs, model.batch_shape) == (3, torch.Size())


def test_bad_arguments_are_refused(basis, model, field):
    for bad, message in (
        (lambda: VectorFieldGP(basis, [0, 300], field[:2]), "integers from 0 to 299"),
        (lambda: VectorFieldGP(basis, [0, 1.5], field[:2]), "integers"),
        (lambda: VectorFieldGP(basis, [0, 1], field[:3]), "one vector"),
        (lambda: VectorFieldGP(basis, [], field[:0]), "one vector"),
        (lambda: VectorFieldGP(basis, [0, 1], field[:2] * np.nan), "finite"),
        (lambda: model.posterior(torch.arange(3)), "q x 1"),
        (lambda: model.posterior(torch.arange(3).unsqueeze(-1), observation_noise=torch.ones(1)), "True"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            bad()
    with pytest.warns(GeometryWarning, match="normal components"):
        VectorFieldGP(basis, KNOWN, field[KNOWN] + basis.bundle.points[KNOWN])


def test_a_saved_model_comes_back_with_its_basis(model, basis, tmp_path):
    model.save(tmp_path / "field.safetensors")
    loaded = augury.load(tmp_path / "field.safetensors", basis=basis)
    np.testing.assert_array_equal(loaded.predict(NEW)[0], model.predict(NEW)[0])
    with pytest.raises(InvalidInputError, match="basis"):
        augury.load(tmp_path / "field.safetensors")
