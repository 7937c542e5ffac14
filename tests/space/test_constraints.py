from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space.constraints import CountConstraint, LinearConstraint, parse_constraint

NAMES = ["a", "b", "long_name", "µ", "lambda", "x1"]


@pytest.mark.parametrize(
    ("text", "coefficients", "bound"),
    [
        ("a + 2*b <= 10", {"a": 1, "b": 2}, 10),
        ("a + 2*b >= 10", {"a": -1, "b": -2}, -10),
        ("10 >= a", {"a": 1}, 10),
        ("a<=b", {"a": 1, "b": -1}, 0),
        ("2*(a - 3*(b + 1)) - 1 <= -a/2 + 1e1", {"a": 2.5, "b": -6}, 17),
        ("-a + +b <= .5", {"a": -1, "b": 1}, 0.5),
        ("a*2*3/4 <= 1", {"a": 1.5}, 1),
        ("(2)*(3)*a - -b <= 1.5e-1", {"a": 6, "b": 1}, 0.15),
        ("`Temp (°C)` + 2*`a` <= 1", {"Temp (°C)": 1, "a": 2}, 1),
        ("a + b - a <= 1", {"b": 1}, 1),
        ("1e5*a <= 2.", {"a": 1e5}, 2),
    ],
)
def test_linear_constraints_are_read(text: str, coefficients: dict[str, float], bound: float) -> None:
    constraint = parse_constraint(text)
    assert constraint.coefficients == coefficients
    assert constraint.bound == bound
    assert constraint.text == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a number or a parameter at the end"),
        ("a + b", 'expected "<=", ">=" or "==" at the end'),
        ("a < 1", 'write "<=" or ">="'),
        ("a == 1 == b", "one relation"),
        ("a, b == 1", "expected"),
        ("count() <= 1", "takes names"),
        ("count(a, 2) <= 1", "takes names"),
        ("count(a b) <= 1", 'expected "," or'),
        ("count(a, b) >= 1", 'limited with "<="'),
        ("count(a, b) <= c", "comes a whole number from 1 to 1"),
        ("count(a, b) <= 2", "comes a whole number from 1 to 1"),
        ("count(a, b, c) <= 1.5", "comes a whole number from 1 to 2"),
        ("count(a, b, c) <= 1 + 1", "comes a whole number from 1 to 2"),
        ("count(a, a, b) <= 1", "twice"),
        ("0 <= a <= 1", "one relation per constraint"),
        ("a*b <= 1", "multiplies two parameters"),
        ("1/a <= 1", "divides by a parameter"),
        ("a/0 <= 1", "divides by zero"),
        ("a/(1-1) <= 1", "divides by zero"),
        ("2 a <= 1", "before 'a'"),
        ("2a <= 1", "cannot read '2a <= 1'"),
        ("a ** 2 <= 1", "before '\\*'"),
        ("(a <= 1", r'expected "\)"'),
        ("a) <= 1", "before '\\)'"),
        ("a <= ", "at the end"),
        ("a + <= 1", "before '<='"),
        ("1 <= 2", "no parameter"),
        ("a - a <= 2", "no parameter"),
        ("a <= 1e999", "too large"),
        ("__import__('os') <= 1", r"before '\('"),
        ("a; b <= 1", "cannot read"),
        ("`a <= 1", "cannot read"),
        ("(" * 1000 + "a" + ")" * 1000 + " <= 1", "nested too deeply"),
        ("-" * 1000 + "a <= 1", "nested too deeply"),
        (3, "is text"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        parse_constraint(text)


@given(st.text(alphabet="ab1.e+-*/()<>=`, _\n", max_size=30))
def test_no_text_crashes_the_parser(text: str) -> None:
    with suppress(InvalidInputError):
        constraint = parse_constraint(text)
        assert constraint.names
        if isinstance(constraint, LinearConstraint):
            assert all(map(math.isfinite, [constraint.bound, *constraint.coefficients.values()]))


numbers = st.integers(-99, 99).map(lambda k: k / 4)


@st.composite
def sums(draw: st.DrawFn, depth: int = 2) -> tuple[str, dict[str, float], float]:
    """A random sum as text, with its coefficients and constant."""
    kind = draw(
        st.sampled_from(["number", "name", "scaled", "sum", "minus"] if depth else ["number", "name"])
    )
    if kind == "number":
        value = abs(draw(numbers))
        return repr(value), {}, value
    if kind == "name":
        name = draw(st.sampled_from(NAMES))
        return draw(st.sampled_from([name, f"`{name}`"])), {name: 1.0}, 0.0
    text, weights, constant = draw(sums(depth - 1))
    if kind == "minus":
        return f"-({text})", {name: -w for name, w in weights.items()}, -constant
    if kind == "scaled":
        factor = abs(draw(numbers))
        scaled = draw(st.sampled_from([f"{factor!r}*({text})", f"({text}) * {factor!r}"]))
        return scaled, {name: factor * w for name, w in weights.items()}, factor * constant
    other, more, plus = draw(sums(depth - 1))
    sign = draw(st.sampled_from([1.0, -1.0]))
    total = dict(weights)
    for name, weight in more.items():
        total[name] = total.get(name, 0.0) + sign * weight
    return f"({text}) {'+' if sign > 0 else '-'} ({other})", total, constant + sign * plus


@given(sums(), sums())
def test_the_reading_equals_the_sum_written(
    left: tuple[str, dict[str, float], float], right: tuple[str, dict[str, float], float]
) -> None:
    expected = {name: left[1].get(name, 0.0) - right[1].get(name, 0.0) for name in {**left[1], **right[1]}}
    expected = {name: weight for name, weight in expected.items() if weight != 0.0}
    if not expected:
        with pytest.raises(InvalidInputError, match="no parameter"):
            parse_constraint(f"{left[0]} <= {right[0]}")
        return
    constraint = parse_constraint(f"{left[0]} <= {right[0]}")
    assert constraint.coefficients == pytest.approx(expected)
    assert constraint.bound == pytest.approx(right[2] - left[2])
    mirrored = parse_constraint(f"{right[0]} >= {left[0]}")
    assert mirrored.coefficients == pytest.approx(expected)


@given(st.lists(st.sampled_from(["a", "b", "`c d`", "e1"]), min_size=2, max_size=4, unique=True), st.data())
def test_counts_are_read(names: list[str], data: st.DataObject) -> None:
    most = data.draw(st.integers(1, len(names) - 1))
    comma = data.draw(st.sampled_from([",", " , ", ",  "]))
    constraint = parse_constraint(f" count ({comma.join(names)})<= {most}")
    assert isinstance(constraint, CountConstraint)
    assert constraint.names == [name.strip("`") for name in names]
    assert constraint.most == most


def test_a_parameter_may_be_called_count() -> None:
    constraint = parse_constraint("count + 2*a <= 3")
    assert constraint.names == ["count", "a"]


@pytest.mark.parametrize("sign", ["=", "=="])
def test_equalities_are_read(sign: str) -> None:
    constraint = parse_constraint(f"a + 2*b {sign} 3 - c")
    assert isinstance(constraint, LinearConstraint)
    assert constraint.equality
    assert constraint.coefficients == {"a": 1.0, "b": 2.0, "c": 1.0}
    assert constraint.bound == 3.0
