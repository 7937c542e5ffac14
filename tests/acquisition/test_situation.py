from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.models import SingleTaskGP
from botorch.models.transforms.outcome import Log

from augury.acquisition.analytic import LogProbabilityOfFeasibility
from augury.acquisition.autograd import TorchAcquisition
from augury.acquisition.base import Acquisition
from augury.acquisition.registry import ACQUISITIONS
from augury.acquisition.situation import Situation
from augury.errors import InvalidInputError, NotSupportedError
from augury.space import Space
from tests.acquisition.cases import check_gradient, data, gaussian_process

X, Y = data(20, 2, noise=0.3)
MODEL = gaussian_process(X, Y)
NOT_GAUSSIAN = SingleTaskGP(
    torch.from_numpy(X), torch.from_numpy(Y - Y.min() + 1.0)[:, None], outcome_transform=Log()
).eval()
POINTS, PENDING = np.split(np.random.default_rng(2).random((10, 2)), [8])
NAMES = ["log-ei", "log-nei", "ucb"]
CLOSED_FORMS = ["log-pi", "risk-neutral-nei", "knowledge-gradient", "max-value-entropy", "thompson"]
SPACE = Space({"x": (0.0, 1.0), "y": (0.0, 1.0)})


@pytest.mark.parametrize("name", NAMES + CLOSED_FORMS)
@pytest.mark.parametrize("pending", [None, PENDING])
@pytest.mark.parametrize("maximize", [True, False])
def test_every_acquisition_has_the_gradient_of_its_value(
    name: str, pending: np.ndarray | None, maximize: bool
) -> None:
    limit = LogProbabilityOfFeasibility(MODEL, 1.0, -9.0)
    situation = Situation(MODEL, X, Y, maximize=maximize, space=SPACE, pending=pending, constraints=[limit])
    acquisition = ACQUISITIONS.load(name)(situation)
    assert isinstance(acquisition, Acquisition)
    check_gradient(acquisition, POINTS)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pending", [None, PENDING])
def test_a_posterior_that_is_not_gaussian_is_sampled(name: str, pending: np.ndarray | None) -> None:
    situation = Situation(NOT_GAUSSIAN, X, Y - Y.min() + 1.0, pending=pending)
    first, again = (ACQUISITIONS.load(name)(situation) for _ in range(2))
    assert isinstance(first, TorchAcquisition)
    value, gradient = first.value_gradient(POINTS)
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()
    np.testing.assert_allclose(value, again.value(POINTS))


@pytest.mark.parametrize("name", CLOSED_FORMS[1:4])
def test_closed_forms_are_refused_where_they_do_not_hold(name: str) -> None:
    with pytest.raises(NotSupportedError, match="Gaussian"):
        ACQUISITIONS.load(name)(Situation(NOT_GAUSSIAN, X, Y - Y.min() + 1.0, space=SPACE))


@pytest.mark.parametrize("name", CLOSED_FORMS[2:])
def test_the_optimum_of_an_unknown_space_is_not_to_be_had(name: str) -> None:
    with pytest.raises(InvalidInputError, match="space"):
        ACQUISITIONS.load(name)(Situation(MODEL, X, Y))


def test_minimising_is_maximising_the_negative() -> None:
    mirrored = gaussian_process(X, -Y)
    for name in NAMES:
        build = ACQUISITIONS.load(name)
        lowest = build(Situation(MODEL, X, Y, maximize=False)).value(POINTS)
        highest = build(Situation(mirrored, X, -Y)).value(POINTS)
        np.testing.assert_allclose(lowest, highest, rtol=0.02, atol=0.05)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="log-nei"):
        ACQUISITIONS.load("log-mei")
