from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space.parameters import Categorical, Float, Int
from augury.space.space import Space
from tests.space.cases import MIXED
from tests.space.strategies import close, floats, params_of, same, spaces, value_of, varying


@settings(max_examples=100)
@given(st.data())
def test_decode_inverts_encode(data: st.DataObject) -> None:
    space = data.draw(spaces())
    params = data.draw(st.lists(params_of(space), min_size=1, max_size=4))
    decoded = space.decode(space.encode(params))
    for before, after in zip(params, decoded, strict=True):
        assert list(after) == space.names
        for name, parameter in space.parameters.items():
            if isinstance(parameter, Float) and parameter.step is None:
                assert close(parameter, before[name], after[name])
            else:
                assert same(before[name], after[name])


@settings(max_examples=100)
@given(st.data())
def test_an_encoded_point_never_drifts(data: st.DataObject) -> None:
    space = data.draw(spaces())
    units = st.floats(-0.5, 1.5)
    U = np.array(data.draw(st.lists(st.lists(units, min_size=space.dim, max_size=space.dim), min_size=1)))
    X = space.snap(U * np.maximum(space.bounds[1], 1.0))
    decoded = space.decode(X)
    np.testing.assert_array_equal(space.encode(decoded), X)
    np.testing.assert_array_equal(space.snap(X), X)
    assert decoded == space.decode(space.encode(decoded))
    assert (space.bounds[0] <= X).all()
    assert (space.bounds[1] >= X).all()


@settings(max_examples=100)
@given(st.data())
def test_encoding_of_given_values_is_stable(data: st.DataObject) -> None:
    parameter = data.draw(varying)
    space = Space({"p": parameter})
    X = space.encode([{"p": data.draw(value_of(parameter))}])
    np.testing.assert_array_equal(space.encode(space.decode(X)), X)
    np.testing.assert_array_equal(space.snap(X), X)


@given(st.data())
def test_bounds_map_to_the_ends_and_back(data: st.DataObject) -> None:
    parameter = data.draw(
        varying.filter(lambda p: isinstance(p, Int) or (isinstance(p, Float) and not p.step))
    )
    assert isinstance(parameter, (Float, Int))
    top = (
        parameter.high
        if isinstance(parameter, Float)
        else parameter.high - ((parameter.high - parameter.low) % parameter.step)
    )
    space = Space({"p": parameter})
    np.testing.assert_array_equal(space.encode([{"p": parameter.low}, {"p": top}]), [[0.0], [1.0]])
    assert space.decode(np.array([[0.0], [1.0]])) == [{"p": parameter.low}, {"p": top}]


@given(st.integers(-1000, 1000), st.integers(1, 1000), st.integers(0, 10**6))
def test_numbers_that_a_person_writes_come_back_exactly(low: int, width: int, millionths: int) -> None:
    space = Space({"x": Float(low, low + width), "rate": Float(1e-6, 10.0, log=True)})
    params = {"x": float(f"{low + width * millionths / 10**6:.6f}"), "rate": (millionths + 1) / 10**6}
    assert space.decode(space.encode([params])) == [params]


@given(st.data())
def test_encoding_keeps_the_order(data: st.DataObject) -> None:
    parameter = data.draw(varying.filter(lambda p: not isinstance(p, Categorical)))
    a, b = sorted(data.draw(st.tuples(value_of(parameter), value_of(parameter))))
    X = Space({"p": parameter}).encode([{"p": a}, {"p": b}])
    assert X[0, 0] <= X[1, 0]


@given(floats())
def test_encoding_is_linear_in_the_value(parameter: Float) -> None:
    middle = parameter.low + 0.25 * (parameter.high - parameter.low)
    width = (middle - parameter.low) / (parameter.high - parameter.low)
    assert Space({"p": parameter}).encode([{"p": middle}])[0, 0] == pytest.approx(width, abs=1e-13)


def test_logarithmic_encoding_follows_ratios() -> None:
    space = Space({"rate": Float(1e-4, 1.0, log=True), "n": Int(1, 10_000, log=True)})
    X = space.encode([{"rate": 10.0**-k, "n": 10 ** (4 - k)} for k in range(5)])
    np.testing.assert_allclose(X, np.linspace(1.0, 0.0, 5)[:, None] * np.ones(2), atol=1e-14)


def test_integers_on_a_log_scale_snap_to_the_nearest_level() -> None:
    space = Space({"n": Int(3, 700, log=True)})
    levels = space.levels[0]
    u = np.linspace(0.0, 1.0, 20_001)
    nearest = levels[np.argmin(np.abs(u[:, None] - levels), axis=1)]
    np.testing.assert_allclose(np.abs(space.snap(u[:, None])[:, 0] - u), np.abs(nearest - u), atol=1e-12)


def test_true_is_not_one() -> None:
    space = Space({"c": Categorical([1, "1", True, 2.5])})
    for value in (1, "1", True, 2.5):
        assert same(space.decode(space.encode([{"c": value}]))[0]["c"], value)
    with pytest.raises(InvalidInputError, match="'c': False is not one of"):
        space.encode([{"c": False}])


def test_negative_zero_is_zero() -> None:
    space = Space({"x": (-1.0, 1.0), "y": Float(-0.0, 1.0)})
    np.testing.assert_array_equal(
        space.encode([{"x": -0.0, "y": -0.0}]), space.encode([{"x": 0.0, "y": 0.0}])
    )


def test_tensors_decode_like_arrays() -> None:
    X = np.array([[0.3, 0.0, 1.0, 0.5, 1.0]])
    assert MIXED.decode(torch.from_numpy(X).requires_grad_()) == MIXED.decode(X)


def test_nothing_encodes_to_an_empty_array() -> None:
    assert MIXED.encode([]).shape == (0, MIXED.dim)
    assert MIXED.decode(np.empty((0, MIXED.dim))) == []


@pytest.mark.parametrize(
    ("X", "message"),
    [(np.zeros((2, 3)), "n x 5"), (np.zeros(5), "n x 5"), (np.full((1, 5), np.nan), "not finite")],
)
def test_malformed_points_are_refused(X: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        MIXED.decode(X)
