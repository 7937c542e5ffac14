"""The surrogates that a portfolio chooses among."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from botorch.models.model import Model

from augury.errors import InvalidInputError
from augury.models.registry import MODELS, PORTFOLIO

#: The member that the others have to beat, and that is always asked.
REFERENCE = "gp"


@dataclass(frozen=True)
class Member:
    """A registered surrogate as a candidate for weight.

    Args:
        name: in `augury.models.registry.MODELS`; a name that is not registered is left out.
        rest: so many evaluations pass at least between two looks at it while it has no weight; more for what
            takes longer to fit.
        least_weight: a smaller weight is not worth its time: it rests.
        decides: from so much weight on it has a say in where to evaluate next. Improvement lies in the tails:
            a member that is unsure everywhere, as a forest or an infinitely wide network is beside a process,
            would decide alone by a small weight.
        is_dear: whether it takes part only where time is no matter: a suggestion by it takes 20 times that of
            the Gaussian process or more.
        serves: whether it is worth a look at `n` rows of `d` inputs.
    """

    name: str
    rest: int = 1
    least_weight: float = 0.05
    decides: float = 0.0
    is_dear: bool = False
    serves: Callable[[int, int], bool] = lambda n, d: True

    @property
    def has_a_say(self) -> float:
        """The least weight with which it takes part in a decision."""
        return max(self.decides, self.least_weight)


#: In the order of their columns in tables. A surrogate becomes a member by one line here.
MEMBERS = (
    Member(REFERENCE),
    Member("student-t", rest=1),
    Member("infinite-width", rest=2, decides=0.5, serves=lambda n, d: n <= 500),
    Member("random-forest", rest=2, decides=0.5),
    Member("deep-kernel", 8, 0.25, is_dear=True, serves=lambda n, d: n <= 300 and d <= 50),
    Member("prior-fitted-network", 4, 0.25, is_dear=True, serves=lambda n, d: n <= 200 and d <= 10),
    Member("saas", 8, 0.25, is_dear=True, serves=lambda n, d: n <= 200 and d >= 20),
    Member("bnn", 16, 0.25, is_dear=True, serves=lambda n, d: n <= 200),
)


def members_for(n: int, d: int, *, dear: bool = False) -> list[Member]:
    """The members that serve `n` rows of `d` inputs, the reference first.

    Args:
        n: number of rows.
        d: number of inputs.
        dear: whether those that take long are among them.
    """
    return [one for one in _registered() if one.serves(n, d) and (dear or not one.is_dear)]


@cache
def _registered() -> list[Member]:
    """Looked up once: other packages' parts are found by reading the metadata of all."""
    return [member for member in MEMBERS if member.name in MODELS]


def member(name: str) -> Member:
    """The member of that name; one with the shortest rest for any other registered surrogate."""
    return next((known for known in MEMBERS if known.name == name), Member(name))


def checked(names: Sequence[str]) -> list[str]:
    """The names of members that a user gives, the reference first.

    Raises:
        InvalidInputError: none, twice the same, or something that is no member.
    """
    unknown = [name for name in names if name.startswith(PORTFOLIO) or name not in MODELS]
    if unknown:
        known = [name for name in MODELS.names() if not name.startswith(PORTFOLIO)]
        raise InvalidInputError(f"a portfolio cannot have the members {unknown}; choose among {known}")
    if not names or len(set(names)) < len(names):
        raise InvalidInputError(f"members are one or more different names; given {list(names)}")
    return sorted(names, key=lambda name: name != REFERENCE)


def construct(name: str, arguments: Mapping[str, Any]) -> Model:
    """A registered surrogate from those of the arguments that it takes.

    Args:
        name: in `MODELS`.
        arguments: of the constructor; None for one that is not given.
    """
    kind: Any = MODELS.load(name)
    accepted = inspect.signature(kind).parameters
    given = {key: value for key, value in arguments.items() if key in accepted and value is not None}
    model: Model = kind(**given)
    return model
