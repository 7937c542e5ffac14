"""The random network against a torch.nn module of the same weights."""

from __future__ import annotations

import pytest
import torch

from augury.errors import InvalidInputError
from augury.problems.network_draw import NetworkDraw


def test_it_is_the_tanh_perceptron_with_standard_normal_parameters() -> None:
    function = NetworkDraw(12, seed=3)
    module = torch.nn.Sequential(
        torch.nn.Linear(12, 256),
        torch.nn.Tanh(),
        torch.nn.Linear(256, 256),
        torch.nn.Tanh(),
        torch.nn.Linear(256, 1),
    ).double()
    with torch.no_grad():
        for parameter, part in zip(module.parameters(), function.parts, strict=True):
            parameter.copy_(part)
        X = torch.rand(5, 2, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(function(X), module(X).squeeze(-1))
    draws = torch.cat([part.reshape(-1) for part in function.parts])
    assert abs(float(draws.mean())) < 5 / len(draws) ** 0.5
    assert abs(float(draws.std()) - 1.0) < 5 / (2 * len(draws)) ** 0.5


def test_the_seed_decides_the_function_and_no_global_state_does() -> None:
    X = torch.full((1, 10), 0.5, dtype=torch.float64)
    torch.manual_seed(0)
    first = float(NetworkDraw(10, seed=1)(X))
    torch.manual_seed(1)
    state = torch.get_rng_state()
    assert float(NetworkDraw(10, seed=1)(X)) == first
    assert float(NetworkDraw(10, seed=2)(X)) != first
    assert torch.equal(torch.get_rng_state(), state)


def test_other_weights_can_be_given_as_one_vector() -> None:
    one, other = NetworkDraw(5, seed=0, hidden=(7,)), NetworkDraw(5, seed=1, hidden=(7,))
    one.set_parameters(torch.cat([part.reshape(-1) for part in other.parts]))
    X = torch.rand(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(one(X), other(X))


def test_bad_sizes_are_refused() -> None:
    for arguments in ({"dim": 0}, {"seed": -1}, {"hidden": (4, 0)}):
        with pytest.raises(InvalidInputError, match="at least"):
            NetworkDraw(**arguments)  # type: ignore[arg-type]
