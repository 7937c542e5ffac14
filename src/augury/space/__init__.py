"""The vocabulary of a problem: parameters, the Space they span and its encoding, goals, observations.

Only this room knows raw units; every other room sees encoded points. Names are imported on first use, so
that `import augury.space` loads neither torch nor pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.space.array import Array as Array
    from augury.space.distributions import Normal as Normal
    from augury.space.distributions import Uniform as Uniform
    from augury.space.distributions import Weights as Weights
    from augury.space.goal import Constraint as Constraint
    from augury.space.goal import Maximize as Maximize
    from augury.space.goal import Minimize as Minimize
    from augury.space.goals import Goals as Goals
    from augury.space.observations import Observations as Observations
    from augury.space.parameters import Categorical as Categorical
    from augury.space.parameters import Fixed as Fixed
    from augury.space.parameters import Float as Float
    from augury.space.parameters import Int as Int
    from augury.space.parameters import Parameter as Parameter
    from augury.space.sampling import sobol as sobol
    from augury.space.sampling import uniform as uniform
    from augury.space.space import Space as Space
    from augury.space.toml import space_from_toml as space_from_toml
    from augury.space.toml import space_to_toml as space_to_toml

_ATTRIBUTES = {
    "Array": "augury.space.array",
    "Categorical": "augury.space.parameters",
    "Constraint": "augury.space.goal",
    "Fixed": "augury.space.parameters",
    "Float": "augury.space.parameters",
    "Goals": "augury.space.goals",
    "Int": "augury.space.parameters",
    "Maximize": "augury.space.goal",
    "Minimize": "augury.space.goal",
    "Normal": "augury.space.distributions",
    "Observations": "augury.space.observations",
    "Parameter": "augury.space.parameters",
    "Space": "augury.space.space",
    "Uniform": "augury.space.distributions",
    "Weights": "augury.space.distributions",
    "sobol": "augury.space.sampling",
    "space_from_toml": "augury.space.toml",
    "space_to_toml": "augury.space.toml",
    "uniform": "augury.space.sampling",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
