"""The offline problems by name; each is built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from augury.errors import InvalidInputError
from augury.problems.offline.problem import OfflineProblem
from augury.problems.offline.sequences import rna_binding_problem, tf_bind_8
from augury.problems.offline.tables import function_table, suzuki_half
from augury.problems.registry import load_problem

_FUNCTIONS = ("branin", "ackley-2", "six-hump-camel", "hartmann-6", "rosenbrock-10", "ackley-20")


def _of_function(name: str) -> OfflineProblem:
    return function_table(load_problem(name))


#: The RNA problems need `AUGURY_DATA` and ViennaRNA.
OFFLINE_PROBLEMS: dict[str, Callable[[], OfflineProblem]] = {
    "tf-bind-8": tf_bind_8,
    **{f"rna-{target}": partial(rna_binding_problem, target) for target in (1, 2, 3)},
    **{name: partial(_of_function, name) for name in _FUNCTIONS},
    "suzuki": suzuki_half,
}


def load_offline_problem(name: str) -> OfflineProblem:
    """The offline problem called `name`.

    Raises:
        InvalidInputError: no problem has that name, or its data are not there.
    """
    if name not in OFFLINE_PROBLEMS:
        raise InvalidInputError(
            f"there is no offline problem {name!r}; choose one of {', '.join(OFFLINE_PROBLEMS)}"
        )
    return OFFLINE_PROBLEMS[name]()
