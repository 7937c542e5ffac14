"""augury: optimise an expensive function with few evaluations.

    import augury
    result = augury.minimize(f, {"x": (-5.0, 10.0), "n": [1, 2, 4, 8]}, budget=40)
    print(result.params, result.value)

Everything named here is imported on first use, so `import augury` costs milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.errors import AuguryError as AuguryError
    from augury.errors import InvalidInputError as InvalidInputError
    from augury.errors import NotSupportedError as NotSupportedError
    from augury.errors import StoreError as StoreError
    from augury.models.persistence.files import load as load
    from augury.space.array import Array as Array
    from augury.space.goal import Constraint as Constraint
    from augury.space.goal import Maximize as Maximize
    from augury.space.goal import Minimize as Minimize
    from augury.space.parameters import Categorical as Categorical
    from augury.space.parameters import Fixed as Fixed
    from augury.space.parameters import Float as Float
    from augury.space.parameters import Int as Int
    from augury.space.space import Space as Space
    from augury.study.optimize import maximize as maximize
    from augury.study.optimize import minimize as minimize
    from augury.study.result import Failure as Failure
    from augury.study.signals import Pruned as Pruned
    from augury.study.signals import TransientFailure as TransientFailure
    from augury.study.study import Study as Study
    from augury.study.trial import Trial as Trial

__version__ = "0.1.0"

_ATTRIBUTES = {
    "AuguryError": "augury.errors",
    "Categorical": "augury.space.parameters",
    "Array": "augury.space.array",
    "Constraint": "augury.space.goal",
    "Failure": "augury.study.result",
    "Fixed": "augury.space.parameters",
    "Float": "augury.space.parameters",
    "Int": "augury.space.parameters",
    "InvalidInputError": "augury.errors",
    "Maximize": "augury.space.goal",
    "Minimize": "augury.space.goal",
    "NotSupportedError": "augury.errors",
    "Pruned": "augury.study.signals",
    "Space": "augury.space.space",
    "StoreError": "augury.errors",
    "Study": "augury.study.study",
    "TransientFailure": "augury.study.signals",
    "Trial": "augury.study.trial",
    "load": "augury.models.persistence.files",
    "maximize": "augury.study.optimize",
    "minimize": "augury.study.optimize",
}
_ROOMS = {
    *("acquisition", "datasets", "geometry", "hardware", "inference", "kernels", "models", "networks"),
    *("problems", "space", "strategies", "study", "testing"),
}

__all__ = [*sorted(_ATTRIBUTES), "__version__"]

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES, _ROOMS)
