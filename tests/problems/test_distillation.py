"""The student network against a torch.nn module, and the divergence against its definition."""

from __future__ import annotations

import pytest
import torch
from sklearn.datasets import load_digits

from augury.errors import InvalidInputError
from augury.problems.distillation import Distillation


@pytest.fixture(scope="module")
def function() -> Distillation:
    return Distillation((3, 2))


def test_the_value_is_the_divergence_of_that_network(function: Distillation) -> None:
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(3, 2, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(8, 10),
    ).double()
    assert function.dim == sum(parameter.numel() for parameter in module.parameters())
    weights = (
        2 * torch.rand(function.dim, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) - 1
    )
    torch.nn.utils.vector_to_parameters(weights, module.parameters())
    expected = torch.nn.functional.kl_div(
        torch.log_softmax(module(function.images), -1), function.teacher, reduction="batchmean"
    )
    assert float(function(weights.unsqueeze(0))) == pytest.approx(float(expected.detach()), rel=1e-10)


def test_the_teacher_knows_the_digits(function: Distillation) -> None:
    accuracy = (function.teacher.argmax(-1).numpy() == load_digits().target).mean()
    assert accuracy > 0.98


def test_the_paper_s_student_has_2390_weights_on_these_images() -> None:
    assert Distillation().dim == 2390
    with pytest.raises(InvalidInputError, match="at least one channel"):
        Distillation((0, 2))
