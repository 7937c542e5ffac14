"""Fields with a Bayesian last layer, and their picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError
from augury.inference import ImageSampler, fit_field
from augury.models import bayesian_field, field_picture
from augury.models.fields.picture import image_moments, peak_signal_to_noise
from augury.networks import FieldDesign

ROWS, COLUMNS = np.meshgrid(np.linspace(-1, 1, 12), np.linspace(-1, 1, 16), indexing="ij")
IMAGE = 0.5 + 0.4 * np.stack([ROWS * COLUMNS, np.sin(3 * ROWS), COLUMNS], axis=2)


@pytest.fixture(scope="module")
def sampler():
    return ImageSampler(IMAGE)


@pytest.fixture(scope="module")
def field(sampler):
    design = FieldDesign(2, 3, (3, 2), (4, 8), n_centers=8)
    return fit_field(design.build(dtype=torch.float32), sampler, steps=100, batch_size=64)


@pytest.fixture(scope="module")
def model(field, sampler):
    return bayesian_field(field, sampler.coordinates, sampler.values)


def test_the_posterior_is_that_of_a_linear_model_in_the_fields_features(field, sampler, model):
    h = field.double().features(sampler.coordinates).detach()
    h = torch.cat([h, torch.ones(len(h), 1)], dim=1)
    head = model.heads[1]
    alpha = 1.0 / head.prior_variance
    noise = np.exp(2.0 * head.log_noise)
    y = sampler.values[:, 1]
    shift, scale = y.mean(), y.std()
    covariance = torch.linalg.inv(h.mT @ h / noise + alpha * torch.eye(h.shape[1]))
    expected = h @ (covariance @ (h.mT @ ((y - shift) / scale)) / noise) * scale + shift
    mean, variance = model.subset_output([1]).mean_variance(sampler.coordinates)
    assert torch.allclose(mean, expected, atol=1e-6)
    assert torch.allclose(variance, (h @ covariance * h).sum(1) * scale**2, rtol=1e-4)


def test_it_is_at_least_as_near_as_the_network_itself(field, sampler, model):
    mean, _ = image_moments(sampler, model)
    with torch.no_grad():
        network = field.double()(sampler.coordinates).reshape(sampler.shape).numpy()
    assert peak_signal_to_noise(IMAGE, mean) > peak_signal_to_noise(IMAGE, network) - 0.1


def test_where_the_signal_was_not_seen_it_is_less_sure(sampler):
    seen = sampler.coordinates[:, 1] < 0.0
    half = ImageSampler(IMAGE[:, :8])
    field = FieldDesign(2, 3, (3, 2), (4, 8), n_centers=8, scale=0.3).build()
    field = fit_field(field, half, steps=50, batch_size=64)
    model = bayesian_field(field, sampler.coordinates[seen], sampler.values[seen]).subset_output([0])
    _, variance = model.mean_variance(sampler.coordinates)
    assert variance[~seen].median() > 2.0 * variance[seen].median()


def test_the_picture_has_four_parts_and_their_scales(sampler, model):
    mean, deviation = image_moments(sampler, model)
    figure = field_picture(IMAGE, mean, deviation, "ramps")
    assert [axes.get_title() for axes in figure.axes[:4]] == [
        "image",
        "field",
        "absolute error",
        "posterior standard deviation",
    ]
    assert np.allclose(figure.axes[2].images[0].get_array(), np.abs(mean - IMAGE).mean(2))
    with pytest.raises(InvalidInputError, match="one shape"):
        field_picture(IMAGE, mean[:3], deviation)


def test_the_ratio_of_signal_and_noise():
    assert peak_signal_to_noise(np.zeros(4), np.full(4, 0.1)) == pytest.approx(20.0)
    assert peak_signal_to_noise(np.zeros(4), np.zeros(4)) == np.inf
    assert peak_signal_to_noise(np.zeros(4), np.full(4, 25.5), peak=255.0) == pytest.approx(20.0)
    with pytest.raises(InvalidInputError, match="do not compare"):
        peak_signal_to_noise(np.zeros(4), np.zeros(3))
