"""Constraints between parameters, written as text: "a + 2*b <= 10", "a + b + c == 1", "count(a, b, c) <= 2".

    constraint = sum ("<=" | ">=" | "==" | "=") sum
               | "count" "(" name {"," name} ")" "<=" number       at most so many of them are not zero
    sum        = ["+" | "-"] product {("+" | "-") product}
    product    = atom {("*" | "/") atom}            at most one factor with parameters, none below "/"
    atom       = number | name | `any name` | "(" sum ")" | ("+" | "-") atom

A name is made of letters, digits and underscores; any other name goes between backticks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from augury.errors import InvalidInputError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])|`(?P<quoted>[^`]+)`|(?P<name>[^\W\d]\w*)"
    r"|(?P<operator><=|>=|==|[-+*/(),=]))"
)
_DEEPEST = 50  # parentheses within parentheses; far more than anyone writes, far less than the stack


@dataclass(frozen=True)
class LinearConstraint:
    """sum_i coefficients[i] * value_i <= bound, or == bound.

    Args:
        text: the constraint as it was written.
        coefficients: name -> factor, in the parameters' own units.
        bound: the right-hand side.
        equality: whether both sides must be equal.
    """

    text: str
    coefficients: dict[str, float]
    bound: float
    equality: bool = False

    @property
    def names(self) -> list[str]:
        """The parameters in it."""
        return list(self.coefficients)


@dataclass(frozen=True)
class CountConstraint:
    """At most so many of some parameters are not zero (a cardinality constraint).

    Args:
        text: the constraint as it was written.
        names: the parameters.
        most: how many of them may be other than zero.
    """

    text: str
    names: list[str]
    most: int


ParsedConstraint = LinearConstraint | CountConstraint


@dataclass
class _Linear:
    """A constant plus a weighted sum of parameters."""

    constant: float = 0.0
    weights: dict[str, float] = field(default_factory=dict)

    def plus(self, other: _Linear, factor: float) -> _Linear:
        weights = dict(self.weights)
        for name, weight in other.weights.items():
            weights[name] = weights.get(name, 0.0) + factor * weight
        return _Linear(self.constant + factor * other.constant, weights)

    def times(self, factor: float) -> _Linear:
        return _Linear(self.constant * factor, {name: w * factor for name, w in self.weights.items()})


def parse_constraints(texts: Sequence[str]) -> list[ParsedConstraint]:
    """Read a list of constraints.

    Raises:
        InvalidInputError: not a list, or what `parse_constraint` refuses.
    """
    if isinstance(texts, str) or not isinstance(texts, Iterable):
        raise InvalidInputError(f"constraints={texts!r} must be a list of texts")
    return [parse_constraint(text) for text in texts]


def parse_constraint(text: str) -> ParsedConstraint:
    """Read a constraint.

    Args:
        text: for example "a + 2*b <= 10", "`Temp (C)` >= 3*(b - 1)", "a + b + c = 1", "count(a, b, c) <= 2".

    Returns:
        A linear constraint in the form sum <= bound or sum == bound, or one on the count of non-zeros.

    Raises:
        InvalidInputError: the text is not such a constraint; the message says where and why.
    """
    if not isinstance(text, str):
        raise InvalidInputError(f'a constraint is text such as "a + 2*b <= 10", not {text!r}')
    return _Parser(text).constraint()


class _Parser:
    """Recursive descent over the tokens of one constraint."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0
        self.kind, self.token = "", ""
        self._advance()

    def constraint(self) -> ParsedConstraint:
        if re.match(r"\s*count\s*\(", self.text):
            return self._count()
        left = self._sum()
        relation = self.token if self.kind == "operator" else ""
        if relation not in ("<=", ">=", "==", "="):
            raise self._error(f'expected "<=", ">=" or "==" {self._place()}')
        self._advance()
        right = self._sum()
        if self.kind != "end":
            raise self._error(f"{self.token!r} is left over; give one relation per constraint")
        difference = left.plus(right, -1.0)
        if relation == ">=":
            difference = difference.times(-1.0)
        coefficients = {name: weight for name, weight in difference.weights.items() if weight != 0.0}
        if not coefficients:
            raise self._error("it contains no parameter (or they cancel)")
        if not all(map(math.isfinite, (difference.constant, *coefficients.values()))):
            raise self._error("a number in it is too large")
        equality = relation in ("==", "=")
        return LinearConstraint(self.text.strip(), coefficients, 0.0 - difference.constant, equality)

    def _count(self) -> CountConstraint:
        names: list[str] = []
        self._advance()
        while not self._at(")"):
            self._advance()  # past the parenthesis or the comma
            if self.kind not in ("name", "quoted"):
                raise self._error(f"count(...) takes names of parameters; expected one {self._place()}")
            names.append(self.token)
            self._advance()
            if not self._at(",", ")"):
                raise self._error(f'expected "," or ")" {self._place()}')
        self._advance()
        if not self._at("<="):
            raise self._error(f'count(...) is limited with "<="; expected it {self._place()}')
        self._advance()
        most = float(self.token) if self.kind == "number" else -1.0
        self._advance()
        if self.kind != "end" or not most.is_integer() or not 1.0 <= most < len(names):
            raise self._error(f"after count(...) <= comes a whole number from 1 to {len(names) - 1}")
        if len(set(names)) < len(names):
            raise self._error("count(...) names a parameter twice")
        return CountConstraint(self.text.strip(), names, int(most))

    def _sum(self) -> _Linear:
        total = self._product()
        while self._at("+", "-"):
            sign = 1.0 if self.token == "+" else -1.0  # noqa: S105 - a token of the grammar
            self._advance()
            total = total.plus(self._product(), sign)
        return total

    def _product(self) -> _Linear:
        left = self._atom()
        while self._at("*", "/"):
            operator = self.token
            self._advance()
            left = (
                self._divided(left, self._atom()) if operator == "/" else self._multiplied(left, self._atom())
            )
        return left

    def _multiplied(self, left: _Linear, right: _Linear) -> _Linear:
        if left.weights and right.weights:
            raise self._error("it multiplies two parameters; only linear constraints are supported")
        return right.times(left.constant) if right.weights else left.times(right.constant)

    def _divided(self, left: _Linear, right: _Linear) -> _Linear:
        if right.weights:
            raise self._error("it divides by a parameter; multiply both sides by it instead")
        if right.constant == 0.0:
            raise self._error("it divides by zero")
        return left.times(1.0 / right.constant)

    def _atom(self) -> _Linear:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._error("it is nested too deeply")
        result = self._bare_atom()
        self.depth -= 1
        return result

    def _bare_atom(self) -> _Linear:
        kind, token = self.kind, self.token
        if kind == "end" or self._at("<=", ">=", "==", "=", "*", "/", ")", ","):
            raise self._error(f"expected a number or a parameter {self._place()}")
        self._advance()
        if kind == "number":
            return _Linear(float(token))
        if kind in ("name", "quoted"):
            return _Linear(0.0, {token: 1.0})
        if token in ("+", "-"):
            return self._atom().times(1.0 if token == "+" else -1.0)  # noqa: S105 - a token of the grammar
        inner = self._sum()
        if not self._at(")"):
            raise self._error(f'expected ")" {self._place()}')
        self._advance()
        return inner

    def _at(self, *operators: str) -> bool:
        return self.kind == "operator" and self.token in operators

    def _advance(self) -> None:
        rest = self.text[self.position :]
        if not rest.strip():
            self.kind, self.token = "end", ""
            return
        match = _TOKEN.match(rest)
        if match is None or match.lastgroup is None:
            strict = ' (write "<=" or ">=")' if rest.strip()[0] in "<>" else ""
            raise self._error(f"cannot read {rest.strip()[:20]!r}{strict}")
        self.kind, self.token = match.lastgroup, match[match.lastgroup]
        self.position += match.end()

    def _place(self) -> str:
        return "at the end" if self.kind == "end" else f"before {self.token!r}"

    def _error(self, reason: str) -> InvalidInputError:
        return InvalidInputError(f"constraint {self.text!r}: {reason}")
