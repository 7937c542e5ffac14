"""Space: the parameters of a function, how they are encoded, and which combinations are allowed."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from augury.errors import InvalidInputError
from augury.space.array_params import Arrays, with_arrays
from augury.space.candidate_views import CandidateViews
from augury.space.candidates import Candidates
from augury.space.column_views import ColumnViews
from augury.space.columns import EncodedColumns
from augury.space.conditions import conditions_of, refuse_conditions
from augury.space.enumeration import MOST_COUNTED, all_points
from augury.space.fidelity import Fidelity
from augury.space.parameter import Parameter
from augury.space.polytope import check_satisfiable
from augury.space.representation import space_text
from augury.space.restriction import held_columns, hold
from augury.space.rule_views import RuleViews
from augury.space.rules import Rules
from augury.space.scales import Array
from augury.space.schema import definition_from_dict, space_to_dict
from augury.space.table import Table
from augury.space.validation import validated

if TYPE_CHECKING:
    import pandas
    import torch


class Space(ColumnViews, RuleViews, CandidateViews):
    """The set of points at which a function can be evaluated.

    Encoding has one column per parameter that is not Fixed: numeric ones in [0, 1] by their bounds, unordered
    categories as the integer code 0..k-1. `decode(encode(params)) == params` for whole numbers, steps and
    categories, and for real numbers to the resolution that `Float` states; encoded points are stable. Params
    hold the active parameters only; an inactive column holds 0 (see `augury.space.conditions`).

        Space({"x": (-5.0, 10.0), "n": (1, 16), "solvent": ["DMF", "DMAc"]}, constraints=["x + n <= 12"])

    Args:
        parameters: name -> Float, Int, Categorical, Fixed, a short form (see `augury.space.parameters`), or
            an Array of numbers, each of which is a parameter and a column.
        constraints: such as "a + 2*b <= 10", "a + b + c == 1" or "count(a, b, c) <= 2", at most two of which
            are not zero (see `augury.space.constraints`).

    Attributes:
        parameters: name -> Parameter, of all that a trial's params hold; an array's by entry.
        names: their names.
        arrays: name -> Array, of the parameters that params hold as one array.
        columns: names of the encoded columns.
        conditions: which columns are active only for some values of others.
        constraints: the constraints as text.
        rules: the constraints over the encoded columns.
        fixed_columns: encoded values of the columns held by `restrict`.
        fidelity: the column that says which version of the function is evaluated, or None.

    Raises:
        InvalidInputError: a bad name, parameter or constraint; or constraints that no point satisfies.
        NotSupportedError: conditions in a table or in a constraint.
    """

    def __init__(self, parameters: Mapping[str, Any], *, constraints: Sequence[str] = ()) -> None:
        named, arrays = with_arrays(parameters)
        self._build(named, constraints, None, arrays)

    @classmethod
    def of(cls, given: Any) -> Space:
        """A Space from itself, a mapping of parameters, or a DataFrame of candidates."""
        if isinstance(given, Space):
            return given
        if isinstance(given, Mapping):
            return cls(given)
        if hasattr(given, "columns") and hasattr(given, "index"):
            return cls.from_table(given)
        raise InvalidInputError(
            f"a space is a Space, a mapping of parameters or a DataFrame of candidates, not {given!r}"
        )

    @classmethod
    def from_table(
        cls,
        frame: pandas.DataFrame | Mapping[str, Sequence[Any]],
        *,
        descriptors: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
        constraints: Sequence[str] = (),
    ) -> Self:
        """The finite Space whose points are the rows of a table.

        Whole numbers become Int and other numbers Float by the column's range, text and bools Categorical (an
        ordered pandas categorical keeps its order), constant columns Fixed. Identical rows are merged into
        the first; rows that break a constraint are left out.

        Args:
            frame: N rows, no missing cell; column -> cells.
            descriptors: columns that the model sees but that are not choices (what was measured of a row).
            parameters: column -> parameter or short form, where the inferred one is not meant.
            constraints: as for `Space`.

        Raises:
            InvalidInputError: missing cells (row and column named), rows of the same choices with different
                descriptors, cells of other types, no row left.
        """
        space = cls.__new__(cls)
        table = Table(frame, descriptors, {} if parameters is None else parameters)
        space._build(table.choices, constraints, table)
        return space

    def _build(
        self,
        parameters: Mapping[str, Parameter],
        constraints: Sequence[str],
        table: Table | None,
        arrays: Arrays | None = None,
    ) -> None:
        self.arrays = Arrays() if arrays is None else arrays
        self.parameters: dict[str, Parameter] = dict(parameters)
        self.names: list[str] = list(self.parameters)
        self.fixed_columns: dict[int, float] = {}
        inputs = self.parameters if table is None else self.parameters | table.described
        self._columns = EncodedColumns(inputs)
        self.columns: list[str] = self._columns.names
        self.column_parameters: list[Parameter] = self._columns.parameters
        if not any(name in self.parameters for name in self.columns):
            raise InvalidInputError(
                "the space has no parameter to vary; give at least one that is not constant"
            )
        self.conditions = conditions_of(self.parameters, self.columns)
        if table is not None:
            refuse_conditions(inputs, "in a table of candidates")
        self.rules = Rules(constraints, self.parameters, self._columns)
        self.constraints: list[str] = self.rules.texts
        self._candidates: Candidates | None = None
        if table is None:
            check_satisfiable(self)
        else:
            self._candidates = Candidates.of(table, self._columns, self.rules)
        self.fidelity: Fidelity | None = Fidelity.of(self)

    # --- columns -----------------------------------------------------------------------------------------

    @property
    def param_names(self) -> list[str]:
        """The names under which params hold their values: an array's own, not those of its entries."""
        return list(self.arrays.grouped(self.parameters))

    @cached_property
    def size(self) -> int | None:
        """Number of distinct points (before constraints, if not a table); None if infinite.

        In a large space with conditions an upper bound, in which inactive parameters are counted.
        """
        if self._candidates is not None:
            return len(self._candidates)
        count = self._columns.size(self.fixed_columns)
        if self.conditions and count is not None and count <= MOST_COUNTED:
            return len(all_points(self, feasible_only=False))
        return count

    # --- encoding ----------------------------------------------------------------------------------------

    def encode(self, params: Sequence[Mapping[str, Any]]) -> Array:
        """Encoded points (n x dim) of n params.

        Raises:
            InvalidInputError: a parameter is missing, out of bounds or of the wrong type; no row of a table.
        """
        if isinstance(params, Mapping):
            raise InvalidInputError("encode takes a list of params, not a single one")
        if len(params) == 0:
            return np.empty((0, self.dim))
        if self._candidates is None:
            params = [self.arrays.split(one) for one in params] if self.arrays else params
            X = self._columns.encode(params, may_lack=[self.columns[c] for c in self.conditions.columns])
            self.conditions.check_complete(params, X, self.columns)
            return self.conditions.canonical(X)
        return self._candidates.encode(params)

    def decode(self, X: Array | torch.Tensor, *, descriptors: bool = False) -> list[dict[str, Any]]:
        """Params of encoded points (n x dim), each snapped to the nearest point of the space.

        Args:
            X: array or tensor, n x dim.
            descriptors: whether a table's descriptor columns are included.
        """
        X = self._columns.points(X)
        if self._candidates is not None:
            return self._candidates.params(X, descriptors=descriptors)
        if not self.conditions:
            params = self._columns.decode(hold(X, self.fixed_columns))
        else:
            X = self.snap(X)
            params = self.conditions.without_inactive(self._columns.decode(X), X, self.columns)
        return [self.arrays.joined(one) for one in params] if self.arrays else params

    def decode_fixed(self) -> dict[str, Any]:
        """Name -> value of the columns held by `restrict`."""
        return {self.columns[c]: self._columns.value(c, unit) for c, unit in self.fixed_columns.items()}

    def snap(self, X: Array | torch.Tensor) -> Array:
        """The nearest points of the space (n x dim): levels, codes, bounds, held columns, rows of the table.

        Constraints are not enforced. Snapping twice changes nothing.
        """
        X = self._columns.points(X)
        if self._candidates is not None:
            return self._candidates.X[self._candidates.nearest(X)]
        return self.conditions.canonical(hold(self._columns.snap(X), self.fixed_columns))

    # --- what is allowed ---------------------------------------------------------------------------------

    def validate(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The params, complete and in canonical types, in the order of `names`.

        Fixed parameters may be left out.

        Raises:
            InvalidInputError: a parameter is missing, unknown, of the wrong type or out of bounds; a
                constraint is violated; the choices are not a row of the table.
        """
        return validated(self, params)

    def restrict(self, fixed: Mapping[str, Any]) -> Space:
        """The same space with some parameters held at given values.

        Args:
            fixed: name -> value.

        Returns:
            A Space with the same columns, `fixed_columns` set and, for a table, only the rows that agree.

        Raises:
            InvalidInputError: unknown names, values not allowed, or nothing left.
        """
        restricted = copy.copy(self)
        restricted.__dict__.pop("size", None)
        restricted.fixed_columns = self.fixed_columns | held_columns(self, fixed)
        if self._candidates is None:
            check_satisfiable(restricted)
        else:
            restricted._candidates = self._candidates.having(restricted.fixed_columns)
            if len(restricted._candidates) == 0:
                raise InvalidInputError(f"no row of the candidate table has {dict(fixed)!r}")
        return restricted

    # --- schema ------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, versioned schema (of the whole space: what `restrict` holds is left out)."""
        return space_to_dict(self, None if self._candidates is None else self._candidates.table)

    @classmethod
    def from_dict(cls, schema: Mapping[str, Any]) -> Space:
        """A Space from what `to_dict` gave.

        Raises:
            InvalidInputError: a schema of a newer version, or malformed.
        """
        space = cls.__new__(cls)
        space._build(*definition_from_dict(schema))
        return space

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Space)
            and self.fixed_columns == other.fixed_columns
            and repr(self.to_dict()) == repr(other.to_dict())
        )

    def __hash__(self) -> int:
        return hash((tuple(self.names), tuple(self.constraints), tuple(self.fixed_columns.items())))

    def __repr__(self) -> str:
        return space_text(self, self._candidates)
