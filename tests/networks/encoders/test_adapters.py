"""Sound, series, video and point clouds as images."""

from __future__ import annotations

import math

import pytest
import torch

from augury.errors import InvalidInputError
from augury.networks.encoders.audio import LogMelMap
from augury.networks.encoders.points import PointViews
from augury.networks.encoders.series import SeriesMap, SeriesStandardization
from augury.networks.encoders.unireplknet import UniRepLKNet
from augury.networks.encoders.video import video_to_map


def normal(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_a_tone_is_in_the_band_of_its_frequency():
    adapter = LogMelMap(8000, window=512, hop=128, mels=20)
    time = torch.arange(4000, dtype=torch.float64) / 8000
    tones = torch.tensor([440.0, 1500.0, 3000.0], dtype=torch.float64)
    image = adapter(torch.sin(2 * math.pi * tones[:, None] * time))
    assert image.shape == (3, 1, 1 + 4000 // 128, 20)
    mel = 2595 * torch.log10(1 + tones / 700)
    band = mel / (2595 * math.log10(1 + 4000 / 700)) * 21 - 1  # centres at 1, 2, ... of 21 equal steps
    loudest = image[:, 0, 5:-5].mean(1).argmax(1)
    assert ((loudest - band).abs() <= 0.5).all()


def test_the_spectrogram_is_the_fourier_transform_of_each_frame():
    adapter = LogMelMap(100, window=16, hop=8, mels=3)
    x = normal(2, 64)
    frame = x[:, 16 - 8 : 16 + 8] * torch.hann_window(16, dtype=torch.float64)  # centred on the third hop
    power = torch.fft.rfft(frame).abs() ** 2
    expected = (power @ adapter.filters.T + 1e-10).log()
    assert torch.allclose(adapter(x)[:, 0, 2], expected, rtol=1e-10)


def test_what_no_spectrogram_can_be_made_of_is_refused():
    with pytest.raises(InvalidInputError, match="half the sample rate"):
        LogMelMap(8000, high=5000)
    with pytest.raises(InvalidInputError, match="too many"):
        LogMelMap(8000, window=64, mels=64)
    with pytest.raises(InvalidInputError, match="B x samples"):
        LogMelMap(8000)(torch.zeros(1, 1, 4000, dtype=torch.float64))


def test_standardised_series_have_no_units_and_get_them_back():
    standardize = SeriesStandardization(3)
    with torch.no_grad():
        standardize.weight.copy_(torch.tensor([0.5, 1.0, 2.0]))
        standardize.bias.fill_(0.3)
    x = 100 + 20 * normal(4, 50, 3)
    z, mean, deviation = standardize(x)
    assert torch.allclose(z.mean(1), torch.full((4, 3), 0.3, dtype=torch.float64), atol=1e-10)
    assert torch.allclose(z.std(1, unbiased=False), standardize.weight.expand(4, 3), rtol=1e-6)
    assert torch.allclose(standardize.inverse(z, mean, deviation), x, rtol=1e-12)


def test_a_series_is_an_image_for_each_node():
    adapter = SeriesMap(6, 2, 8, (4, 12))
    x = normal(3, 6, 10)
    image = adapter(x)
    assert image.shape == (15, 1, 4, 12)
    second_node_of_third = adapter.embed(x[2, :, 2:4])
    assert torch.allclose(image[2 * 5 + 1, 0].flatten(), second_node_of_third.flatten(), rtol=1e-12)
    with pytest.raises(InvalidInputError, match="as many"):
        SeriesMap(6, 2, 8, (4, 11))
    with pytest.raises(InvalidInputError, match="multiple of 2"):
        adapter(normal(3, 6, 9))


def test_frames_are_tiles_row_by_row():
    video = normal(2, 6, 3, 4, 5)
    image = video_to_map(video)
    assert image.shape == (2, 3, 2 * 4, 3 * 5)
    for frame in range(6):
        row, column = divmod(frame, 3)
        tile = image[:, :, 4 * row : 4 * row + 4, 5 * column : 5 * column + 5]
        assert torch.equal(tile, video[:, frame])
    assert video_to_map(normal(1, 16, 3, 7, 7)).shape == (1, 3, 28, 28)
    assert video_to_map(video, rows=6).shape == (2, 3, 24, 5)
    with pytest.raises(InvalidInputError, match="divisor"):
        video_to_map(video, rows=4)
    with pytest.raises(InvalidInputError, match="B x T x C x H x W"):
        video_to_map(video[0])


def test_views_along_the_axes():
    adapter = PointViews(5)
    corner = torch.tensor([[[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]], dtype=torch.float64)
    images = adapter(corner)[0]
    centre = torch.zeros(5, 5, dtype=torch.float64)
    centre[2, 2] = 1.0
    ends = torch.zeros(5, 5, dtype=torch.float64)
    ends[0, 2] = ends[4, 2] = 0.5
    assert torch.allclose(images, torch.stack([centre, ends, ends]))


def test_views_do_not_depend_on_order_place_or_scale_of_the_cloud():
    adapter = PointViews(16)
    cloud = normal(2, 40, 3)
    images = adapter(cloud)
    assert torch.allclose(images.sum((2, 3)), torch.ones(2, 3, dtype=torch.float64))
    assert torch.allclose(adapter(cloud.flip(1)), images, atol=1e-12)
    assert torch.allclose(adapter(3 * cloud + 7), images, atol=1e-12)
    assert torch.isfinite(adapter(torch.ones(1, 4, 3, dtype=torch.float64))).all()
    with pytest.raises(InvalidInputError, match="B x P x 3"):
        adapter(cloud[..., :2])


def test_views_are_differentiable_in_points_and_projections():
    adapter = PointViews(6)
    cloud = normal(1, 7, 3).requires_grad_()

    def images(points, projections):
        return torch.func.functional_call(adapter, {"projections": projections}, (points,))

    projections = (adapter.projections + 0.1 * normal(3, 2, 3, seed=1)).detach().requires_grad_()
    assert torch.autograd.gradcheck(images, (cloud, projections))


def test_each_goes_through_an_encoder():
    encoder = UniRepLKNet(1, (1, 1), 4, ((3,), (7,)))
    sound = LogMelMap(8000, window=256, hop=64, mels=16)(normal(2, 1600))
    series = SeriesMap(6, 2, 24, (12, 12))(normal(2, 6, 4))
    film = video_to_map(normal(2, 4, 1, 8, 8))
    for image, count in ((sound, 2), (series, 4), (film, 2)):
        assert encoder(image).shape == (count, 8)
    assert UniRepLKNet(3, (1, 1), 4, ((3,), (7,)))(PointViews(16)(normal(2, 30, 3))).shape == (2, 8)
