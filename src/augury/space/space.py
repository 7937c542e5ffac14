"""Space: the parameters of a function, how they are encoded, and which combinations are allowed."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.candidates import Candidates, Rows
from augury.space.constraints import parse_constraint
from augury.space.encoding import Encoding
from augury.space.inequalities import Inequalities
from augury.space.parameter import MAX_LEVELS, Parameter
from augury.space.parameters import Categorical, Fixed, parameter_of
from augury.space.scales import Array
from augury.space.table import Table

if TYPE_CHECKING:
    import pandas
    import torch

SCHEMA_VERSION = 1


class Space:
    """The set of points at which a function can be evaluated.

    Encoding has one column per parameter that is not Fixed: numeric ones in [0, 1] by their bounds, unordered
    categories as the integer code 0..k-1. `decode(encode(params)) == params` for whole numbers, steps and
    categories, and for real numbers to the resolution that `Float` states; encoded points are stable.

        Space({"x": (-5.0, 10.0), "n": (1, 16), "solvent": ["DMF", "DMAc"]}, constraints=["x + n <= 12"])

    Args:
        parameters: name -> Float, Int, Categorical, Fixed or a short form (see `augury.space.parameters`).
        constraints: linear inequalities such as "a + 2*b <= 10" (see `augury.space.constraints`).

    Attributes:
        parameters: name -> Parameter, of all that a trial's params hold.
        names: their names.
        columns: names of the encoded columns.
        constraints: the constraints as text.
        fixed_columns: encoded values of the columns held by `restrict`.

    Raises:
        InvalidInputError: a bad name, parameter or constraint; or constraints that no point satisfies.
        NotSupportedError: a role or a condition that is not built yet.
    """

    def __init__(self, parameters: Mapping[str, Any], *, constraints: Sequence[str] = ()) -> None:
        if not isinstance(parameters, Mapping):
            raise InvalidInputError(f"parameters must map names to parameters, not be {parameters!r}")
        self._build({name: _named(name, given) for name, given in parameters.items()}, constraints, None)

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
        self, parameters: Mapping[str, Parameter], constraints: Sequence[str], table: Table | None
    ) -> None:
        self.parameters: dict[str, Parameter] = dict(parameters)
        self.names: list[str] = list(self.parameters)
        self.fixed_columns: dict[int, float] = {}
        self._table = table
        inputs = self.parameters if table is None else self.parameters | table.described
        for name, parameter in inputs.items():
            _check_supported(name, parameter)
        self.columns: list[str] = [name for name, p in inputs.items() if not isinstance(p, Fixed)]
        if not any(name in self.parameters for name in self.columns):
            raise InvalidInputError(
                "the space has no parameter to vary; give at least one that is not constant"
            )
        self.column_parameters: list[Parameter] = [inputs[name] for name in self.columns]
        self._encoding = Encoding([parameter.scale for parameter in self.column_parameters])
        if isinstance(constraints, str):
            raise InvalidInputError(f"constraints={constraints!r} must be a list of texts")
        parsed = [parse_constraint(text) for text in constraints]
        self.constraints: list[str] = [constraint.text for constraint in parsed]
        self._inequalities = Inequalities(parsed, self.parameters, self.columns) if parsed else None
        self._candidates = None if table is None else self._feasible_rows(table)
        self._check_satisfiable()

    def _feasible_rows(self, table: Table) -> Candidates:
        encoded = self._encoding.units(table.numbers(self.columns))
        rows = np.flatnonzero(self.feasible(encoded))
        if len(rows) == 0:
            raise InvalidInputError(
                f"no row of the candidate table satisfies the constraints {', '.join(self.constraints)}"
            )
        choices = [column for column, name in enumerate(self.columns) if name in self.parameters]
        return Candidates(encoded[rows], rows, choices, self.categorical_features)

    def _check_satisfiable(self) -> None:
        if self._inequalities is None or self._table is not None:
            return
        from augury.space.polytope import feasible_point

        if feasible_point(self) is None:
            held = f" with {self.decode_fixed()!r}" if self.fixed_columns else ""
            raise InvalidInputError(
                f"no point of the space{held} satisfies the constraints {', '.join(self.constraints)}"
            )

    # --- columns -----------------------------------------------------------------------------------------

    @property
    def dim(self) -> int:
        """Number of encoded columns."""
        return len(self.columns)

    @cached_property
    def categorical_features(self) -> list[int]:
        """Columns that hold integer codes."""
        return [c for c, parameter in enumerate(self.column_parameters) if not parameter.is_numeric]

    @cached_property
    def cardinalities(self) -> dict[int, int]:
        """Column -> number of categories, for the columns that hold integer codes."""
        return {c: int(self.column_parameters[c].n_levels or 0) for c in self.categorical_features}

    @cached_property
    def descriptors(self) -> dict[int, torch.Tensor]:
        """Column -> k x p descriptors of its categories, each scaled to [0, 1]."""
        described = {
            c: p.descriptors.scaled
            for c, p in enumerate(self.column_parameters)
            if isinstance(p, Categorical) and p.descriptors is not None
        }
        if not described:
            return {}
        import torch

        return {column: torch.from_numpy(table) for column, table in described.items()}

    @cached_property
    def levels(self) -> dict[int, Array]:
        """Numeric column -> its sorted encoded levels, where there are at most 1,000 of them."""
        return {
            c: p.encoded_levels()
            for c, p in enumerate(self.column_parameters)
            if p.is_numeric and p.n_levels is not None and p.n_levels <= MAX_LEVELS
        }

    @cached_property
    def bounds(self) -> Array:
        """Lower and upper encoded bounds, 2 x dim."""
        bounds = np.stack([np.zeros(self.dim), np.ones(self.dim)])
        for column, cardinality in self.cardinalities.items():
            bounds[1, column] = cardinality - 1.0
        return bounds

    @property
    def candidates(self) -> Array | None:
        """Encoded rows (N x dim) of the finite table, None if the space is not one."""
        return None if self._candidates is None else self._candidates.X

    @cached_property
    def size(self) -> int | None:
        """Number of distinct points (before constraints, if not a table); None if infinite."""
        if self._candidates is not None:
            return len(self._candidates)
        count = 1
        for column, parameter in enumerate(self.column_parameters):
            if column in self.fixed_columns:
                continue
            if parameter.n_levels is None:
                return None
            count *= parameter.n_levels
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
        chosen = [name for name in self.columns if name in self.parameters]
        numbers = np.stack([self._column_numbers(name, params) for name in chosen], axis=1)
        if self._candidates is None or len(chosen) == self.dim:
            return self._encoding.units(numbers)
        placed = np.zeros((len(numbers), self.dim))
        placed[:, [self.columns.index(name) for name in chosen]] = numbers
        return self._candidates.X[self.row_index(self._encoding.units(placed))]

    def _column_numbers(self, name: str, params: Sequence[Mapping[str, Any]]) -> Array:
        parameter = self.parameters[name]
        try:
            values = [one[name] for one in params]
        except KeyError:
            raise InvalidInputError(f"parameter {name!r} is missing") from None
        numbers = parameter.to_numbers(values)
        if numbers is None:
            numbers = parameter.to_numbers([_checked(name, parameter, value) for value in values])
        assert numbers is not None
        return numbers

    def decode(self, X: Array | torch.Tensor, *, descriptors: bool = False) -> list[dict[str, Any]]:
        """Params of encoded points (n x dim), each snapped to the nearest point of the space.

        Args:
            X: array or tensor, n x dim.
            descriptors: whether a table's descriptor columns are included.
        """
        X = self._points(X)
        if self._table is not None and self._candidates is not None:
            names = [*self.names, *(self._table.descriptors if descriptors else ())]
            return self._table.rows(self._candidates.source[self._candidates.nearest(X)], names)
        numbers = self._encoding.numbers(self._hold(X))
        values = {name: p.from_numbers(numbers[:, c]) for c, (name, p) in enumerate(self._by_column())}
        for name, parameter in self.parameters.items():
            if isinstance(parameter, Fixed):
                values[name] = [parameter.value] * len(X)
        columns = [values[name] for name in self.names]
        return [dict(zip(self.names, row, strict=True)) for row in zip(*columns, strict=True)]

    def decode_fixed(self) -> dict[str, Any]:
        """Name -> value of the columns held by `restrict`."""
        values = {}
        for column, unit in self.fixed_columns.items():
            parameter = self.column_parameters[column]
            values[self.columns[column]] = parameter.from_numbers(parameter.scale.value(np.array([unit])))[0]
        return values

    def snap(self, X: Array | torch.Tensor) -> Array:
        """The nearest points of the space (n x dim): levels, codes, bounds, held columns, rows of the table.

        Linear constraints are not enforced. Snapping twice changes nothing.
        """
        X = self._points(X)
        if self._candidates is not None:
            return self._candidates.X[self._candidates.nearest(X)]
        return self._hold(self._encoding.units(self._encoding.numbers(X)))

    def row_index(self, X: Array | torch.Tensor) -> Rows:
        """Index into `candidates` of each encoded point.

        Points of a table are told apart by their choices; descriptors follow from them.

        Raises:
            InvalidInputError: not a table, or a point that is not one of its rows.
        """
        index = self._rows_of(X)
        if (index < 0).any():
            stray = int(np.argmax(index < 0))
            raise InvalidInputError(f"point {stray} is not a row of the candidate table")
        return index

    def remaining_rows(self, used: Array | torch.Tensor) -> Rows:
        """Indices into `candidates` of the rows that are not among the encoded points `used` (m x dim).

        Points that are no rows of this space (a restricted table keeps only some) are passed over.
        """
        rows = self._rows_of(used)
        remaining = np.ones(self.size or 0, dtype=bool)
        remaining[rows[rows >= 0]] = False
        return np.flatnonzero(remaining)

    def _rows_of(self, X: Array | torch.Tensor) -> Rows:
        if self._candidates is None:
            raise InvalidInputError("this space is not a table of candidates; it has no rows")
        return self._candidates.find(self._points(X))

    def _by_column(self) -> list[tuple[str, Parameter]]:
        return list(zip(self.columns, self.column_parameters, strict=True))

    def _hold(self, X: Array) -> Array:
        """`X` with the fixed columns at their values."""
        if self.fixed_columns:
            X = X.copy()
            for column, value in self.fixed_columns.items():
                X[:, column] = value
        return X

    def _points(self, X: Any) -> Array:
        if hasattr(X, "detach"):
            X = X.detach().cpu().numpy()
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != self.dim:
            raise InvalidInputError(
                f"encoded points must be n x {self.dim}; their shape is {' x '.join(map(str, X.shape))}"
            )
        if not np.isfinite(X).all():
            raise InvalidInputError("an encoded point has a coordinate that is not finite")
        return X

    # --- what is allowed ---------------------------------------------------------------------------------

    def validate(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The params, complete and in canonical types, in the order of `names`.

        Fixed parameters may be left out.

        Raises:
            InvalidInputError: a parameter is missing, unknown, of the wrong type or out of bounds; a
                constraint is violated; the choices are not a row of the table.
        """
        if not isinstance(params, Mapping):
            raise InvalidInputError(f"params must map names to values, not be {params!r}")
        unknown = [name for name in params if name not in self.parameters]
        if unknown:
            raise InvalidInputError(
                f"there is no parameter {unknown[0]!r}; there are {', '.join(map(repr, self.names))}"
            )
        result = {}
        for name, parameter in self.parameters.items():
            if name in params:
                result[name] = _checked(name, parameter, params[name])
            elif isinstance(parameter, Fixed):
                result[name] = parameter.value
            else:
                raise InvalidInputError(f"parameter {name!r} is missing")
        self._check_point(result)
        return result

    def _check_point(self, params: dict[str, Any]) -> None:
        try:
            X = self.encode([params])
            if self._table is not None:
                self.row_index(X)
        except InvalidInputError as error:
            if self._table is None:
                raise
            raise InvalidInputError(f"{params!r} is not a row of the candidate table") from error
        for column, value in self.fixed_columns.items():
            if X[0, column] != value:
                name = self.columns[column]
                raise InvalidInputError(
                    f"parameter {name!r} is held at {self.decode_fixed()[name]!r}, not {params[name]!r}"
                )
        if self._inequalities is not None:
            values = self._inequalities.values(X)[0]
            broken = np.flatnonzero(values > self._inequalities.tolerance)
            if len(broken):
                raise InvalidInputError(
                    f"{params!r} violates the constraint {self.constraints[broken[0]]!r} "
                    f"by {values[broken[0]]:.6g}"
                )

    def feasible(self, X: Array | torch.Tensor) -> NDArray[np.bool_]:
        """Mask (n) of the encoded points that satisfy every linear constraint (to rounding error)."""
        X = self._points(X)
        return np.ones(len(X), dtype=bool) if self._inequalities is None else self._inequalities.feasible(X)

    @cached_property
    def linear_inequalities(self) -> tuple[Array, Array] | None:
        """(A: c x dim, b: c) with A x <= b in encoded coordinates; None without constraints, or where one
        involves a column in which values are not affine in the coordinate (log scale)."""
        return None if self._inequalities is None else self._inequalities.linear

    def constraint_values(self, X: Array | torch.Tensor) -> Array:
        """Left minus right side (n x c) of every constraint, feasible when <= 0."""
        X = self._points(X)
        return np.empty((len(X), 0)) if self._inequalities is None else self._inequalities.values(X)

    def constraint_jacobian(self, X: Array | torch.Tensor) -> Array:
        """Derivatives (n x c x dim) of `constraint_values` with respect to the encoded points."""
        X = self._points(X)
        if self._inequalities is None:
            return np.empty((len(X), 0, self.dim))
        return self._inequalities.jacobian(X)

    @property
    def inequalities(self) -> Inequalities | None:
        """The linear constraints over encoded columns, None if there are none."""
        return self._inequalities

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
        restricted.fixed_columns = dict(self.fixed_columns)
        for name, value in fixed.items():
            if name not in self.parameters:
                known = ", ".join(map(repr, self.names))
                raise InvalidInputError(f"there is no parameter {name!r} to hold; there are {known}")
            parameter = self.parameters[name]
            number = parameter.to_numbers([_checked(name, parameter, value)])
            if not isinstance(parameter, Fixed) and number is not None:
                restricted.fixed_columns[self.columns.index(name)] = float(parameter.scale.unit(number)[0])
        if self._candidates is not None:
            restricted._candidates = self._candidates.having(restricted.fixed_columns)
            if len(restricted._candidates) == 0:
                raise InvalidInputError(f"no row of the candidate table has {dict(fixed)!r}")
        restricted._check_satisfiable()
        return restricted

    # --- schema ------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, versioned schema (of the whole space: what `restrict` holds is left out)."""
        schema: dict[str, Any] = {"version": SCHEMA_VERSION}
        if self._table is not None:
            schema["table"] = self._table.to_dict()
        else:
            # a list of pairs, because databases may re-order the keys of a JSON object
            schema["parameters"] = [[name, p.to_dict()] for name, p in self.parameters.items()]
        if self.constraints:
            schema["constraints"] = list(self.constraints)
        return schema

    @classmethod
    def from_dict(cls, schema: Mapping[str, Any]) -> Space:
        """A Space from what `to_dict` gave.

        Raises:
            InvalidInputError: a schema of a newer version, or malformed.
        """
        from augury.space.schema import space_from_dict

        return space_from_dict(schema)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Space)
            and self.fixed_columns == other.fixed_columns
            and repr(self.to_dict()) == repr(other.to_dict())
        )

    def __hash__(self) -> int:
        return hash((tuple(self.names), tuple(self.constraints), tuple(self.fixed_columns.items())))

    def __repr__(self) -> str:
        head = f"Space: {self.size} candidates" if self._candidates is not None else "Space:"
        lines = [f"  {name}: {parameter!r}" for name, parameter in self.parameters.items()]
        if self._table is not None:
            lines += [f"  {name}: {p!r} (descriptor)" for name, p in self._table.described.items()]
        lines += [f"  {text}" for text in self.constraints]
        lines += [f"  held: {name} = {value!r}" for name, value in self.decode_fixed().items()]
        return "\n".join([head, *lines])


def _named(name: Any, given: Any) -> Parameter:
    if not isinstance(name, str) or not name.strip():
        raise InvalidInputError(f"a parameter has the name {name!r}; names are non-empty text")
    if "`" in name:
        raise InvalidInputError(f"parameter {name!r}: a name cannot hold a backtick")
    try:
        return parameter_of(given)
    except InvalidInputError as error:
        raise InvalidInputError(f"parameter {name!r}: {error}") from None


def _checked(name: str, parameter: Parameter, value: Any) -> Any:
    try:
        return parameter.check(value)
    except InvalidInputError as error:
        raise InvalidInputError(f"parameter {name!r}: {error}") from None


def _check_supported(name: str, parameter: Parameter) -> None:
    if parameter.role != "design":
        raise NotSupportedError(
            f"parameter {name!r}: role={parameter.role!r} is not supported yet; use 'design'"
        )
    if parameter.active_if is not None:
        raise NotSupportedError(f"parameter {name!r}: active_if is not supported yet; leave it out")
