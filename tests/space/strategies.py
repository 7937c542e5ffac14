"""Hypothesis strategies for the room `space`: parameters, spaces, and params that are valid in them."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space.parameters import Categorical, Fixed, Float, Int, Parameter
from augury.space.space import Space

bounds = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e290, max_value=1e290)
human_bounds = st.decimals(min_value=-1000, max_value=1000, places=3).map(float)
values = st.one_of(
    st.text(max_size=5), st.booleans(), st.integers(-(2**53), 2**53), st.floats(-1e6, 1e6, allow_nan=False)
)


def _made(kind: Any, *args: Any, **options: Any) -> Parameter:
    """The parameter, or another draw where the arguments are outside the documented limits."""
    try:
        made: Parameter = kind(*args, **options)
    except InvalidInputError:
        assume(False)
        raise
    return made


@st.composite
def floats(draw: st.DrawFn, ends: st.SearchStrategy[float] = bounds) -> Parameter:
    low, high = sorted(draw(st.tuples(ends, ends)))
    assume(low < high)
    return _made(Float, low, high)


@st.composite
def log_floats(draw: st.DrawFn) -> Parameter:
    low = draw(st.floats(1e-250, 1e250))
    ratio = draw(st.one_of(st.floats(1.0, 1.2, exclude_min=True), st.floats(1.0001, 1e30)))
    high = low * ratio
    assume(low < high < 1e290)
    return _made(Float, low, high, log=True)


@st.composite
def stepped_floats(draw: st.DrawFn) -> Parameter:
    low = draw(st.one_of(human_bounds, st.floats(-1e6, 1e6)))
    step = draw(st.one_of(st.sampled_from([0.1, 0.25, 0.05, 1.0, 1 / 3, 2.5, 1e-3]), st.floats(1e-3, 1e3)))
    high = low + step * draw(st.floats(1.0, 1e4))
    return _made(Float, low, high, step=step)


@st.composite
def ints(draw: st.DrawFn) -> Parameter:
    low = draw(st.integers(-(2**62), 2**62))
    span = draw(st.one_of(st.integers(1, 20), st.integers(1, 2**50 - 2)))
    step = draw(st.one_of(st.just(1), st.integers(1, span)))
    return _made(Int, low, low + span, step=step)


@st.composite
def log_ints(draw: st.DrawFn) -> Parameter:
    low = draw(st.integers(1, 2**39))
    return _made(Int, low, low + draw(st.integers(1, 2**39)), log=True)


@st.composite
def categoricals(draw: st.DrawFn) -> Parameter:
    def key(value: Any) -> tuple[bool, Any]:
        return isinstance(value, bool), value

    chosen = draw(st.lists(values, min_size=2, max_size=8, unique_by=key))
    return _made(Categorical, chosen, ordered=draw(st.booleans()))


fixed = values.map(Fixed)
varying = st.one_of(
    floats(), floats(human_bounds), log_floats(), stepped_floats(), ints(), log_ints(), categoricals()
)
names = st.text(min_size=1, max_size=8).filter(lambda name: name.strip() and "`" not in name)


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    chosen = draw(st.dictionaries(names, st.one_of(varying, fixed), min_size=1, max_size=6))
    chosen[draw(names)] = draw(varying)
    return Space(chosen)


def value_of(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Valid values of a parameter, its bounds more often than chance would have them."""
    if isinstance(parameter, Fixed):
        return st.just(parameter.value)
    if isinstance(parameter, Categorical):
        return st.sampled_from(parameter.values)
    if isinstance(parameter, Int):
        last = (parameter.high - parameter.low) // parameter.step
        return st.integers(0, last).map(lambda k: parameter.low + k * parameter.step)
    assert isinstance(parameter, Float)
    if parameter.step is not None:
        low, step, top = parameter.low, parameter.step, (parameter.n_levels or 1) - 1
        return st.integers(0, top).map(lambda k: parameter.check(min(low + k * step, parameter.high)))
    low, high = parameter.low, parameter.high
    return st.one_of(st.sampled_from([low, high]), st.floats(low, high), _decimal_between(low, high))


def _decimal_between(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers as a person writes them: six significant digits."""

    def short(x: float) -> float:
        return min(max(float(f"{x:.6g}"), low), high)

    return st.floats(low, high).map(short)


def params_of(space: Space) -> st.SearchStrategy[dict[str, Any]]:
    """Valid params of a space without constraints."""
    return st.fixed_dictionaries({name: value_of(p) for name, p in space.parameters.items()})


def same(a: Any, b: Any) -> bool:
    """Equality that tells True from 1."""
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def close(parameter: Float, a: float, b: float) -> bool:
    """Whether two values of a continuous Float agree to the resolution that it states."""
    if parameter.log:
        span = math.log(parameter.high / parameter.low)
        return abs(a - b) <= 1e-15 * (100.0 + 40.0 * span) * max(abs(a), abs(b))
    return abs(a - b) <= 2e-14 * max(abs(parameter.low), abs(parameter.high))
