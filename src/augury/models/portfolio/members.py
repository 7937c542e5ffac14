"""The surrogates that a portfolio chooses among."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from botorch.models.model import Model

from augury.errors import InvalidInputError
from augury.models.registry import MODELS, PORTFOLIO

#: The member by which the scale of outcomes is judged where a portfolio decides.
JUDGE = "gp"
#: What a portfolio has time for, each more than the one before: decisions, five times that of a Gaussian
#: process; predictions, some tenths of a second; "all", as long as it takes.
Purpose = Literal["decisions", "predictions", "all"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


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
        purpose: the first of `PURPOSES` that has time for it.
        serves: whether it is worth a look at `n` rows of `d` inputs.
    """

    name: str
    rest: int = 1
    least_weight: float = 0.05
    decides: float = 0.0
    purpose: Purpose = "decisions"
    serves: Callable[[int, int], bool] = lambda n, d: True

    @property
    def has_a_say(self) -> float:
        """The least weight with which it takes part in a decision."""
        return max(self.decides, self.least_weight)


#: In the order of precedence: the first of a portfolio's members that can be trained on the data is its
#: reference. A surrogate becomes a member by one line here.
MEMBERS = (
    Member("prior-fitted-network", 4, 0.25, purpose="predictions", serves=lambda n, d: n <= 200 and d <= 20),
    Member(JUDGE),
    Member("student-t", rest=1),
    Member("infinite-width", rest=2, decides=0.5, serves=lambda n, d: n <= 500),
    Member("random-forest", rest=2, decides=0.5),
    Member("deep-kernel", 8, 0.25, purpose="all", serves=lambda n, d: n <= 300 and d <= 50),
    Member("saas", 8, 0.25, purpose="all", serves=lambda n, d: n <= 200 and d >= 20),
    Member("bnn", 16, 0.25, purpose="all", serves=lambda n, d: n <= 200),
)


def members_for(n: int, d: int, purpose: Purpose = "decisions") -> list[Member]:
    """The members that serve `n` rows of `d` inputs, in the order of precedence.

    Args:
        n: number of rows.
        d: number of inputs.
        purpose: what there has to be time for.
    """
    timely = PURPOSES[: PURPOSES.index(purpose) + 1]
    return [one for one in _registered() if one.purpose in timely and one.serves(n, d)]


@cache
def _registered() -> list[Member]:
    """Looked up once: other packages' parts are found by reading the metadata of all."""
    return [member for member in MEMBERS if member.name in MODELS]


def member(name: str) -> Member:
    """The member of that name; one with the shortest rest for any other registered surrogate."""
    return next((known for known in MEMBERS if known.name == name), Member(name))


def names_of(members: Sequence[str] | Purpose, n: int, d: int) -> list[str]:
    """The names of a portfolio's members in the order of precedence.

    Args:
        members: names, or what there has to be time for: then those that serve.
        n: number of rows.
        d: number of inputs.

    Raises:
        InvalidInputError: none, twice the same, or something that is no member.
    """
    if isinstance(members, str):
        if members not in PURPOSES:
            raise InvalidInputError(
                f"members={members!r}: give {', '.join(map(repr, PURPOSES))} or a list of names"
            )
        return [one.name for one in members_for(n, d, members)]
    unknown = [name for name in members if name.startswith(PORTFOLIO) or name not in MODELS]
    if unknown:
        known = [name for name in MODELS.names() if not name.startswith(PORTFOLIO)]
        raise InvalidInputError(f"a portfolio cannot have the members {unknown}; choose among {known}")
    if not members or len(set(members)) < len(members):
        raise InvalidInputError(f"members are one or more different names; given {list(members)}")
    order = [known.name for known in MEMBERS]
    return sorted(members, key=lambda name: order.index(name) if name in order else len(order))


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
